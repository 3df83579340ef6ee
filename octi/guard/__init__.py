"""Who may talk, say and spend. Pure: keys, the time and counts are arguments."""
