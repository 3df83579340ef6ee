"""Who follows which session in this process. A feed holds no rows: it wakes, and whoever woke reads the store."""

import attrs
import trio

from octi.units import SessionId


@attrs.define(eq=False)
class Follower:
    """One who follows a session."""

    _stirred: trio.Event = attrs.field(factory=trio.Event)

    def stir(self) -> None:
        """Something was stored."""
        self._stirred.set()

    async def wait(self) -> None:
        """Return when something was stored since the last return, even if nobody waited then."""
        await self._stirred.wait()
        self._stirred = trio.Event()


@attrs.define(eq=False)
class Feed:
    """The followers of all sessions. Nothing piles up for one who is slow: any number of rows is one waking."""

    _followers: dict[SessionId, set[Follower]] = attrs.field(factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self._followers.values()))

    def follow(self, session: SessionId) -> Follower:
        """From here on, nothing that is stored of the session is missed. Whoever follows leaves in the end."""
        follower = Follower()
        self._followers.setdefault(session, set()).add(follower)
        return follower

    def leave(self, session: SessionId, follower: Follower) -> None:
        """Stop following. Leaving twice is leaving once."""
        others = self._followers.get(session, set()) - {follower}
        if others:
            self._followers[session] = others
        else:
            self._followers.pop(session, None)

    def announce(self, session: SessionId) -> None:
        """Rows of the session are durable."""
        for follower in self._followers.get(session, ()):
            follower.stir()
