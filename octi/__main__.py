"""`python -m octi`."""

from octi.cli import main

main(prog_name="octi")
