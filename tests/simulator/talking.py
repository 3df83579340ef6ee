"""A scripted conversation as its listeners see it: every event is checked for its fields and its place."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import msgspec

from octi.simulator.conversation import ScriptedConversation
from octi.simulator.ids import Ids
from octi.simulator.mischief import Out
from octi.simulator.opening import Opening
from octi.simulator.script import AgentStep, Says
from octi.units import pcm_bytes
from tests.engine.wire import Event, Order, check_event

NOON = 1_790_000_000.0
RESPOND: Event = {"type": "response.create"}
CANCEL: Event = {"type": "response.cancel"}
COMMIT: Event = {"type": "input_audio_buffer.commit"}
EXTRACT = {"type": "function", "name": "extract_profile", "parameters": {"type": "object", "properties": {}}}
IN_CALLS = "output_audio_buffer."  # protocol 1.2: no socket of its own hears of it


def update(**session: object) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


TRANSCRIBED = update(audio={"input": {"transcription": {"model": "m"}}})
WRITTEN = update(output_modalities=["text"])


def listens(**detection: object) -> Event:
    return update(audio={"input": {"turn_detection": {"type": "server_vad", **detection}}})


def typed(text: str) -> Event:
    content = [{"type": "input_text", "text": text}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}


def output_of(call_id: str, output: str = "{}") -> Event:
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    return {"type": "conversation.item.create", "item": item}


def sound(duration_ms: int, loudness: int = 3000) -> Event:
    pcm = loudness.to_bytes(2, "little") * (pcm_bytes(duration_ms) // 2)
    return {"type": "input_audio_buffer.append", "audio": b64encode(pcm).decode()}


@attrs.define(eq=False)
class Watched:
    """A conversation, and all that was told of it."""

    talk: ScriptedConversation
    told: list[Event] = attrs.field(factory=list)
    order: Order = attrs.field(factory=Order)

    def note(self, events: Iterable[Out]) -> list[Event]:
        """Check events; they are kept."""
        noted = [msgspec.json.decode(msgspec.json.encode(event), type=dict[str, Any]) for event in events]
        for event in noted:
            if not event["type"].startswith(IN_CALLS):
                check_event(event)
                self.order.follow(event)
        self.told += noted
        return noted

    def ask(self, *requests: Event | bytes) -> list[Event]:
        """What everybody is told of them; no error is among the answers."""
        told: list[Event] = []
        for request in requests:
            reply = self.talk.take(request if isinstance(request, bytes) else msgspec.json.encode(request))
            assert reply.sender == []
            told += self.note(reply.everybody)
        return told

    def refused(self, request: Event) -> Event:
        """The error that a request meets; nothing else is told."""
        reply = self.talk.take(msgspec.json.encode(request))
        assert (reply.kind, reply.everybody) == ("refused", [])
        (event,) = self.note(reply.sender)
        error: Event = event["error"]
        return error

    def hear(self, said: Says | str) -> list[Event]:
        return self.note(self.talk.hear(Says(said) if isinstance(said, str) else said))

    def advance(self) -> list[Event]:
        return self.note(self.talk.advance())

    def play(self) -> list[Event]:
        """Beat by beat to the end."""
        told: list[Event] = []
        while self.talk.busy:
            told += self.advance()
        return told


def conversation(
    *agent: AgentStep, said: Sequence[Says] = (), call: bool = False, preset: Event | None = None
) -> Watched:
    return Watched(ScriptedConversation(Opening("m", NOON, (preset or {},)), Ids(), agent, said, call=call))


def kinds(events: Iterable[Event]) -> list[str]:
    return [event["type"] for event in events]


def squeezed(events: Iterable[Event]) -> list[str]:
    """The types, with neighbours of one type told once."""
    found: list[str] = []
    for kind in kinds(events):
        if found[-1:] != [kind]:
            found.append(kind)
    return found


def said_in(events: Iterable[Event]) -> list[str]:
    """What the agent said, answer by answer."""
    return [
        str(event.get("transcript", event.get("text")))
        for event in events
        if event["type"] in {"response.output_audio_transcript.done", "response.output_text.done"}
    ]
