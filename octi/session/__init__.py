"""One conversation, live."""
