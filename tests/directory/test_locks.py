"""One change of a session at a time."""

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from octi.directory.locks import PATIENCE_S, Locks
from octi.errors import InProgress
from octi.units import SessionId
from tests.cuts import Cut, cut_everywhere

ONE, OTHER = SessionId("one"), SessionId("other")


async def hold(locks: Locks, session: SessionId, done: list[tuple[SessionId, float]], seconds: float = 1.0) -> None:
    async with locks.holding(session):
        await trio.sleep(seconds)
        done.append((session, trio.current_time()))


async def test_one_session_is_changed_by_one_at_a_time(autojump_clock: MockClock) -> None:
    """Another session by others meanwhile; and no lock is kept that nobody uses."""
    locks, done = Locks(), list[tuple[SessionId, float]]()
    async with trio.open_nursery() as nursery:
        for session in (ONE, ONE, OTHER):
            nursery.start_soon(hold, locks, session, done)
    assert sorted(done) == [(ONE, 1.0), (ONE, 2.0), (OTHER, 1.0)]
    assert len(locks) == 0


async def test_nobody_waits_for_ever(autojump_clock: MockClock) -> None:
    """After 30 s it is told that somebody else is at it."""
    locks, done = Locks(), list[tuple[SessionId, float]]()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold, locks, ONE, done, 100.0)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(InProgress):
            await hold(locks, ONE, done)
        assert trio.current_time() == PATIENCE_S
    assert len(locks) == 0


async def test_an_error_in_the_block_leaves_the_lock_free(autojump_clock: MockClock) -> None:
    """It is not the lock's affair."""
    locks = Locks()
    with pytest.raises(ValueError, match="so"):
        async with locks.holding(ONE):
            raise ValueError("so")
    assert len(locks) == 0


async def cut_while_others_hold(cut: Cut) -> None:
    locks, done = Locks(), list[tuple[SessionId, float]]()
    async with trio.open_nursery() as others:
        others.start_soon(hold, locks, ONE, done)
        await trio.testing.wait_all_tasks_blocked()
        async with cut:
            await hold(locks, ONE, done)
        await hold(locks, ONE, done)
    assert len(locks) == 0


def test_a_lock_is_free_whenever_its_user_was_cut() -> None:
    """While waiting for it, while holding it."""
    assert cut_everywhere(cut_while_others_hold).steps > 2
