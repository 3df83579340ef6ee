"""The command line, called in this process."""

import os
from pathlib import Path

from click.testing import CliRunner, Result

from octi.cli import main
from tests.logs import restored_logs

ROOT = Path(__file__).parent.parent
MODULE = ("-m", "octi")
# Faster to start than the engine; nobody is there.
NOBODY = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://127.0.0.1:9", "OCTI_SYSTEM_PROMPT": "Be kind."}


def octi(*args: str, **env: str) -> Result:
    """One call of the command line; only these settings, none of the machine's."""
    others = {name: None for name in os.environ if name.startswith(("OCTI_", "OPENAI_", "REALTIME_")) or name == "PORT"}
    with restored_logs():
        return CliRunner().invoke(main, args, env={**others, **env})
