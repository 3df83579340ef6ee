"""Where a session's legs may be listened to: a port for whoever records them, and the one that records nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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


async def run_taped(session: Session, taping: Taping) -> SessionRecord:
    """Hold a conversation, with a tape running. See `run_session`."""
    async with taping(session.record, session.upstream.name) as tape:
        client, upstream = tape.client(session.client), tape.upstream(session.upstream)
        return await run_session(attrs.evolve(session, client=client, upstream=upstream))
