"""The user's side alone: audio in, turns and their events out. Virtual time."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.engine.counted import Counted
from octi.engine.hearer import MOST_UNREAD_BYTES, Hearer
from octi.engine.items import Conversation, Entry, user_voice
from octi.engine.listener import Listener
from octi.engine.listening import Listening
from octi.engine.patience import EAGERNESS
from octi.engine.share import Share
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

    def turn(self, entry: Entry) -> None:
        assert entry.content[0]["transcript"] is None
        self.kinds.append("ON TURN")

    def words(self, entry: Entry, answerable: bool) -> None:
        assert entry.role == "user"
        self.kinds.append("ON WORDS" if answerable else "ON NOISE")


@asynccontextmanager
async def hearing(
    speech: FakeSpeech, *, patience: Patience | None, transcribes: bool = True, **listening: Any
) -> AsyncIterator[tuple[Hearer, Diary]]:
    diary = Diary()
    async with trio.open_nursery() as nursery:
        yield (
            Hearer(
                Share(Counted(speech)),
                Listener(MarkedEar(), patience),
                Conversation(),
                nursery,
                diary.emit,
                on_speech=diary.speech,
                on_turn=diary.turn,
                on_words=diary.words,
                listening=Listening(patience=patience, transcribes=transcribes, **listening),
            ),
            diary,
        )
        nursery.cancel_scope.cancel(reason="heard enough")


async def hear(hearer: Hearer, *sounds: bytes, over_agent: bool = False) -> None:
    for pcm in sounds:
        await hearer.append(b64encode(pcm).decode(), over_agent=over_agent)


USUAL = Patience(silence_duration_ms=700)  # while no words are known
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
        "ON WORDS",
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
    assert diary.kinds == [*TURN, "ON WORDS"]


async def test_a_turn_without_words_is_told_as_such(autojump_clock: MockClock) -> None:
    """No delta, and an empty transcript."""
    async with hearing(FakeSpeech([""]), patience=None) as (hearer, diary):
        await hear(hearer, sound(320))
        hearer.commit()
        await hearer.wait_heard(hearer.conversation.entries)
    assert diary.kinds == [*TURN, "completed", "ON NOISE"]
    assert diary.events[-1]["transcript"] == ""


async def test_words_that_are_lost_are_told_as_lost(autojump_clock: MockClock) -> None:
    """Without `param` (protocol 5.4); the item keeps its null."""
    async with hearing(FakeSpeech([EngineFailed("gone")]), patience=None) as (hearer, diary):
        await hear(hearer, sound(320))
        hearer.commit()
        await hearer.wait_heard(hearer.conversation.entries)
        assert hearer.conversation.entries[0].wire()["content"][0]["transcript"] is None
    assert diary.kinds == [*TURN, "failed", "ON WORDS"]
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
    assert diary.kinds == ["speech_started", "ON SPEECH", *TURN, "delta", "completed", "ON WORDS"]


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
    """Where it was is told in the time of the audio, which may have stopped."""
    async with hearing(FakeSpeech(), patience=Patience()) as (hearer, diary):
        await hear(hearer, sound(3200, SILENCE))
        hearer.add_silence(1600)
        hearer.add_silence(4000)
    assert diary.kinds == ["timeout_triggered", *TURN] * 2
    spans = [(event["audio_start_ms"], event["audio_end_ms"]) for event in diary.events if "audio_end_ms" in event]
    assert spans == [(1600, 3200), (3200, 3200)]


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


async def test_what_means_nothing_is_told_as_noise(autojump_clock: MockClock) -> None:
    """The words stay as they are: whoever reads them sees what was heard."""
    async with hearing(FakeSpeech(["Um..."]), patience=Patience()) as (hearer, diary):
        await hear(hearer, sound(320), sound(640, SILENCE))
        await hearer.wait_heard(hearer.conversation.entries)
        await wait_all_tasks_blocked()
        assert hearer.conversation.entries[0].words == "Um..."
    assert diary.kinds[-3:] == ["delta", "completed", "ON NOISE"]


async def test_words_are_told_while_they_are_spoken(autojump_clock: MockClock) -> None:
    """Those that two looks agree upon, under the id that the turn will have; the rest follows, and then all of it."""
    speech = FakeSpeech(["I would", "I would lick", "I would like to", "I would like two"])
    async with hearing(speech, patience=Patience(), streams=True) as (hearer, diary):
        for _ in range(3):
            await hear(hearer, sound(640))
            await trio.sleep(0.64)
        await hear(hearer, sound(640, SILENCE))
        await hearer.wait_heard(hearer.conversation.entries)
    told = [event for event in diary.events if event["type"] == f"{TOLD}delta"]
    assert [event["delta"] for event in told] == ["I would", " like two"]
    assert {event["item_id"] for event in told} == {diary.events[0]["item_id"]}
    assert diary.kinds.index("delta") < diary.kinds.index("committed")
    assert diary.events[-1]["transcript"] == "I would like two"


async def test_words_told_too_early_are_corrected_by_the_final_ones(autojump_clock: MockClock) -> None:
    """There is no delta that takes anything back: `completed` counts."""
    speech = FakeSpeech(["We'll go", "We'll go home", "Will go home."])
    async with hearing(speech, patience=Patience(), streams=True) as (hearer, diary):
        for _ in range(2):
            await hear(hearer, sound(640))
            await trio.sleep(0.64)
        await hear(hearer, sound(640, SILENCE))
        await hearer.wait_heard(hearer.conversation.entries)
    assert diary.kinds.count("delta") == 1
    assert diary.events[-1]["transcript"] == "Will go home."


@pytest.mark.parametrize("wanted", [{"streams": False}, {"streams": True, "transcribes": False}])
async def test_nobody_looks_at_words_that_are_not_wanted_yet(
    wanted: dict[str, bool], autojump_clock: MockClock
) -> None:
    """By a model that does not stream, or without transcription."""
    speech = FakeSpeech()
    async with hearing(speech, patience=Patience(), **wanted) as (hearer, _):
        await hear(hearer, sound(3200))
        await trio.sleep(3)
    assert speech.heard == []


async def test_a_look_never_waits_beside_other_work(autojump_clock: MockClock) -> None:
    """Whoever is about to be answered comes first; a look that failed is no failure."""
    speech = FakeSpeech([EngineFailed("busy")])
    async with hearing(speech, patience=Patience(), streams=True) as (hearer, diary):
        async with trio.open_nursery() as others:
            others.start_soon(partial(hearer.speech.synthesise, "Hi", voice="ash", speed=1.0))
            await wait_all_tasks_blocked()
            await hear(hearer, sound(640))
        assert speech.heard == []
        await hear(hearer, sound(640))
        await trio.sleep(1)
    assert len(speech.heard) == 1
    assert diary.kinds == ["speech_started", "ON SPEECH"]


@pytest.mark.parametrize("end", ["clear", "commit", "silence"])
async def test_a_look_ends_with_the_turn(end: str, autojump_clock: MockClock) -> None:
    """What it would have seen is told better, or by nobody."""
    speech = FakeSpeech(["Look", "Whole"], takes_s=5)
    async with hearing(speech, patience=Patience(), streams=True) as (hearer, diary):
        await hear(hearer, sound(640))
        await wait_all_tasks_blocked()
        if end == "silence":
            await hear(hearer, sound(640, SILENCE))
        else:
            getattr(hearer, end)()
        await trio.sleep(20)
    assert speech.given_up == 1
    assert diary.kinds.count("delta") == (end != "clear")


@pytest.mark.parametrize(("words", "waits_ms"), [("I want to", 1504), ("I want to go.", 416), ("I want to go", 704)])
async def test_a_pause_is_as_long_as_its_words_suggest(words: str, waits_ms: int, autojump_clock: MockClock) -> None:
    """They are known soon after the pause began."""
    speech = FakeSpeech([words])
    async with hearing(speech, patience=Patience(silence_duration_ms=700), eagerness=EAGERNESS["auto"]) as (
        hearer,
        diary,
    ):
        await hear(hearer, sound(320))
        for _ in range(50):
            await hear(hearer, sound(32, SILENCE))
            await trio.sleep(0.032)
    stopped = next(event for event in diary.events if event["type"].endswith("speech_stopped"))
    assert stopped["audio_end_ms"] == 320 + waits_ms


async def test_another_pause_is_another_question(autojump_clock: MockClock) -> None:
    """What was read off the words before it is no longer so."""
    speech = FakeSpeech(["I want to", EngineFailed("busy"), "I want to go"])
    async with hearing(speech, patience=Patience(silence_duration_ms=700), eagerness=EAGERNESS["auto"]) as (
        hearer,
        diary,
    ):
        await hear(hearer, sound(320), sound(320, SILENCE))
        await trio.sleep(1)
        await hear(hearer, sound(320), sound(320, SILENCE))
        await trio.sleep(1)
        await hear(hearer, sound(3200, SILENCE))
    stopped = next(event for event in diary.events if event["type"].endswith("speech_stopped"))
    assert stopped["audio_end_ms"] == 320 + 320 + 320 + 704


async def test_the_telephones_sound_is_heard_as_what_it_was(autojump_clock: MockClock) -> None:
    """A byte is an eighth of a millisecond; a change of format begins with what comes next."""
    async with hearing(FakeSpeech(), patience=None, format="audio/pcmu") as (hearer, _):
        await hearer.append(b64encode(bytes(8 * 320)).decode(), over_agent=False)
        assert hearer.listener.buffered_ms == 320
        hearer.listen(Listening(patience=None))
        await hear(hearer, sound(320))
        assert hearer.listener.buffered_ms == 640


async def test_the_language_goes_with_every_sound(autojump_clock: MockClock) -> None:
    """Turns, looks and voices in items."""
    speech = FakeSpeech()
    async with hearing(speech, patience=Patience(), language="fr", streams=True) as (hearer, _):
        await hear(hearer, sound(640))
        await trio.sleep(1)
        await hear(hearer, sound(640, SILENCE))
        entry = user_voice("a")
        hearer.read(entry, {0: sound(320)})
        await hearer.wait_heard([entry])
    assert speech.languages == ["fr"] * 3


async def test_voices_in_items_are_read_one_after_the_other(autojump_clock: MockClock) -> None:
    """However many come at once: a turn's words, and whoever else has work, wait for one of them at most."""
    speech = FakeSpeech(["one", "two", "three", "Hello."], takes_s=1)
    async with hearing(speech, patience=None) as (hearer, _):
        entries = [user_voice(name) for name in "abc"]
        for entry in entries:
            hearer.read(entry, {0: sound(320)})
        await wait_all_tasks_blocked()
        assert len(speech.heard) == 1
        await hearer.wait_heard(entries)
        assert trio.current_time() == 3
    assert {entry.words for entry in entries} == {"one", "two", "three"}


async def test_so_much_voice_in_items_may_wait(autojump_clock: MockClock) -> None:
    """More is refused, with the limit; there is room again once it was read, recognised or not."""
    half = {0: bytes(MOST_UNREAD_BYTES // 2)}
    async with hearing(FakeSpeech([EngineFailed("lost")] * 99), patience=None) as (hearer, _):
        entry = user_voice("a")
        hearer.expect(half, half, param="item")
        hearer.read(entry, half)
        with pytest.raises(BadMessage, match="At most 30 MiB of audio") as caught:
            hearer.expect(half, {0: b"ab"}, param="response.input")
        assert (caught.value.param, caught.value.code) == ("response.input", "too_much_audio")
        await hearer.wait_heard([entry])
        hearer.expect(half, half, param="item")
