"""octi/store/memory.py: what is particular to it; the promises are in tests/contract/test_store.py."""

import trio

from octi.records import SessionRecord
from octi.store.memory import open_memory
from octi.units import SessionId

SESSION = SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=1.0)


async def test_two_stores_in_memory_share_nothing() -> None:
    """Each is a world of its own."""
    async with open_memory() as one, open_memory() as other:
        await one.save([SESSION])
        assert await other.sessions() == []


async def test_it_takes_no_time_on_a_virtual_clock(autojump_clock: trio.testing.MockClock) -> None:
    """No threads, no waiting: tests of timeouts use this store."""
    async with open_memory() as store:
        await store.save([SESSION])
        assert await store.sessions() == [SESSION]
    assert trio.current_time() == 0
