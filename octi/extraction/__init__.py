"""What a conversation says about its user, with the words it came from, and instructions made from that. No I/O."""
