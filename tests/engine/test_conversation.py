"""Turn taking through a whole conversation: when the agent answers, waits, keeps silent, and in which format.

The protocol's own order and everything else is in `test_server`, over the same conversation.
"""

from array import array
from base64 import b64decode, b64encode

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from trio.testing import MockClock

from octi.engine.base import Call, Say
from octi.engine.formats import open_inlet, open_outlet
from octi.engine.items import LONGEST_SOUND
from octi.engine.server import Engine
from octi.errors import EngineFailed
from octi.units import playing_time
from octi.websocket.memory import memory_legs
from tests.engine.fakes import (
    CLEAR,
    COMMIT,
    NOON,
    PUSH_TO_TALK,
    RESPOND,
    TRANSCRIBE,
    Client,
    FakeBrain,
    FakeSpeech,
    always,
    append,
    conversation,
    every,
    kinds,
    listen,
    marks,
    only,
    silence,
    sound,
    spoken_bytes,
    typed,
    update,
    voice,
)
from tests.engine.wire import Event

HEARD = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]
LONG = "One two three four five six seven eight nine ten."  # four seconds
PHONES = ["audio/pcmu", "audio/pcma"]


def streaming(model: str = "gpt-4o-mini-transcribe", **fields: object) -> Event:
    return update(audio={"input": {"transcription": {"model": model, **fields}}})


def phone(kind: str) -> Event:
    return update(audio={"input": {"format": {"type": kind}}, "output": {"format": {"type": kind}}})


# Noise


@pytest.mark.parametrize("words", ["", "Um.", "Euh..."])
async def test_what_means_nothing_is_committed_and_not_answered(words: str, autojump_clock: MockClock) -> None:
    """The item stays, with whatever was heard in it; there is no response, and the next turn is as any other."""
    brain = FakeBrain()
    async with conversation(FakeSpeech([words, "Stop."]), brain) as client:
        client.send(TRANSCRIBE, voice(320), silence())
        events = await client.pass_time(60)
        assert [kind for kind in kinds(events) if "transcription" not in kind] == ["session.updated", *HEARD]
        assert only(events, "conversation.item.input_audio_transcription.completed")["transcript"] == words
        client.send(voice(320), silence())
        assert "response.done" in kinds(await client.answered())
    assert len(brain.prompts) == 1


async def test_words_that_are_known_in_time_are_answered_at_once(autojump_clock: MockClock) -> None:
    """The answer begins with the end of the turn; else as soon as they are known."""
    for pause, begins in ((0.1, True), (0.0, False)):
        async with conversation() as client:
            await client.ask(voice(), silence(224))
            await client.pass_time(pause)
            assert ("response.created" in kinds(await client.ask(silence(320)))) == begins
            if not begins:
                assert "response.created" in kinds(await client.pass_time(0.1))


async def test_noise_does_not_silence_an_answer_that_is_owed(autojump_clock: MockClock) -> None:
    """What was said before it waits until it is known that nobody is speaking."""
    brain = FakeBrain()
    async with conversation(FakeSpeech(["Hello.", ""], takes_s=1), brain) as client:
        await client.ask(voice(), silence(512))
        assert kinds(await client.ask(voice(320))) == HEARD[:1]
        assert await client.pass_time(5) == []
        client.send(silence())
        events = await client.answered()
    assert kinds(events)[:4] == HEARD[1:]
    assert brain.prompts[0].history[0].text == "Hello."  # type: ignore[union-attr]  # a line


async def test_forgotten_speech_does_not_silence_an_answer_that_is_owed(autojump_clock: MockClock) -> None:
    """The client clears what it began."""
    async with conversation(FakeSpeech(["Hello."], takes_s=1)) as client:
        await client.ask(voice(), silence(512), voice(320))
        assert await client.pass_time(5) == []
        assert kinds(await client.ask(CLEAR))[:2] == ["input_audio_buffer.cleared", "response.created"]


async def test_two_turns_before_an_answer_are_answered_together(autojump_clock: MockClock) -> None:
    """Nobody is answered twice."""
    brain = FakeBrain()
    async with conversation(FakeSpeech(["One.", "Two."], takes_s=1), brain) as client:
        await client.ask(voice(), silence(512), voice(320), silence(512))
        events = await client.pass_time(60)
    assert len(every(events, "response.created")) == len(brain.prompts) == 1
    assert [line.text for line in brain.prompts[0].history] == ["One.", "Two."]  # type: ignore[union-attr]  # lines


async def test_a_client_that_asks_first_is_answered_once(autojump_clock: MockClock) -> None:
    """While the words of the turn are not known yet."""
    brain = FakeBrain()
    async with conversation(FakeSpeech(["One."], takes_s=1), brain) as client:
        await client.ask(voice(), silence(512))
        await client.ask(RESPOND)
        events = await client.pass_time(60)
    assert len(every(events, "response.done")) == len(brain.prompts) == 1


async def test_noise_is_nobodys_turn_and_the_silence_goes_on(autojump_clock: MockClock) -> None:
    """Whoever is silent is spoken to, coughs or not."""
    async with conversation(FakeSpeech([""]), FakeBrain([[Say("One.")], [Say("Still there?")]])) as client:
        client.send(listen(idle_timeout_ms=5000), RESPOND)
        await client.answered()
        await client.pass_time(2)
        client.send(voice(320), silence())
        events = await client.until("response.created")
        assert kinds(events)[-5:-4] == ["input_audio_buffer.timeout_triggered"]


# Silence


async def test_the_silence_is_told_where_it_was_in_the_audio(autojump_clock: MockClock) -> None:
    """From the end of playback, in milliseconds of what the client sent."""
    async with conversation(brain=FakeBrain([[Say(LONG)]])) as client:
        client.send(listen(idle_timeout_ms=5000), RESPOND)
        await client.answered()
        for _ in range(90):
            await client.ask(silence(96))
            await trio.sleep(0.096)
        events = await client.until("response.created")
    told = events[0]
    assert told["type"] == "input_audio_buffer.timeout_triggered"
    assert told["audio_start_ms"] == pytest.approx(4000, abs=100)
    assert told["audio_end_ms"] == pytest.approx(8640, abs=100)


async def test_late_news_of_an_earlier_answer_do_not_shorten_the_wait(autojump_clock: MockClock) -> None:
    """The agent is still being heard."""
    async with conversation(brain=FakeBrain([[Say("One.")], [Say(LONG)]])) as client:
        client.send(listen(idle_timeout_ms=5000), RESPOND)
        first = only(await client.answered(), "response.output_item.done")["item"]["id"]
        await client.pass_time(1)
        client.send(RESPOND)
        await client.answered()
        began = trio.current_time()
        await client.ask(
            {"type": "conversation.item.truncate", "item_id": first, "content_index": 0, "audio_end_ms": 100}
        )
        await client.until("response.created")
        assert trio.current_time() - began == pytest.approx(4 + 5, abs=0.1)


# Words while they are spoken


async def test_a_model_that_streams_tells_words_before_the_turn_is_over(autojump_clock: MockClock) -> None:
    """Under the turn's id; whisper-1 waits for its end."""
    for model, early in (("gpt-live-transcribe", True), ("gpt-4o-transcribe", True), ("whisper-1", False)):
        async with conversation(FakeSpeech(["Good", "Good morning", "Good morning."])) as client:
            events = await client.ask(streaming(model))
            for _ in range(2):
                events += await client.ask(voice(640)) + await client.pass_time(0.64)
            assert ("conversation.item.input_audio_transcription.delta" in kinds(events)) == early
            client.send(silence())
            events = await client.answered()
            told = only(events, "conversation.item.input_audio_transcription.completed")
            assert told["item_id"] == only(events, "input_audio_buffer.committed")["item_id"]


# The telephone


@pytest.mark.parametrize("kind", PHONES)
async def test_the_telephone_is_heard_and_spoken_to(kind: str, autojump_clock: MockClock) -> None:
    """A byte is an eighth of a millisecond, everywhere: in turns, in the voice, and where it is cut."""
    speech = FakeSpeech()
    encode = open_outlet(kind)
    said = encode(array("h", [80] * 24 * 640).tobytes()) + encode(bytes(48 * 640))
    async with conversation(speech, FakeBrain([[Say(LONG)]])) as client:
        (shown,) = await client.ask(phone(kind))
        assert shown["session"]["audio"]["output"]["format"] == {"type": kind}
        for start in range(0, len(said), 160):
            client.send({"type": "input_audio_buffer.append", "audio": b64encode(said[start : start + 160]).decode()})
        events = await client.answered()
        assert 0 <= only(events, "input_audio_buffer.speech_stopped")["audio_end_ms"] - 640 - 512 <= 64
        assert spoken_bytes(events) == 4000 * 8
        response = only(events, "response.done")["response"]
        assert response["audio"]["output"]["format"] == {"type": kind}
        assert response["usage"]["output_token_details"]["audio_tokens"] == 4000 // 50
        item = response["output"][0]["id"]
        cut = {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 4001}
        assert "4000ms is already shorter" in (await client.refused(cut))["message"]
    assert playing_time(48 * 640) == 640
    assert sum(mark > 40 for mark in marks(speech.heard[0])) in range(19, 23)


async def test_what_the_telephone_hears_is_what_was_said(autojump_clock: MockClock) -> None:
    """The fake's voice is a constant: so is what comes out of the codec."""
    async with conversation() as client:
        await client.ask(update(audio={"output": {"format": {"type": "audio/pcmu"}}}))
        client.send(RESPOND)
        events = await client.answered()
    deltas = b"".join(b64decode(event["delta"]) for event in every(events, "response.output_audio.delta"))
    samples = array("h", open_inlet("audio/pcmu")(deltas))
    assert set(samples[100:]) <= set(range(70, 90))


async def test_one_answer_may_have_a_format_of_its_own(autojump_clock: MockClock) -> None:
    """The session's stays."""
    async with conversation() as client:
        wish = {"audio": {"output": {"format": {"type": "audio/pcma"}}}}
        client.send({"type": "response.create", "response": wish})
        assert spoken_bytes(await client.answered()) == 800 * 8
        client.send(RESPOND)
        assert spoken_bytes(await client.answered()) == 800 * 48


# Limits


async def test_an_answer_is_no_longer_than_its_tokens(autojump_clock: MockClock) -> None:
    """It ends as incomplete, with the reason; the next one is as long as it may be."""
    async with conversation(brain=FakeBrain([[Say(LONG), Say("Eleven.")]] * 2)) as client:
        await client.ask(update(max_output_tokens=50))
        client.send(RESPOND)
        events = await client.answered()
        response = only(events, "response.done")["response"]
        assert response["status"] == "incomplete"
        assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
        assert response["usage"]["output_tokens"] <= 50
        (said,) = response["output"]
        assert said["status"] == "incomplete"
        assert LONG.startswith(said["content"][0]["transcript"])
        assert playing_time(spoken_bytes(events)) // 50 == response["usage"]["output_token_details"]["audio_tokens"]
        client.send({"type": "response.create", "response": {"max_output_tokens": "inf"}})
        assert only(await client.answered(), "response.done")["response"]["status"] == "completed"


# Language


async def test_a_session_speaks_the_language_it_is_transcribed_in(autojump_clock: MockClock) -> None:
    """Heard, thought and spoken; another one than these is refused by its name, and changes nothing."""
    speech, brain = FakeSpeech(), FakeBrain()
    async with conversation(speech, brain) as client:
        error = await client.refused(streaming("whisper-1", language="de") | {"event_id": "mine"})
        assert (error["param"], error["code"]) == ("session.audio.input.transcription.language", "invalid_value")
        assert error["event_id"] == "mine"
        assert error["message"] == "Invalid value: 'de'. Supported values are: 'en', 'fr'."
        await client.ask(streaming("whisper-1", language="fr"))
        client.send(voice(), silence())
        await client.answered()
        await client.ask(update(audio={"input": {"transcription": None}}))
        client.send(RESPOND)
        await client.answered()
    assert speech.languages == ["fr", "fr", "en"]
    assert [prompt.language for prompt in brain.prompts] == ["fr", "en"]


async def test_an_engine_has_a_language_of_its_own(autojump_clock: MockClock) -> None:
    """For sessions that name none."""
    near, far = memory_legs()
    brain = FakeBrain()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            Engine(FakeSpeech(), always(brain), lambda: NOON, language="fr").converse, far, "gpt-realtime"
        )
        client = Client(near)
        client.send(RESPOND)
        await client.answered()
        await near.close(1000, "")
    assert brain.prompts[0].language == "fr"


# Anything at all

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = """
    type model output_modalities instructions audio input output format rate transcription language turn_detection
    threshold silence_duration_ms idle_timeout_ms eagerness voice id speed tools tool_choice max_output_tokens
    tracing truncation include noise_reduction prompt create_response interrupt_response
"""
NAMES = some.sampled_from(FIELDS.split())
VALUES = some.sampled_from(
    ["realtime", "server_vad", "semantic_vad", "audio/pcm", "audio/pcmu", "audio/pcma", "fr", "low", "inf", 24000, None]
)
TREE = some.recursive(
    VALUES | JSON, lambda inner: some.dictionaries(NAMES, inner, max_size=5) | some.lists(inner, max_size=2)
)
SESSION = some.builds(
    lambda fields, sound: {"type": "realtime", **fields, **({"audio": sound} if sound else {})},
    some.dictionaries(NAMES, TREE, max_size=4),
    some.none() | some.dictionaries(some.sampled_from(["input", "output"]), some.dictionaries(NAMES, TREE, max_size=4)),
)
UPDATE = some.builds(lambda session: {"type": "session.update", "session": session}, SESSION | JSON)
SQUARE = some.integers(0, 65_535).map(lambda sample: sample.to_bytes(2, "little") * 9000)
NOISE = some.builds(
    lambda pcm: {"type": "input_audio_buffer.append", "audio": b64encode(pcm).decode()},
    some.binary(max_size=20_000) | SQUARE,
)
RUBBISH = some.builds(
    lambda text: {"type": "input_audio_buffer.append", "audio": text},
    some.text() | some.text(alphabet="AB+/=", max_size=40) | JSON,
)
FORMAT = some.sampled_from([phone(kind) for kind in (*PHONES, "audio/pcm")])
EVENTS = some.lists(
    some.one_of(UPDATE, NOISE, NOISE, RUBBISH, FORMAT, some.sampled_from([COMMIT, CLEAR, RESPOND, voice(), silence()])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(EVENTS)
def test_whatever_is_sent_is_done_or_refused_and_the_conversation_goes_on(script: list[Event]) -> None:
    """Errors name code and event; of what is wrong inside a session or a sound, the field as well."""

    async def scenario() -> None:
        async with conversation(FakeSpeech(), FakeBrain()) as client:
            for number, event in enumerate(script):
                for told in every(await client.ask({**event, "event_id": f"mine_{number}"}), "error"):
                    body = told["error"]
                    assert body["event_id"] == f"mine_{number}"
                    assert body["code"]
                    assert body["message"]
                    if event["type"] == "input_audio_buffer.append":
                        assert body["param"] == "audio"
                    if event["type"] == "session.update" and body["param"]:
                        assert body["param"].startswith("session")
                await client.pass_time(0.1)
            await client.ask(PUSH_TO_TALK, typed("Still there?"))
            assert kinds(await client.ask(update()))[-1] == "session.updated"

    trio.run(scenario, clock=MockClock(autojump_threshold=0))


async def test_minutes_in_one_event_are_heard_and_more_is_refused(autojump_clock: MockClock) -> None:
    """15 MiB: five minutes, or half an hour of a telephone's; whatever is in it."""
    async with conversation(FakeSpeech()) as client:
        await client.ask(PUSH_TO_TALK)
        assert await client.ask({"type": "input_audio_buffer.append", "audio": "A" * LONGEST_SOUND}) == []
        error = await client.refused({"type": "input_audio_buffer.append", "audio": "A" * (LONGEST_SOUND + 4)})
        assert (error["code"], error["param"]) == ("string_above_max_length", "audio")
        assert kinds(await client.ask(COMMIT)) == HEARD[2:]


async def test_a_recogniser_that_fails_at_a_look_loses_nothing(autojump_clock: MockClock) -> None:
    """The words that count are asked for in earnest."""
    speech = FakeSpeech([EngineFailed("busy"), "Hello."])
    async with conversation(speech, FakeBrain([[Call("f", {})]])) as client:
        await client.ask(streaming(), voice(640))
        await client.pass_time(1)
        client.send(append(sound(640, 0)))
        events = await client.answered()
    assert only(events, "conversation.item.input_audio_transcription.completed")["transcript"] == "Hello."
