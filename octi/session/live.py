"""Who is live on this node."""

import attrs
import trio

from octi.session.feed import Feed
from octi.units import SessionId


@attrs.define(eq=False)
class LiveSessions:
    """The sessions that run now. A session enters before its first wait and leaves when nothing of it is left."""

    draining: trio.Event = attrs.field(factory=trio.Event)  # set once: no session enters any more, and all are told
    feed: Feed = attrs.field(factory=Feed)  # who follows what they store
    _dismissals: dict[SessionId, trio.Event] = attrs.field(factory=dict)
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def __len__(self) -> int:
        return len(self._dismissals)

    def __contains__(self, session: object) -> bool:
        return session in self._dismissals

    def enter(self, session: SessionId) -> None:
        """A session begins."""
        self._dismissals[session] = trio.Event()

    def leave(self, session: SessionId) -> None:
        """A session has ended, whole."""
        self._dismissals.pop(session, None)
        self._moved.unpark_all()

    def dismiss(self, session: SessionId) -> bool:
        """Tell a session to end. False: it is not here."""
        if session in self._dismissals:
            self._dismissals[session].set()
        return session in self._dismissals

    async def wait_dismissed(self, session: SessionId) -> None:
        """Return when a session is told to end; one that never entered is not told."""
        await self._dismissals.get(session, trio.Event()).wait()

    async def wait_left(self, session: SessionId) -> None:
        """Return when a session is not here, or no longer."""
        while session in self._dismissals:
            await self._moved.park()

    async def wait_empty(self) -> None:
        """Return when no session is left."""
        while self._dismissals:
            await self._moved.park()
