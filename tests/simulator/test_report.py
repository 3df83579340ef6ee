"""A report in its three forms."""

import json
from xml.etree import ElementTree as xml

from octi.simulator.report import Report, SessionReport, Step, Trouble, as_json, as_junit, as_text

STEPS = (Step("turn 1 (ask)", "played", "Yes", 1.0, 1.0), Step("turn 2", "missing", "", 0.0, 3.0))
TROUBLES = (
    Trouble("never", "the client has never said something", "turn 2", 3.0),
    Trouble("refused", "nope: No <such> \x00 event", "", 2.0),
)
FAILED = Report("booking", 7, (SessionReport("sess_sim_1", STEPS, TROUBLES, 3.0, "the client left"),))
PASSED = Report("booking", 7, (SessionReport("sess_sim_1", STEPS[:1], (), 3.0, "the client left"),))


def test_all_sessions_must_pass_and_one_must_be() -> None:
    """Nobody is a failure."""
    assert (PASSED.passed, FAILED.passed, Report("s", 0, ()).passed) == (True, False, False)
    assert not Report("s", 0, PASSED.sessions + FAILED.sessions).passed


def test_people_read_it() -> None:
    """A line for each turn and each trouble."""
    assert as_text(FAILED) == (
        "FAILED  booking  (seed 7)\n"
        "  sess_sim_1: 3.000 s; the client left\n"
        "    played  turn 1 (ask)  'Yes'  after 1.000 s\n"
        "    missing turn 2  after 0.000 s\n"
        "    NEVER  at 3.000 s  turn 2: the client has never said something\n"
        "    REFUSED  at 2.000 s  nope: No <such> \x00 event\n"
    )
    assert as_text(PASSED).startswith("PASSED  booking")
    assert as_text(Report("s", 0, ())).endswith("  no client came\n")


def test_programs_read_it() -> None:
    """As JSON."""
    read = json.loads(as_json(FAILED))
    assert (read["passed"], read["sessions"][0]["passed"], read["sessions"][0]["troubles"][0]["kind"]) == (
        False,
        False,
        "never",
    )


def test_build_servers_read_it() -> None:
    """A suite for each session; what XML cannot hold is replaced."""
    root = xml.fromstring(as_junit(FAILED))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == ("3", "2", "3.000")
    assert [case.get("name") for case in suite] == ["turn 1 (ask)", "turn 2", "nothing else goes wrong"]
    assert [[failure.get("type") for failure in case] for case in suite] == [[], ["never"], ["refused"]]
    assert xml.fromstring(as_junit(PASSED))[0].get("failures") == "0"
    assert xml.fromstring(as_junit(Report("s", 0, ())))[0].get("failures") == "1"
