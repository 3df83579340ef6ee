"""What came of a check, as it is told."""

import json

from octi.conformance.report import Report, as_json, lines, summary
from octi.conformance.rule import Outcome, Result
from octi.conformance.rules import RULES

PASSED = Result(rule=RULES[0], outcome=Outcome.PASSED, event={"type": "session.created"})
FAILED = Result(rule=RULES[1], outcome=Outcome.FAILED, why="it is\nwrong", event={"type": "error", "delta": "x" * 999})
OTHER = Result(rule=RULES[2], outcome=Outcome.NOT_APPLICABLE, why="it need not")
SKIPPED = Result(rule=RULES[3], outcome=Outcome.SKIPPED, why="it cannot")
REPORT = Report("ws://host/v1/realtime", "m-1", [PASSED, FAILED, OTHER, SKIPPED])


def test_what_passed_is_one_line_and_what_failed_says_why() -> None:
    """With the rule, and the event that shows it, cut where it is long; control characters steer no terminal."""
    assert list(lines(PASSED)) == [f"passed   {RULES[0].name}"]
    assert list(lines(OTHER)) == [f"n/a      {RULES[2].name}  it need not"]
    first, rule, why, event = lines(FAILED)
    assert first == f"FAILED   {RULES[1].name}"
    assert RULES[1].sentence in rule
    assert why.endswith("it is?wrong")
    assert "(999 characters)" in event
    assert len(event) < 300


def test_the_last_line_counts() -> None:
    """Each outcome that there was."""
    assert summary(REPORT) == "4 rules: 1 passed, 1 failed, 1 not applicable, 1 skipped"
    assert summary(Report("u", "m", [PASSED])) == "1 rules: 1 passed"


def test_programs_are_told_all_of_it() -> None:
    """Each rule with its outcome, its reason and its event."""
    told = json.loads(as_json(REPORT))
    assert (told["url"], told["model"], told["passed"]) == ("ws://host/v1/realtime", "m-1", False)
    assert told["counts"] == {"passed": 1, "failed": 1, "not applicable": 1, "skipped": 1}
    assert told["rules"][0] == {
        "name": RULES[0].name,
        "about": RULES[0].about,
        "rule": RULES[0].sentence,
        "outcome": "passed",
        "why": None,
        "event": {"type": "session.created"},
    }


def test_it_is_passed_unless_something_failed() -> None:
    """What could not be tried is no failure."""
    assert Report("u", "m", [PASSED, OTHER, SKIPPED]).passed
    assert not REPORT.passed
