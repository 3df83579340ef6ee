"""A test's simulators; tests/test_pytest_plugin.py has them in a test suite."""

from pathlib import Path

import httpx2
import pytest

from octi.errors import BadMessage
from octi.testing.started import Simulators
from octi.testing.verdict import ScenarioFailed

SCENARIO = '[[turn]]\nsay = "Hi."\n'


def test_all_of_them_end_and_the_first_failure_counts() -> None:
    """Also behind one that nobody judges; a second end does nothing."""
    simulators = Simulators(Path())
    running = [simulators(SCENARIO, judge=False), simulators(), simulators("name = 'third'\n" + SCENARIO)]
    with pytest.raises(ScenarioFailed, match="FAILED  third"):
        simulators.judge()
    simulators.stop()
    with httpx2.Client(trust_env=False) as http:
        for each in running:
            with pytest.raises(httpx2.ConnectError):
                http.get(each.url)


def test_a_scenario_is_read_before_anything_starts(tmp_path: Path) -> None:
    """From the folder of the test."""
    (tmp_path / "s.toml").write_text("nope = 1\n", encoding="utf-8")
    with pytest.raises(BadMessage, match=r"^s\.toml:1: nope: unknown field"):
        Simulators(tmp_path)("s.toml")
