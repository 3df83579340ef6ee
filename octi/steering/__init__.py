"""What steers a session's agent: a profile of its user, read from what was said, and instructions made from that."""
