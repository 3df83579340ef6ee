"""What a client sees of a session in memory, and that it sees the same bytes every time."""

from itertools import pairwise
from typing import Any, NamedTuple

import attrs
import msgspec
import trio

from octi.testing import Provider, in_memory
from octi.websocket.base import LegClosed
from tests.simulator.talking import RESPOND, TRANSCRIBED, sound, typed

SAYS = "One two three four five six."
TURN = f'[[turn]]\nname = "first"\nsay = "{SAYS}"\n'
WORDS = "response.output_audio_transcript.delta"
DONE = "response.done"
HEARD = "conversation.item.input_audio_transcription.completed"


class Seen(NamedTuple):
    """A message, when it came, and the event that it is; of no event {}."""

    at_s: float
    data: bytes
    event: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.event.get("type", ""))


@attrs.define(eq=False)
class Talk:
    """All that a client saw of a session."""

    seen: list[Seen] = attrs.field(factory=list)
    closed: tuple[float, int] | None = None

    def of(self, kind: str) -> list[Seen]:
        return [each for each in self.seen if each.kind == kind]

    def error(self) -> str:
        return str(self.of("error")[0].event["error"]["code"])

    def response(self) -> dict[str, Any]:
        response: dict[str, Any] = self.of(DONE)[0].event["response"]
        return response


async def talk(provider: Provider, *, voice: bool = False, for_s: float = 90.0) -> Talk:
    """A client that says one thing and listens for so long, or until it is closed out."""
    seen, began = Talk(), trio.current_time()
    async with provider.open() as leg:
        with trio.move_on_after(for_s):
            asked = [TRANSCRIBED, sound(1000), {"type": "input_audio_buffer.commit"}] if voice else [typed("Hello")]
            for event in [*asked, RESPOND]:
                leg.send(msgspec.json.encode(event))
            try:
                while True:
                    for message in await leg.receive():
                        seen.seen.append(Seen(round(trio.current_time() - began, 6), message.data, read(message.data)))
            except LegClosed as closed:
                seen.closed = (round(trio.current_time() - began, 6), closed.code)
    return seen


def read(data: bytes) -> dict[str, Any]:
    try:
        return dict(msgspec.json.decode(data))
    except msgspec.DecodeError:
        return {}


async def twice(scenario: str, *, voice: bool = False) -> Talk:
    """A session, had twice: both are the same to the byte and to the microsecond."""
    talks: list[Talk] = []
    for _ in range(2):
        async with in_memory(scenario, judge=False) as provider:
            talks.append(await talk(provider, voice=voice))
    one, other = talks
    assert one.seen
    assert one.seen == other.seen
    assert one.closed == other.closed
    return one


def gaps(events: list[Seen]) -> list[float]:
    return [round(after.at_s - before.at_s, 6) for before, after in pairwise(events)]


def faulty(*faults: str, before: str = "") -> str:
    return before + TURN + "faults = [" + ", ".join(f"{{ {fault} }}" for fault in faults) + "]\n"
