"""Frames on a Trio stream."""
