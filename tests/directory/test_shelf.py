"""The sessions as they are stored."""

from typing import Any

import attrs
import pytest

from octi.directory.shelf import Shelf
from octi.errors import SessionClosed, UnknownSession
from octi.records import SessionRecord, SessionState
from octi.session.ending import GONE
from octi.session.live import LiveSessions
from octi.store.memory import MemoryStore
from octi.units import SessionId


def session(**changes: Any) -> SessionRecord:
    fresh = SessionRecord(
        id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=1.0, resumable=True
    )
    return attrs.evolve(fresh, **changes)


def over(**changes: Any) -> SessionRecord:
    return session(**changes).end(at=2.0, by="client", reason="left")


async def shelf_with(*records: SessionRecord) -> Shelf:
    shelf = Shelf(MemoryStore(), LiveSessions(), lambda: 5.0)
    await shelf.store.save(records)
    return shelf


@pytest.mark.parametrize("record", [session(), session(resumable=False), session(state=SessionState.LIVE), over()])
async def test_a_session_is_found_until_it_is_over_for_good(record: SessionRecord) -> None:
    """One that outlives its legs is not over when a leg has ended."""
    shelf = await shelf_with(record)
    assert await shelf.any("s") == await shelf.open("s") == await shelf.known("s") == record


async def test_a_session_that_is_over_for_good_is_closed() -> None:
    """For some it never was; it can still be looked at."""
    shelf = await shelf_with(over(resumable=False))
    assert (await shelf.any("s")).state is SessionState.ENDED
    with pytest.raises(SessionClosed):
        await shelf.open("s")
    with pytest.raises(UnknownSession):
        await shelf.known("s")


async def test_nobody_is_unknown() -> None:
    """To all."""
    shelf = await shelf_with()
    for find in (shelf.any, shelf.open, shelf.known):
        with pytest.raises(UnknownSession):
            await find("s")


async def test_a_session_that_is_being_closed_is_closed() -> None:
    """Whatever its leg still stores."""
    shelf = await shelf_with(over())
    shelf.closing.add(SessionId("s"))
    assert not (await shelf.any("s")).resumable
    with pytest.raises(SessionClosed):
        await shelf.open("s")


async def test_a_session_that_a_killed_octi_left_is_ended_first() -> None:
    """Durably, and its followers are woken."""
    shelf = await shelf_with(session(state=SessionState.LIVE))
    follower = shelf.live.feed.follow(SessionId("s"))
    settled = await shelf.settled(await shelf.open("s"))
    assert (settled.state, settled.ended_by, settled.end_reason, settled.ended_at) == ("ended", "octi", GONE, 5.0)
    assert await shelf.any("s") == settled
    await follower.wait()


async def test_a_killed_session_for_one_leg_stays_over() -> None:
    """Nobody may take it up."""
    shelf = await shelf_with(session(state=SessionState.LIVE, resumable=False))
    with pytest.raises(SessionClosed):
        await shelf.settled(await shelf.open("s"))
    assert (await shelf.any("s")).end_reason == GONE


@pytest.mark.parametrize("record", [session(), over()])
async def test_a_session_that_nobody_left_live_is_as_it_is(record: SessionRecord) -> None:
    """Nothing is stored."""
    shelf = await shelf_with(record)
    assert await shelf.settled(record) == record
