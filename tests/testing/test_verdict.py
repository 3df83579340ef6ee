"""How tests name scenarios."""

from pathlib import Path

import pytest

from octi.errors import BadMessage
from octi.simulator.report import Report
from octi.simulator.script import Script
from octi.testing.verdict import ScenarioFailed, check, script_of


def test_a_scenario_is_a_text_or_a_file(tmp_path: Path) -> None:
    """Or one that was read."""
    (tmp_path / "a.toml").write_text('[[turn]]\nsay = "Hi."\n', encoding="utf-8")
    (tmp_path / "b.json").write_text('{"turn": [{"say": "Hi."}]}', encoding="utf-8")
    read = script_of("a.toml", tmp_path)
    assert read.scenario
    assert read.scenario.turn[0].say == "Hi."
    named = ("b.json", tmp_path / "a.toml", '[[turn]]\nsay = "Hi."\n', '{"turn": [{"say": "Hi."}]}', read)
    assert [script_of(each, tmp_path) for each in named] == [read] * 5
    assert script_of(Script(), tmp_path) == Script()


def test_a_mistake_names_its_file(tmp_path: Path) -> None:
    """As it was named."""
    (tmp_path / "a.toml").write_text("\n\nseed = 'no'\n", encoding="utf-8")
    with pytest.raises(BadMessage, match=r"^a\.toml:3: seed: expected `int`, got `str`$"):
        script_of("a.toml", tmp_path)


def test_a_failure_has_its_report() -> None:
    """No scenario is no failure."""
    check(None)
    with pytest.raises(ScenarioFailed, match="no client came") as failed:
        check(Report("s", 0, ()))
    assert failed.value.report.scenario == "s"
