"""One change of a session at a time: a lock for each, kept while somebody uses it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio

from octi.errors import InProgress
from octi.units import SessionId

PATIENCE_S = 30.0  # a close may hold a lock for 15 s


@attrs.define(eq=False)
class _Shared:
    lock: trio.Lock = attrs.field(factory=trio.Lock)
    users: int = 0


@attrs.define(eq=False)
class Locks:
    """Who changes a session holds its lock. Fair: first come, first served."""

    _shared: dict[SessionId, _Shared] = attrs.field(factory=dict, init=False)

    def __len__(self) -> int:
        return len(self._shared)

    @asynccontextmanager
    async def holding(self, session: SessionId) -> AsyncIterator[None]:
        """Hold a session's lock in the block. Raises InProgress if others do not leave it within 30 s."""
        shared = self._shared.setdefault(session, _Shared())
        shared.users += 1
        try:
            with trio.move_on_after(PATIENCE_S) as waiting:
                await shared.lock.acquire()
            if waiting.cancelled_caught:
                raise InProgress("Another change of the session")
            try:
                yield
            finally:
                shared.lock.release()
        finally:
            shared.users -= 1
            if not shared.users:
                del self._shared[session]
