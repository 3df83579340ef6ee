"""Recordings made in memory: work that a thread would do is done at once, so that virtual time stays in order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from octi.cassette.format import Header
from octi.cassette.reading import Cassette, read_cassette
from octi.cassette.recording import Recorder, Reel, recording
from octi.cassette.writing import begin
from octi.websocket.memory import memory_legs
from tests.fakes import MemoryUpstream, Peer

HEADER = Header(
    cassette=1, session="s-1", door="octi", upstream="scripted", model="m", started_at="2026-01-02T03:04:05.000Z"
)


async def at_once(work: Callable[[], Any]) -> Any:
    """Do it here."""
    await trio.lowlevel.checkpoint()
    return work()


def recorder(shelf: Path, *, voices: bool = True) -> Recorder:
    """One that records in the event loop."""
    return Recorder(shelf, voices=voices, now=lambda: 1.0, thread=lambda: at_once)


def reel(shelf: Path, **options: Any) -> Reel:
    """A recording that nobody writes yet."""
    return Reel(begin(shelf, "tape", HEADER), at_once, **options)


def only(shelf: Path) -> Cassette:
    """The one cassette on a shelf."""
    (folder,) = shelf.iterdir()
    return read_cassette(folder)


async def hello_tape(shelf: Path) -> Cassette:
    """A client's leg and a provider's on which each side said a word."""
    async with recording(reel(shelf)) as tape:
        near, far = memory_legs()
        leg = tape.client(near)
        far.send(b'{"type":"response.create","event_id":"a"}')
        await leg.receive()
        async with tape.upstream(MemoryUpstream([hello])).open("m") as provider:
            await provider.receive()
            provider.send(b'{"type":"session.update"}')
        leg.send(b'{"type":"session.created"}')
        await leg.close(1000, "over")
    return only(shelf)


async def hello(peer: Peer) -> None:
    await peer.send({"type": "session.created"})
    await trio.sleep_forever()
