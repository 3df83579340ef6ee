"""What every test may ask for, and what is said when all have run."""

import os

import pytest

from tests.proofs.tally import Proofs

PROOFS = pytest.StashKey[Proofs]()
WHOLE = os.environ.get("OCTI_PROOFS", "whole" if os.environ.get("CI") else "quick") == "whole"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PROOFS] = Proofs()


@pytest.fixture
def proofs(pytestconfig: pytest.Config) -> Proofs:
    """Where a proof notes what it went through."""
    return pytestconfig.stash[PROOFS]


@pytest.fixture
def whole() -> bool:
    """Is the whole of every proof to be run (OCTI_PROOFS=whole, as CI does), or its quick part?"""
    return WHOLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(config.stash[PROOFS].lines())
    if lines:
        terminalreporter.section(f"proofs ({'whole' if WHOLE else 'quick part; all of it: OCTI_PROOFS=whole'})")
        for line in lines:
            terminalreporter.write_line(line)
