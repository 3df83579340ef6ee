"""octi/session/seats.py: a session's place among those that are counted; and `LiveSessions`, which holds it."""

import attrs
import pytest

from octi.errors import Full, RateLimited
from octi.records import SessionRecord
from octi.session.live import LiveSessions
from octi.session.seats import ANY_SEAT, NoCallLimits, any_seat
from octi.units import SessionId

ONE, OTHER = SessionId("one"), SessionId("other")
RECORD = SessionRecord(id=ONE, door="octi", upstream="u", model="m", voice="", created_at=1.0)


@attrs.define(eq=False)
class NotedSeat:
    """Says how often it was taken and left."""

    refuses: bool = False
    noted: list[str] = attrs.field(factory=list)

    def take(self) -> None:
        if self.refuses:
            raise RateLimited("per_user.sessions", "1 at once", 5.0)
        self.noted.append("taken")

    def leave(self) -> None:
        self.noted.append("left")


def test_a_session_has_its_seat_until_it_leaves() -> None:
    """However often that is said."""
    live, seat = LiveSessions(), NotedSeat()
    live.enter(ONE, seat)
    assert seat.noted == ["taken"]
    for _ in range(3):
        live.leave(ONE)
    assert seat.noted == ["taken", "left"]


def test_a_session_that_is_here_already_takes_no_second_seat() -> None:
    live, first, second = LiveSessions(), NotedSeat(), NotedSeat()
    live.enter(ONE, first)
    assert not live.enter(ONE, second)
    live.leave(ONE)
    assert (first.noted, second.noted) == (["taken", "left"], [])


def test_without_a_seat_nobody_enters() -> None:
    """And leaves nothing behind."""
    live, seat = LiveSessions(), NotedSeat(refuses=True)
    with pytest.raises(RateLimited):
        live.enter(ONE, seat)
    live.leave(ONE)
    assert len(live) == 0
    assert seat.noted == []


def test_a_full_node_takes_no_seat() -> None:
    live, seat = LiveSessions(most=1), NotedSeat()
    live.enter(OTHER)
    with pytest.raises(Full):
        live.enter(ONE, seat)
    assert seat.noted == []


def test_where_nobody_counts_there_is_always_a_seat() -> None:
    """And sessions are as the settings say."""
    limits = NoCallLimits()
    assert limits.seat(RECORD) is any_seat(RECORD) is ANY_SEAT
    assert (limits.longest_s(RECORD, 60), limits.idle_s(RECORD, 30)) == (60, 30)
    LiveSessions().enter(ONE, ANY_SEAT)
