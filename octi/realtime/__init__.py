"""What is said: events, ledger, translations. No Trio, no I/O."""
