"""Thousands of sessions with faults at random, on both sides; then octi must hold what it held before them."""
