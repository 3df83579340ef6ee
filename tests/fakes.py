"""Scripted peers: a provider that follows a script, and what it is reached by.

A script is an async function of a `Peer`. The same script plays in memory (virtual time) and behind a real socket.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import attrs
import msgspec
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from octi.errors import ProviderFault
from octi.websocket.base import Leg, LegClosed
from octi.websocket.memory import MemoryLeg, memory_legs

Event = dict[str, Any]


class PeerLeft(Exception):
    """The other side is gone."""


class Peer(Protocol):
    """The other side of a scripted conversation."""

    async def send(self, event: Event | bytes | str) -> None: ...
    async def receive(self) -> Event: ...
    async def close(self, code: int, reason: str = "") -> None: ...


Script = Callable[[Peer], Awaitable[None]]


@attrs.define(eq=False)
class LegPeer:
    """A peer over a memory leg."""

    leg: MemoryLeg
    _inbox: list[Event] = attrs.field(factory=list)

    async def send(self, event: Event | bytes | str) -> None:
        await trio.lowlevel.checkpoint()
        if isinstance(event, bytes):
            self.leg.send(event, text=False)
        else:
            self.leg.send(event.encode() if isinstance(event, str) else msgspec.json.encode(event))

    async def receive(self) -> Event:
        if not self._inbox:
            try:
                self._inbox += [msgspec.json.decode(message.data) for message in await self.leg.receive()]
            except LegClosed as closed:
                raise PeerLeft from closed
        return self._inbox.pop(0)

    async def close(self, code: int, reason: str = "") -> None:
        await self.leg.close(code, reason)


@attrs.define(eq=False)
class SocketPeer:
    """A peer over trio-websocket."""

    socket: WebSocketConnection

    async def send(self, event: Event | bytes | str) -> None:
        try:
            await self.socket.send_message(
                event if isinstance(event, bytes | str) else msgspec.json.encode(event).decode()
            )
        except ConnectionClosed as closed:
            raise PeerLeft from closed

    async def receive(self) -> Event:
        try:
            return msgspec.json.decode(await self.socket.get_message(), type=dict[str, Any])
        except ConnectionClosed as closed:
            raise PeerLeft from closed

    async def close(self, code: int, reason: str = "") -> None:
        await self.socket.aclose(code, reason)


@attrs.define(eq=False)
class MemoryUpstream:
    """An `Upstream` whose every leg leads to the next of its scripts (the last one again and again)."""

    scripts: list[Script]
    name: str = "scripted"
    opened: int = 0
    open_now: int = 0
    refusal: ProviderFault | None = None  # raised by the next `open`
    bound: int = 8 << 20

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        await trio.lowlevel.checkpoint()
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        near, far = memory_legs(self.bound)
        script = self.scripts[min(self.opened, len(self.scripts) - 1)]
        self.opened += 1
        self.open_now += 1
        problem: Exception | None = None
        try:
            async with trio.open_nursery() as playing:
                playing.start_soon(play, script, LegPeer(far), name="scripted provider")
                try:
                    yield near
                except Exception as error:
                    problem = error
                playing.cancel_scope.cancel()
        finally:
            self.open_now -= 1
        if problem:
            raise problem


async def play(script: Script, peer: Peer) -> None:
    """Follow a script until it ends or its peer leaves."""
    with suppress(PeerLeft):
        await script(peer)


# What providers do


async def greet(peer: Peer, **session: Any) -> Event:
    """Be created and configured; the session that was asked for."""
    await peer.send({"type": "session.created", "event_id": "e1", "session": {"type": "realtime", "id": "sess_1"}})
    asked: Event = (await wait_for(peer, "session.update"))["session"]
    await peer.send({"type": "session.updated", "event_id": "e2", "session": {"id": "sess_1", **asked, **session}})
    return asked


async def wait_for(peer: Peer, kind: str) -> Event:
    """The next event of a kind; others are passed over."""
    while True:
        event = await peer.receive()
        if event["type"] == kind:
            return event


def user_turn(
    item: str, words: str, *, start_ms: int = 0, end_ms: int = 500, previous: str | None = None
) -> list[Event]:
    """What a provider sends of a spoken turn of the user's."""
    voice = {"id": item, "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": None}]}
    transcription = "conversation.item.input_audio_transcription"
    return [
        {"type": "input_audio_buffer.speech_started", "item_id": item, "audio_start_ms": start_ms},
        {"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": end_ms},
        {"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": previous},
        {"type": "conversation.item.added", "previous_item_id": previous, "item": voice},
        {"type": "conversation.item.done", "previous_item_id": previous, "item": voice},
        {"type": f"{transcription}.delta", "item_id": item, "content_index": 0, "delta": words},
        {"type": f"{transcription}.completed", "item_id": item, "content_index": 0, "transcript": words},
    ]


def agent_turn(item: str, words: str, *, ms: int = 200, response: str = "resp_1") -> list[Event]:
    """What a provider sends of an answer, from `response.created` to `response.done`."""
    return [*agent_begins(item, words, ms=ms, response=response), *agent_ends(item, words, response=response)]


def agent_begins(item: str, words: str, *, ms: int = 200, response: str = "resp_1") -> list[Event]:
    """The first half of an answer: all its words and sound, and no end."""
    place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    begun = {"id": item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    sound = b64encode(b"\x01\x00" * 24 * ms).decode()
    return [
        {
            "type": "response.created",
            "response": {"id": response, "status": "in_progress", "conversation_id": "conv_1"},
        },
        {"type": "response.output_item.added", "response_id": response, "output_index": 0, "item": begun},
        {"type": "conversation.item.added", "item": begun},
        {"type": "response.output_audio_transcript.delta", **place, "delta": words},
        {"type": "response.output_audio.delta", **place, "delta": sound},
    ]


def agent_ends(item: str, words: str, *, response: str = "resp_1", status: str = "completed") -> list[Event]:
    """The second half of an answer."""
    place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    content = [{"type": "output_audio", "transcript": words}]
    whole = {"id": item, "type": "message", "role": "assistant", "content": content}
    whole["status"] = "completed" if status == "completed" else "incomplete"
    return [
        {"type": "response.output_audio.done", **place},
        {"type": "response.output_audio_transcript.done", **place, "transcript": words},
        {"type": "conversation.item.done", "item": whole},
        {"type": "response.output_item.done", "response_id": response, "output_index": 0, "item": whole},
        {"type": "response.done", "response": {"id": response, "status": status, "conversation_id": "conv_1"}},
    ]


def numbered(events: list[Event]) -> Iterator[Event]:
    """Events with the ids that every one of a provider's has."""
    for number, event in enumerate(events):
        yield {"event_id": f"event_{number}", **event}


async def say(peer: Peer, *turns: list[Event]) -> None:
    """Send events one after the other."""
    for turn in turns:
        for event in numbered(turn):
            await peer.send(event)
