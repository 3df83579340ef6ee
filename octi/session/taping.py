"""Where a session's legs may be listened to: a port for whoever records them, and the one that records nothing."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

import attrs

from octi.records import SessionRecord
from octi.session.run import run_session
from octi.session.session import Session
from octi.upstream.base import Upstream
from octi.websocket.base import Leg


class Tape(Protocol):
    """What one session is recorded on."""

    def client(self, leg: Leg) -> Leg:
        """The client's leg, recorded."""

    def upstream(self, upstream: Upstream) -> Upstream:
        """The provider, whose legs are recorded."""


# Of a session and its provider's name: a tape, for as long as the session lasts. Opening it never fails.
Taping = Callable[[SessionRecord, str], AbstractAsyncContextManager[Tape]]


class NoTape:
    """Records nothing."""

    def client(self, leg: Leg) -> Leg:
        """The leg itself."""
        return leg

    def upstream(self, upstream: Upstream) -> Upstream:
        """The upstream itself."""
        return upstream


@asynccontextmanager
async def untaped(record: SessionRecord, upstream: str) -> AsyncIterator[Tape]:
    """No tape."""
    yield NoTape()


@attrs.frozen
class Tapes:
    """Several tapes at once: each hears what the ones before it hand on."""

    tapes: Sequence[Tape]

    def client(self, leg: Leg) -> Leg:
        """See `Tape.client`."""
        for tape in self.tapes:
            leg = tape.client(leg)
        return leg

    def upstream(self, upstream: Upstream) -> Upstream:
        """See `Tape.upstream`."""
        for tape in self.tapes:
            upstream = tape.upstream(upstream)
        return upstream


def together(tapings: Sequence[Taping]) -> Taping:
    """All of them; `untaped` where there are none, so that a session which nobody records has its legs bare."""
    if len(tapings) < 2:
        return tapings[0] if tapings else untaped

    @asynccontextmanager
    async def taped(record: SessionRecord, upstream: str) -> AsyncIterator[Tape]:
        async with AsyncExitStack() as opened:
            yield Tapes([await opened.enter_async_context(taping(record, upstream)) for taping in tapings])

    return taped


async def run_taped(session: Session, taping: Taping) -> SessionRecord:
    """Hold a conversation, with a tape running. See `run_session`."""
    async with taping(session.record, session.upstream.name) as tape:
        client, upstream = tape.client(session.client), tape.upstream(session.upstream)
        return await run_session(attrs.evolve(session, client=client, upstream=upstream))
