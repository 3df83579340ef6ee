"""Faults, event by event; tests/testing/test_knobs_and_faults.py has each kind as a client sees it."""

from typing import Any

import pytest

from octi.simulator.mischief import DELTA, Close, Mischief, Raw, Stall, times_of
from octi.simulator.scenario import Act, EventFault
from octi.simulator.tempo import seeded


def mischief(*faults: EventFault, about: Act | int | None = None) -> Mischief:
    return Mischief.of([(fault, about) for fault in faults], [seeded(0, str(number)) for number in range(len(faults))])


def event(number: int, kind: str = DELTA) -> dict[str, Any]:
    return {"type": kind, "event_id": f"event_{number:06d}", "delta": "AAAA"}


def met(on: Mischief, *events: dict[str, Any], turn: int | None = None, act: Act | None = None) -> list[Any]:
    return [out for each in events for out in on.meet(each, turn=turn, act=act, sounds_ms=200)]


def test_without_faults_everything_passes() -> None:
    """As it is."""
    assert met(mischief(), event(1), event(2)) == [event(1), event(2)]


def test_the_last_event_is_never_lost_by_being_held() -> None:
    """What is out of order comes after the next one, whatever that is."""
    on = mischief(EventFault("reordered"))
    assert met(on, event(1)) == []
    assert met(on, event(2, "response.done")) == [event(2, "response.done"), event(1)]


def test_several_faults_meet_one_event() -> None:
    """In the order in which they are written."""
    on = mischief(EventFault("stall"), EventFault("doubled"), EventFault("malformed"))
    stall, raw, twice = met(on, event(1))
    assert (stall, type(raw), type(twice)) == (Stall(2.0), Raw, Raw)


def test_what_sounds_wrong_meets_the_other_faults_like_that() -> None:
    """Doubled, it comes twice as it sounds; held back, it comes later so; and lost is lost."""
    silent = {**event(1), "delta": ""}
    assert met(mischief(EventFault("doubled"), EventFault("empty_audio")), event(1)) == [silent, silent]
    assert met(mischief(EventFault("empty_audio"), EventFault("lost")), event(1)) == []
    held = mischief(EventFault("reordered"), EventFault("empty_audio"))
    assert met(held, event(1), event(2)) == [event(2), silent]


def test_a_whole_voice_has_the_wrong_rate() -> None:
    """Unless it is said how often; words have no rate."""
    fast = {**event(1), "delta": "AAA="}
    words = {"type": "response.output_audio_transcript.delta", "delta": "Hi"}
    on = mischief(EventFault("wrong_rate", rate_hz=24_000), EventFault("wrong_rate", rate_hz=12_000, times=1))
    first, second, third = met(on, {**event(1), "delta": "AAAAAA=="}, words, fast)
    assert (first, second, third) == (fast, words, fast)
    assert times_of(EventFault("wrong_rate")) is None


def test_a_fault_is_about_its_answer() -> None:
    """By the turn's place, or by what is done in it."""
    act = Act(say="x")
    assert met(mischief(EventFault("lost"), about=1), event(1), turn=0) == [event(1)]
    assert met(mischief(EventFault("lost"), about=1), event(1), turn=1) == []
    assert met(mischief(EventFault("lost"), about=act), event(1), turn=1, act=Act(say="x")) == [event(1)]
    assert met(mischief(EventFault("lost"), about=act), event(1), turn=1, act=act) == []


def test_a_fault_waits_for_its_time() -> None:
    """Then it happens, or is ready."""
    on = mischief(EventFault("close", at_s=5), EventFault("lost", at_s=6))
    assert on.pending() == {"fault.0": 5, "fault.1": 6}
    assert met(on, event(1)) == [event(1)]
    assert on.arm("fault.0") == [Close(1011, "the script says so")]
    assert on.arm("fault.1") == []
    assert on.pending() == {}
    assert met(on, event(2), event(3)) == [event(3)]


@pytest.mark.parametrize(
    ("fault", "times"),
    [(EventFault("lost"), 1), (EventFault("lost", chance=0.5), None), (EventFault("lost", chance=0.5, times=2), 2)],
)
def test_how_often_a_fault_happens(fault: EventFault, times: int | None) -> None:
    """Once, or as chance has it, or as is said."""
    assert times_of(fault) == times


def test_what_is_made_up_has_ids_of_its_own() -> None:
    """None comes twice."""
    on = mischief(EventFault("rate_limit", times=3))
    ids = [out["event_id"] for out in met(on, event(1), event(2), event(3))]
    assert len(set(ids)) == 6


def test_an_expired_secret_is_no_event() -> None:
    """It is the door's affair."""
    assert met(mischief(EventFault("expired_secret")), event(1)) == [event(1)]
    assert mischief(EventFault("expired_secret", at_s=1)).arm("fault.0") == []
