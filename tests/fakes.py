"""A provider by hand, event by event: for what no scenario says, as nothing that speaks the protocol does it.

Garbage of a certain kind, bytes that must pass as they are, half of the first words. All else is a scenario's affair
(`tests.providers`); the turns below are for recordings whose every event a test must know.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import attrs
import msgspec
import trio

from octi.upstream.embedded import Embedded
from octi.websocket.base import Leg, LegClosed

Event = dict[str, Any]


@attrs.define(eq=False)
class Peer:
    """octi, as such a provider sees it."""

    leg: Leg
    _inbox: list[Event] = attrs.field(factory=list)

    async def send(self, event: Event | bytes | str) -> None:
        await trio.lowlevel.checkpoint()
        if isinstance(event, bytes):
            self.leg.send(event, text=False)
        else:
            self.leg.send(event.encode() if isinstance(event, str) else msgspec.json.encode(event))

    async def receive(self) -> Event:
        if not self._inbox:
            self._inbox += [msgspec.json.decode(message.data) for message in await self.leg.receive()]
        return self._inbox.pop(0)

    async def close(self, code: int, reason: str = "") -> None:
        await self.leg.close(code, reason)


Script = Callable[[Peer], Awaitable[None]]


async def play(script: Script, leg: Leg) -> None:
    """Follow a script until it ends or octi leaves."""
    with suppress(LegClosed):
        await script(Peer(leg))


@attrs.define(eq=False)
class MemoryUpstream:
    """An `Upstream` whose every leg leads to the next of its scripts (the last one again and again)."""

    scripts: list[Script]
    name: str = "scripted"
    opened: int = 0

    def open(self, model: str) -> AbstractAsyncContextManager[Leg]:
        script = self.scripts[min(self.opened, len(self.scripts) - 1)]
        self.opened += 1
        return Embedded(lambda leg, _: play(script, leg), self.name).open(model)


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


def user_turn(item: str, words: str) -> list[Event]:
    """What a provider sends of a spoken turn of the user's."""
    voice = {"id": item, "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": None}]}
    transcription = "conversation.item.input_audio_transcription"
    return [
        {"type": "input_audio_buffer.speech_started", "item_id": item, "audio_start_ms": 0},
        {"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": 500},
        {"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": None},
        {"type": "conversation.item.added", "previous_item_id": None, "item": voice},
        {"type": "conversation.item.done", "previous_item_id": None, "item": voice},
        {"type": f"{transcription}.delta", "item_id": item, "content_index": 0, "delta": words},
        {"type": f"{transcription}.completed", "item_id": item, "content_index": 0, "transcript": words},
    ]


def agent_turn(item: str, words: str, *, response: str = "resp_1") -> list[Event]:
    """What a provider sends of an answer, from `response.created` to `response.done`: 200 ms of sound."""
    place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    begun = {"id": item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    whole = {**begun, "status": "completed", "content": [{"type": "output_audio", "transcript": words}]}
    created = {"id": response, "status": "in_progress", "conversation_id": "conv_1"}
    sound = b64encode(b"\x01\x00" * 24 * 200).decode()
    return [
        {"type": "response.created", "response": created},
        {"type": "response.output_item.added", "response_id": response, "output_index": 0, "item": begun},
        {"type": "conversation.item.added", "item": begun},
        {"type": "response.output_audio_transcript.delta", **place, "delta": words},
        {"type": "response.output_audio.delta", **place, "delta": sound},
        {"type": "response.output_audio.done", **place},
        {"type": "response.output_audio_transcript.done", **place, "transcript": words},
        {"type": "conversation.item.done", "item": whole},
        {"type": "response.output_item.done", "response_id": response, "output_index": 0, "item": whole},
        {"type": "response.done", "response": {**created, "status": "completed"}},
    ]


async def say(peer: Peer, *turns: list[Event]) -> None:
    """Send events one after the other, with the ids that every one of a provider's has."""
    for turn in turns:
        for number, event in enumerate(turn):
            await peer.send({"event_id": f"event_{number}", **event})
