"""Cassettes: a session as it went over the wire, kept in a file, and played again."""
