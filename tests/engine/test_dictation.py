"""Sessions of the engine's that only transcribe, over the wire. Every event is looked at by `tests.engine.wire`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.engine.server import Engine
from octi.errors import EngineFailed
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.engine.fakes import (
    CANCEL,
    CLEAR,
    COMMIT,
    NOON,
    RESPOND,
    FakeBrain,
    FakeSpeech,
    always,
    closed,
    every,
    kinds,
    only,
    silence,
    typed,
    update,
    voice,
)
from tests.engine.wire import EVENTS, Event, fields, named, text

WHISPER = {"model": "whisper-1"}
TURN = [
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
]


class Dictating:
    """A client of such a session."""

    def __init__(self, leg: MemoryLeg) -> None:
        self.leg = leg

    async def ask(self, *events: Event, seconds: float = 5.0) -> list[Event]:
        """Send, and what comes in so many (virtual) seconds."""
        for event in events:
            self.leg.send(msgspec.json.encode(event))
        found: list[Event] = []
        with trio.move_on_after(seconds):
            while True:
                found += [checked(message.data) for message in await self.leg.receive()]
        return found


def checked(data: bytes) -> Event:
    """An event, whose fields are right; the session is of another kind, and looked at elsewhere."""
    event: Event = msgspec.json.decode(data)
    if not event["type"].startswith("session."):
        fields({"type": text, "event_id": named, **EVENTS[event["type"]]})(event)
    return event


def heard(**settings: Any) -> Event:
    """An update of what is heard."""
    return {"type": "session.update", "session": {"type": "transcription", "audio": {"input": settings}}}


@asynccontextmanager
async def dictation(speech: FakeSpeech | None = None, *, deaf: bool = False) -> AsyncIterator[Dictating]:
    """A session, greeted."""
    engine = Engine(None if deaf else speech or FakeSpeech(), always(FakeBrain()), lambda: NOON)
    near, far = memory_legs()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.transcribe, far)
        client = Dictating(near)
        assert kinds(await client.ask(seconds=0.1)) == ["session.created"]
        yield client
        await near.close(1000, "bye")


async def test_what_is_committed_is_written_down(autojump_clock: MockClock) -> None:
    """An item, and its words; nobody answers, and there are no rate limits."""
    async with dictation() as client:
        events = await client.ask(heard(transcription=WHISPER, turn_detection=None), voice(), COMMIT)
    assert kinds(events) == ["session.updated", *TURN]
    assert events[-1]["transcript"] == "Hello."


async def test_turns_are_heard(autojump_clock: MockClock) -> None:
    """Each is announced, and has one id."""
    async with dictation() as client:
        events = await client.ask(heard(transcription=WHISPER), voice(), silence(), voice(), silence())
    started = every(events, "input_audio_buffer.speech_started")
    completed = every(events, "conversation.item.input_audio_transcription.completed")
    assert len(started) == len(completed) == 2
    assert {event["item_id"] for event in started} == {event["item_id"] for event in completed}  # in any order
    assert not any(kind.startswith("response.") for kind in kinds(events))


async def test_without_a_model_nothing_is_written_down(autojump_clock: MockClock) -> None:
    """It is named in an update, as there is none in the address."""
    async with dictation() as client:
        assert kinds(await client.ask(voice(), COMMIT, CLEAR)) == [
            "input_audio_buffer.speech_started",
            *TURN[:3],
            "input_audio_buffer.cleared",
        ]


async def test_what_cannot_be_recognised_is_told_so(autojump_clock: MockClock) -> None:
    """And the next turn is as any other."""
    async with dictation(FakeSpeech([EngineFailed("lost"), EngineFailed("lost")])) as client:
        off = heard(transcription=WHISPER, turn_detection=None)
        assert "conversation.item.input_audio_transcription.failed" in kinds(await client.ask(off, voice(), COMMIT))
        await client.ask(voice(), COMMIT)
        assert only(await client.ask(voice(), COMMIT), TURN[-1])["transcript"] == "Hello."


@pytest.mark.parametrize(
    "odd", [RESPOND, CANCEL, typed("Hello."), {"type": "conversation.item.delete", "item_id": "x"}]
)
async def test_all_that_is_for_conversations_is_refused(odd: Event, autojump_clock: MockClock) -> None:
    """It is told what there is instead."""
    async with dictation() as client:
        (answer,) = await client.ask(odd)
    assert answer["error"]["param"] == "type"
    assert answer["error"]["message"] == (
        f"Invalid value: '{odd['type']}'. Supported values are: session.update, input_audio_buffer.append, "
        "input_audio_buffer.commit, input_audio_buffer.clear."
    )


async def test_a_bad_update_changes_nothing(autojump_clock: MockClock) -> None:
    """All of it is discarded."""
    async with dictation() as client:
        (refused,) = await client.ask(update(instructions="Be kind."))
        assert "is not allowed" in refused["error"]["message"]
        (answer,) = await client.ask(heard())
    assert answer["session"]["audio"]["input"]["transcription"] is None


async def test_an_engine_without_ears_says_so(autojump_clock: MockClock) -> None:
    """It is a session all the same."""
    async with dictation(deaf=True) as client:
        (answer,) = await client.ask(voice())
    assert answer["error"]["code"] == "engine_missing"


async def test_a_model_goes_not_with_it(autojump_clock: MockClock) -> None:
    """Whoever names one is told so, and sent away."""
    near, far = memory_legs()
    await Engine(FakeSpeech(), always(FakeBrain()), lambda: NOON).transcribe(far, "gpt-realtime")
    (told,) = await near.receive()
    assert msgspec.json.decode(told.data)["error"]["code"] == "invalid_model"
    end = await closed(near)
    assert (end.code, end.reason) == (4000, "invalid_request_error.invalid_model")
