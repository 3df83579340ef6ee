"""What is taken out of rows before they are stored. Pure."""
