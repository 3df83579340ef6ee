"""What octi did not hear."""

import msgspec

from octi.records import DevelopmentKind
from octi.session.gap import Gap
from octi.units import SessionId


class Clock:
    """A time of day that is set by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_the_time_between_two_sidebands_is_a_gap() -> None:
    """With its beginning and its end."""
    clock = Clock()
    gap = Gap(SessionId("s"), clock)
    gap.open()
    clock.at = 107.5
    (row,) = gap.shut()
    assert (row.session, row.kind, row.at) == ("s", DevelopmentKind.GAP, 107.5)
    body = msgspec.json.decode(row.body)
    assert (body["from"], body["to"]) == (100.0, 107.5)
    assert body["why"]


def test_the_first_sideband_has_missed_nothing() -> None:
    """There was no conversation that octi had heard of."""
    assert Gap(SessionId("s"), Clock()).shut() == []


def test_a_gap_is_told_once() -> None:
    """And the next one has a name of its own."""
    clock = Clock()
    gap = Gap(SessionId("s"), clock)
    gap.open()
    (first,) = gap.shut()
    assert gap.shut() == []
    gap.open()
    (second,) = gap.shut()
    assert first.id != second.id


def test_a_short_gap_before_the_end_is_the_end() -> None:
    """A session that leaves its call has not missed anything."""
    clock = Clock()
    gap = Gap(SessionId("s"), clock)
    gap.open()
    assert gap.shut(least_s=1.0) == []
    gap.open()
    clock.at += 2
    assert len(gap.shut(least_s=1.0)) == 1
