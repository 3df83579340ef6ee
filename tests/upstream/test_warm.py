"""Which legs wait, and who gets which."""

import attrs

from octi.upstream.warm import REMEMBERED, Demand, best_of, surplus

USUAL, OTHER = b"usual", b"other"


@attrs.frozen
class Leg:
    """A leg that waits."""

    update: bytes | None
    born: float = 0.0


def test_a_configured_leg_is_only_for_the_very_same_session() -> None:
    """What it was told stays in force where another session says nothing of it."""
    configured, connected = Leg(USUAL), Leg(None)
    assert best_of([configured, connected], USUAL) is configured
    assert best_of([configured, connected], OTHER) is connected
    assert best_of([configured], OTHER) is None


def test_a_session_that_does_not_say_what_it_wants_gets_a_leg_that_was_told_nothing() -> None:
    """As a session's second leg, whose instructions may be others by then."""
    assert best_of([Leg(USUAL)], None) is None
    assert best_of([Leg(USUAL), connected := Leg(None)], None) is connected


def test_of_equal_legs_the_youngest_is_taken() -> None:
    """Its session has the most time left at the provider."""
    old, young = Leg(USUAL, 1.0), Leg(USUAL, 2.0)
    assert best_of([young, old], USUAL) is young
    assert best_of([old, young, Leg(None, 3.0)], USUAL) is young


def test_the_settings_are_taken_for_what_sessions_want_until_they_say_otherwise() -> None:
    """And again once they want them again."""
    demand = Demand()
    assert demand.configured(4) == 4
    for _ in range(REMEMBERED):
        demand.note(usual=False)
    assert demand.configured(4) == 0
    for _ in range(REMEMBERED // 2):
        demand.note(usual=True)
    assert demand.configured(4) == 2


def test_the_oldest_configured_legs_are_too_many() -> None:
    """Those that were told nothing suit everybody."""
    first, second = Leg(USUAL, 1.0), Leg(USUAL, 2.0)
    assert surplus([second, Leg(None, 0.0), first], 1) == [first]
    assert surplus([second, first], 3) == []
