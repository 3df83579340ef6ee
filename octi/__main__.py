"""`python -m octi`."""

import sys

from octi.health import health

if sys.argv[1:2] == ["health"]:  # asked every few seconds: it must not load a whole server each time
    health(sys.argv[2:], prog_name="octi health")
else:
    from octi.cli import main

    main(prog_name="octi")
