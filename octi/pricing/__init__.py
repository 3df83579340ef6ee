"""What tokens and minutes cost."""
