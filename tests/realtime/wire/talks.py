"""Conversations with the engine, of every kind, as all that it said in them."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress

import attrs
import msgspec
import trio

from octi.engine.base import Call, Say
from octi.engine.server import Engine
from octi.errors import EngineFailed
from octi.websocket.base import LegClosed
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.engine.fakes import (
    CANCEL,
    CLEAR,
    COMMIT,
    NOON,
    PUSH_TO_TALK,
    RESPOND,
    TRANSCRIBE,
    FakeBrain,
    FakeSpeech,
    always,
    listen,
    only,
    silence,
    sound,
    typed,
    update,
    voice,
)
from tests.engine.wire import Event

Step = Event | bytes | float | Callable[[list[Event]], Event]  # to send, or to wait; by what was said so far
WHISPER = {"model": "whisper-1"}
LONG = Say("One two three four five six seven eight nine ten.")
WEATHER = {"type": "function", "name": "get_weather", "description": "The weather.", "parameters": {"type": "object"}}


@attrs.frozen
class Talk:
    """One of them."""

    steps: Sequence[Step]
    brain: Sequence[Sequence[Say | Call | EngineFailed | float]] = ()
    speech: Sequence[str | EngineFailed] = ()
    writes_only: bool = False  # `?intent=transcription`


def truncated(events: list[Event]) -> Event:
    """Of the answer in progress half a second was heard."""
    item = only(events, "response.output_item.added")["item"]["id"]
    return {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 500}


def output(events: list[Event]) -> Event:
    """What the function gave."""
    call = only(events, "response.function_call_arguments.done")["call_id"]
    return {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": call, "output": "1"},
    }


def about(doing: str, item: str = "item_mine") -> Event:
    return {"type": f"conversation.item.{doing}", "item_id": item}


def writing(**heard: object) -> Event:
    return {"type": "session.update", "session": {"type": "transcription", "audio": {"input": heard}}}


def spoken_item() -> Event:
    part = {"type": "input_audio", "audio": b64encode(sound(320)).decode()}
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [part]}}


def spoken_slowly(times: int) -> Iterator[Step]:
    """As it comes from a microphone."""
    for _ in range(times):
        yield voice(640)
        yield 0.7


PICTURE: Event = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]},
}
ASIDE: Event = {
    "type": "response.create",
    "response": {"conversation": "none", "input": [], "metadata": {"topic": "a"}, "output_modalities": ["text"]},
}
EVERYTHING = update(
    instructions="Be brief.",
    tools=[WEATHER],
    tool_choice={"type": "function", "name": "get_weather"},
    tracing={"workflow_name": "w"},
    truncation={"type": "retention_ratio", "retention_ratio": 0.5},
    prompt={"id": "pmpt_1"},
    include=["item.input_audio_transcription.logprobs"],
    parallel_tool_calls=True,
    reasoning={"effort": "low"},
    max_output_tokens=100,
    audio={
        "input": {
            "format": {"type": "audio/pcmu"},
            "noise_reduction": {"type": "near_field"},
            "transcription": {"model": "whisper-1", "language": "en", "prompt": "p"},
            "turn_detection": {"type": "semantic_vad", "eagerness": "high"},
        },
        "output": {"format": {"type": "audio/pcma"}, "voice": {"id": "voice_1"}, "speed": 1.5},
    },
)
TALKS = {
    "a text turn": Talk([update(output_modalities=["text"]), typed("Hi.", id="item_mine"), RESPOND, 5.0]),
    "a spoken answer": Talk([typed("Hi."), RESPOND, 5.0]),
    "a voice turn": Talk([TRANSCRIBE, voice(), silence(), 20.0]),
    "words while they are spoken": Talk(
        [
            update(audio={"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}),
            *spoken_slowly(6),
            silence(),
            20.0,
        ]
    ),
    "push to talk": Talk([PUSH_TO_TALK, CLEAR, voice(), COMMIT, RESPOND, 20.0]),
    "a function call": Talk(
        [update(tools=[WEATHER]), typed("Weather?"), RESPOND, 5.0, output, RESPOND, 5.0],
        brain=[[Say("Let me see."), Call("get_weather", {"city": "Paris"})]],
    ),
    "an interruption": Talk([voice(), silence(), 1.5, voice(), truncated, silence(), 20.0], brain=[[LONG]]),
    "a cancelled answer": Talk([RESPOND, 0.1, CANCEL, 5.0], brain=[[LONG, 9.0]]),
    "an answer that is too long": Talk([update(max_output_tokens=20), RESPOND, 20.0], brain=[[LONG]]),
    "an answer that fails": Talk([RESPOND, 5.0], brain=[[EngineFailed("lost")]]),
    "words that are lost": Talk([TRANSCRIBE, PUSH_TO_TALK, voice(), COMMIT, 5.0], speech=[EngineFailed("lost")] * 2),
    "an answer beside the conversation": Talk([ASIDE, 5.0]),
    "silence": Talk([listen(idle_timeout_ms=5000), RESPOND, 12.0]),
    "items": Talk(
        [
            typed("Hi.", id="item_mine"),
            typed("Hello.", role="assistant", previous_item_id="root"),
            typed("Be kind.", role="system"),
            PICTURE,
            spoken_item(),
            about("retrieve"),
            about("delete"),
            5.0,
        ]
    ),
    "every setting": Talk([EVERYTHING, 1.0]),
    "errors": Talk(
        [
            b"no JSON",
            {"type": "nope", "event_id": "mine"},
            {"type": "session.update", "session": {}},
            update(bogus=1),
            about("delete", "item_nobody"),
            COMMIT,
            CANCEL,
            1.0,
        ]
    ),
    "writing down only": Talk([writing(transcription=WHISPER), voice(), silence(), 20.0], writes_only=True),
    "writing down what is lost": Talk(
        [writing(transcription=WHISPER, turn_detection=None), voice(), COMMIT, CLEAR, RESPOND, 5.0],
        speech=[EngineFailed("lost")] * 2,
        writes_only=True,
    ),
}


async def told_in(talk: Talk) -> list[Event]:
    """All that the engine says in a conversation. The client leaves at the end."""
    speech, brain = FakeSpeech(list(talk.speech)), FakeBrain(list(talk.brain))
    engine = Engine(speech, always(brain), lambda: NOON)
    near, far = memory_legs()
    events: list[Event] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.transcribe if talk.writes_only else converse_with(engine), far)
        nursery.start_soon(read_all, near, events)
        for step in talk.steps:
            if isinstance(step, float):
                await trio.sleep(step)
            else:
                said = step(events) if callable(step) else step
                near.send(said if isinstance(said, bytes) else msgspec.json.encode(said))
                await trio.testing.wait_all_tasks_blocked()
        await near.close(1000, "bye")
    return events


def converse_with(engine: Engine) -> Callable[[MemoryLeg], Awaitable[None]]:
    """As a task of a nursery's."""
    return lambda leg: engine.converse(leg, "gpt-realtime")


async def read_all(leg: MemoryLeg, events: list[Event]) -> None:
    """Every event, until the leg is closed."""
    with suppress(LegClosed):
        while True:
            events += [msgspec.json.decode(message.data) for message in await leg.receive()]
