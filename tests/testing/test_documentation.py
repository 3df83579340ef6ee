"""docs/scenarios.md shows what runs."""

import re
from pathlib import Path

import pytest

from octi.simulator.reading import read_text
from octi.simulator.scenario import EventFault, Expect, Latency, Scenario, Turn
from octi.simulator.tempo import NETWORKS
from tests.testing.talking import plugin_args
from tests.testing.test_all_knobs_and_faults import FAULTS

pytest_plugins = ["pytester"]

TEXT = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def test_the_scenario_can_be_read() -> None:
    """As it stands there."""
    (shown,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    scenario = read_text(shown).scenario
    assert scenario
    assert [turn.name for turn in scenario.turn] == ["wish", "", ""]


def test_the_test_runs(pytester: pytest.Pytester) -> None:
    """As it stands there."""
    (shown,) = re.findall(r"```python\n(import json\n.*?)```", TEXT, re.DOTALL)
    pytester.makepyfile(test_it=shown)
    pytester.runpytest_inprocess(*plugin_args(), "-o", "trio_mode=true").assert_outcomes(passed=1)


@pytest.mark.parametrize("table", [Scenario, Turn, EventFault, Expect, Latency])
def test_every_field_is_explained(table: type[Scenario | Turn | EventFault | Expect | Latency]) -> None:
    """Between backticks, alone or at the beginning."""
    assert [name for name in table.__struct_fields__ if not re.search(rf"[`{{ \[.]{name}[`\] ]", TEXT)] == []


def test_every_kind_of_fault_is_explained() -> None:
    """Between backticks."""
    assert [kind for kind in FAULTS if f"`{kind}`" not in TEXT] == []


def test_every_network_is_in_its_table() -> None:
    """With its figures."""
    for name, latency in NETWORKS.items():
        figures = (latency.first_audio_ms, latency.delta_ms, latency.jitter_ms, latency.heard_ms)
        row = f"| `{name}` | " + " | ".join(f"{figure:g}" for figure in figures) + " |"
        assert name == "none" or row in TEXT
