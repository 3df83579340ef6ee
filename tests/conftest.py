"""What every test may ask for, what is said when all have run, and how tests are shared out to processes."""

import os
from typing import Any

import msgspec
import pytest

from tests import lanes
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


@pytest.fixture
def jobs(pytestconfig: pytest.Config) -> int:
    """How many processes a test may have computing for it."""
    return 1 if is_one_of_several(pytestconfig) else 2


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(config.stash[PROOFS].lines())
    if lines:
        terminalreporter.section(f"proofs ({'whole' if WHOLE else 'quick part; all of it: OCTI_PROOFS=whole'})")
        for line in lines:
            terminalreporter.write_line(line)


# With several processes (pytest -n auto): one hands out the tests, and the others run them


def is_one_of_several(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return lanes.processes(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    return lanes.scheduler(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if is_one_of_several(config):
        items.sort(key=lambda item: lanes.place(item.nodeid))


def pytest_sessionfinish(session: pytest.Session) -> None:
    config: Any = session.config  # xdist adds to it
    if is_one_of_several(config):
        config.workeroutput["proofs"] = msgspec.json.encode(config.stash[PROOFS])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What its proofs went through counts. One that crashed hands nothing over, but fails the run."""
    if handed := getattr(node, "workeroutput", {}).get("proofs"):
        node.config.stash[PROOFS].merge(msgspec.json.decode(handed, type=Proofs))
