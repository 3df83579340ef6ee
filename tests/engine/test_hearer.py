"""The user's side alone: audio in, turns and their events out. Virtual time."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.engine.hearer import Hearer
from octi.engine.items import Conversation, user_voice
from octi.engine.listener import Listener
from octi.engine.turn_taking import Patience
from octi.errors import BadMessage, EngineFailed
from tests.engine.fakes import SILENCE, FakeSpeech, MarkedEar, marks, sound
from tests.engine.wire import Event, Order, check_event

TOLD = "conversation.item.input_audio_transcription."


@attrs.define
class Diary:
    """What a hearer tells: events and calls, in one order."""

    kinds: list[str] = attrs.field(factory=list)
    events: list[Event] = attrs.field(factory=list)
    _order: Order = attrs.field(factory=Order)

    def emit(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": f"event_{len(self.events)}", **fields}
        check_event(event)
        self._order.follow(event)
        self.events.append(event)
        self.kinds.append(kind.removeprefix("input_audio_buffer.").removeprefix(TOLD))

    def speech(self) -> None:
        self.kinds.append("ON SPEECH")

    def turn(self) -> None:
        self.kinds.append("ON TURN")


@asynccontextmanager
async def hearing(
    speech: FakeSpeech, *, patience: Patience | None, transcribes: bool = True
) -> AsyncIterator[tuple[Hearer, Diary]]:
    diary = Diary()
    async with trio.open_nursery() as nursery:
        yield (
            Hearer(
                speech,
                Listener(MarkedEar(), patience),
                Conversation(),
                nursery,
                diary.emit,
                transcribes=lambda: transcribes,
                on_speech=diary.speech,
                on_turn=diary.turn,
            ),
            diary,
        )
        nursery.cancel_scope.cancel(reason="heard enough")


async def hear(hearer: Hearer, *sounds: bytes, over_agent: bool = False) -> None:
    for pcm in sounds:
        await hearer.append(b64encode(pcm).decode(), over_agent=over_agent)


TURN = ["committed", "conversation.item.added", "conversation.item.done"]


async def test_speech_is_told_before_anybody_acts_on_it(autojump_clock: MockClock) -> None:
    """The event first, then the call: a client stops playing before the answer's end reaches it."""
    async with hearing(FakeSpeech(), patience=Patience()) as (hearer, diary):
        await hear(hearer, sound(320), sound(640, SILENCE))
        await hearer.wait_heard(hearer.conversation.entries)
    assert diary.kinds == [
        "speech_started",
        "ON SPEECH",
        "speech_stopped",
        *TURN,
        "ON TURN",
        "delta",
        "completed",
    ]


async def test_several_turns_may_come_in_one_event(autojump_clock: MockClock) -> None:
    """Each with its own id, in order, and each with its own sound."""
    speech = FakeSpeech(["One", "Two"])
    async with hearing(speech, patience=Patience(prefix_padding_ms=0)) as (hearer, _):
        await hear(hearer, (sound(320) + sound(640, SILENCE)) * 2)
        await hearer.wait_heard(hearer.conversation.entries)
        assert [entry.words for entry in hearer.conversation.entries] == ["One", "Two"]
    assert [marks(pcm) for pcm in speech.heard] == [[80] * 10 + [SILENCE] * 7] * 2


async def test_nobody_waits_for_turns_they_do_not_ask_about(autojump_clock: MockClock) -> None:
    """An answer waits for the words before it, not for those that come meanwhile."""
    async with hearing(FakeSpeech(["One", "Two"], takes_s=5), patience=None) as (hearer, _):
        await hear(hearer, sound(320))
        hearer.commit()
        await trio.sleep(3)
        await hear(hearer, sound(320))
        hearer.commit()
        first, second = hearer.conversation.entries
        await hearer.wait_heard([first, user_voice("unknown")])
        assert (trio.current_time(), first.words, second.words) == (5, "One", "")
        await hearer.wait_heard([first, second])
        assert (trio.current_time(), second.words) == (8, "Two")


async def test_words_that_nobody_wants_to_read_are_kept_all_the_same(autojump_clock: MockClock) -> None:
    """The brain needs them."""
    async with hearing(FakeSpeech(["One"]), patience=None, transcribes=False) as (hearer, diary):
        await hear(hearer, sound(320))
        hearer.commit()
        await hearer.wait_heard(hearer.conversation.entries)
        assert hearer.conversation.entries[0].words == "One"
    assert diary.kinds == TURN


async def test_a_turn_without_words_is_told_as_such(autojump_clock: MockClock) -> None:
    """No delta, and an empty transcript."""
    async with hearing(FakeSpeech([""]), patience=None) as (hearer, diary):
        await hear(hearer, sound(320))
        hearer.commit()
        await hearer.wait_heard(hearer.conversation.entries)
    assert diary.kinds == [*TURN, "completed"]
    assert diary.events[-1]["transcript"] == ""


async def test_words_that_are_lost_are_told_as_lost(autojump_clock: MockClock) -> None:
    """Without `param` (protocol 5.4); the item keeps its null."""
    async with hearing(FakeSpeech([EngineFailed("gone")]), patience=None) as (hearer, diary):
        await hear(hearer, sound(320))
        hearer.commit()
        await hearer.wait_heard(hearer.conversation.entries)
        assert hearer.conversation.entries[0].wire()["content"][0]["transcript"] is None
    assert diary.kinds == [*TURN, "failed"]
    assert set(diary.events[-1]["error"]) == {"type", "code", "message"}


async def test_a_commit_in_a_pause_takes_all_of_the_turn(autojump_clock: MockClock) -> None:
    """The guess was of less."""
    speech = FakeSpeech(["Guess", "All"])
    async with hearing(speech, patience=Patience()) as (hearer, diary):
        await hear(hearer, sound(320), sound(320, SILENCE))
        await wait_all_tasks_blocked()
        hearer.commit()
        await hearer.wait_heard(hearer.conversation.entries)
        assert hearer.conversation.entries[0].words == "All"
    assert speech.given_up == 1
    assert diary.kinds == ["speech_started", "ON SPEECH", *TURN, "delta", "completed"]


async def test_a_clear_in_a_pause_forgets_the_guess(autojump_clock: MockClock) -> None:
    """Nothing is left of the speech that was begun."""
    speech = FakeSpeech()
    async with hearing(speech, patience=Patience()) as (hearer, diary):
        await hear(hearer, sound(320), sound(320, SILENCE))
        await wait_all_tasks_blocked()
        hearer.clear()
        await hear(hearer, sound(640, SILENCE))
        assert hearer.conversation.announced is None
    assert speech.given_up == 1
    assert diary.kinds == ["speech_started", "ON SPEECH", "cleared"]


async def test_silence_can_be_a_turn(autojump_clock: MockClock) -> None:
    """What it was is told in the time of the audio, which does not begin before it did."""
    async with hearing(FakeSpeech(), patience=Patience()) as (hearer, diary):
        await hear(hearer, sound(3200, SILENCE))
        hearer.add_silence(5000)
    assert diary.kinds == ["timeout_triggered", *TURN]
    assert (diary.events[0]["audio_start_ms"], diary.events[0]["audio_end_ms"]) == (0, 3200)


async def test_voices_in_an_item_are_recognised_each_by_itself(autojump_clock: MockClock) -> None:
    """Silently; a part that is lost stays null; the microphone's sound does not mix with them."""
    speech = FakeSpeech(["One", EngineFailed("gone")])
    async with hearing(speech, patience=None) as (hearer, diary):
        entry = user_voice("a")
        entry.content = [{"type": "input_audio", "transcript": None} for _ in range(2)]
        hearer.read(entry, {0: sound(320), 1: sound(640)})
        await hear(hearer, sound(32, SILENCE))
        await hearer.wait_heard([entry])
        assert [part["transcript"] for part in entry.content] == ["One", None]
    assert [marks(pcm) for pcm in speech.heard] == [[80] * 10, [80] * 20]
    assert diary.kinds == []


async def test_bad_audio_leaves_everything_as_it_was(autojump_clock: MockClock) -> None:
    """It is refused before any of it is heard."""
    async with hearing(FakeSpeech(), patience=None) as (hearer, _):
        await hear(hearer, sound(320))
        with pytest.raises(BadMessage):
            await hearer.append(b64encode(sound(320) + b"\0").decode(), over_agent=False)
        assert hearer.listener.buffered_ms == 320
