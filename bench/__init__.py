"""Benchmarks: what octi takes, measured, beside what it is compared with."""
