"""Who is live on this node."""

import attrs
import trio

from octi.units import SessionId


@attrs.define(eq=False)
class LiveSessions:
    """The sessions that run now. A session enters before its first wait and leaves when nothing of it is left."""

    draining: trio.Event = attrs.field(factory=trio.Event)  # set once: no session enters any more, and all are told
    _ids: set[SessionId] = attrs.field(factory=set)
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def __len__(self) -> int:
        return len(self._ids)

    def enter(self, session: SessionId) -> None:
        """A session begins."""
        self._ids.add(session)

    def leave(self, session: SessionId) -> None:
        """A session has ended, whole."""
        self._ids.discard(session)
        self._moved.unpark_all()

    async def wait_empty(self) -> None:
        """Return when no session is left."""
        while self._ids:
            await self._moved.park()
