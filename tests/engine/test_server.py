"""The engine's side of a leg, event by event, over memory legs and on virtual time.

Each event that a test reads is checked for its fields and its place as well: see `tests.engine.wire`.
"""

from base64 import b64encode
from collections.abc import Sequence

import msgspec
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.engine.base import Call, Called, Line, Say
from octi.engine.conversation import MOST_ANSWERS
from octi.engine.server import Engine
from octi.errors import EngineFailed
from octi.units import playing_time
from octi.websocket.memory import memory_legs
from tests.cuts import Cut, cut_everywhere
from tests.engine.fakes import (
    CANCEL,
    CLEAR,
    COMMIT,
    HANG_S,
    HUNG,
    NOON,
    PUSH_TO_TALK,
    RESPOND,
    TRANSCRIBE,
    Client,
    FakeBrain,
    FakeSpeech,
    Piece,
    always,
    append,
    closed,
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
SPOKEN = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio*.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]
WRITTEN = [
    *SPOKEN[:4],
    "response.output_text.delta",
    "response.output_text.done",
    *SPOKEN[7:],
]
CALLED = [
    *SPOKEN[:3],
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    *SPOKEN[8:],
]
IN_TEXT = {"type": "response.create", "response": {"output_modalities": ["text"]}}
LONG = "One two three four five six seven eight nine ten."  # four seconds


def say(*sentences: str) -> list[Say]:
    return [Say(sentence) for sentence in sentences]


# The order of protocol 4.4


async def test_a_spoken_turn_runs_in_the_order_of_the_wire(autojump_clock: MockClock) -> None:
    """Voice, then an answer by itself; one id for the turn, one for the answer, each with what stands before it."""
    async with conversation(brain=FakeBrain([say("Good morning.", "How are you?")])) as client:
        client.send(voice(), silence())
        events = await client.answered()
    assert kinds(events) == [*HEARD, *SPOKEN]
    turn, answer = every(events, "conversation.item.added")
    assert {event["item_id"] for event in events if event["type"].startswith("input_audio")} == {turn["item"]["id"]}
    assert turn["previous_item_id"] is only(events, "input_audio_buffer.committed")["previous_item_id"] is None
    assert turn["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert turn["item"]["status"] == "completed"
    assert answer["previous_item_id"] == turn["item"]["id"]
    assert answer["item"]["content"] == []
    assert {event["item_id"] for event in events if "output_index" in event and "item_id" in event} == {
        answer["item"]["id"]
    }
    response = only(events, "response.done")["response"]
    assert {event["response_id"] for event in events if "response_id" in event} == {response["id"]}
    assert response["status"] == "completed"
    (said,) = response["output"]
    assert said["content"] == [{"type": "output_audio", "transcript": "Good morning. How are you?"}]
    assert response["conversation_id"].startswith("conv_")


async def test_a_turn_of_push_to_talk_is_committed_and_then_answered_on_request(autojump_clock: MockClock) -> None:
    """Without turn detection nothing happens by itself; a commit asks for no answer."""
    async with conversation() as client:
        assert kinds(await client.ask(PUSH_TO_TALK)) == ["session.updated"]
        events = await client.ask(CLEAR, voice(), silence(), voice(), COMMIT)
        assert kinds(events) == ["input_audio_buffer.cleared", *HEARD[2:]]
        client.send(RESPOND)
        assert kinds(await client.answered()) == SPOKEN


async def test_a_typed_turn_is_answered_in_writing(autojump_clock: MockClock) -> None:
    """The parts are text, and so are the deltas."""
    async with conversation() as client:
        events = await client.ask(typed("Hi"), IN_TEXT)
    assert kinds(events) == ["conversation.item.added", "conversation.item.done", *WRITTEN]
    assert only(events, "response.content_part.done")["part"] == {"type": "text", "text": "Yes indeed."}
    (said,) = only(events, "response.done")["response"]["output"]
    assert said["content"] == [{"type": "output_text", "text": "Yes indeed."}]
    assert only(events, "response.done")["response"]["output_modalities"] == ["text"]


async def test_a_function_is_called_and_its_result_is_spoken(autojump_clock: MockClock) -> None:
    """The call's item bears name and call_id from its first event on; its output is an item like any other."""
    brain = FakeBrain([[Call("weather", {"city": "Oslo"})], say("It rains.")])
    async with conversation(brain=brain) as client:
        client.send(typed("Weather?"), RESPOND)
        events = (await client.answered())[2:]
        assert kinds(events) == CALLED
        call = only(events, "response.output_item.added")["item"]
        assert (call["name"], call["arguments"], call["status"]) == ("weather", "", "in_progress")
        done = only(events, "response.function_call_arguments.done")
        assert msgspec.json.decode(done["arguments"]) == {"city": "Oslo"}
        assert only(events, "response.function_call_arguments.delta")["delta"] == done["arguments"]
        assert only(events, "response.done")["response"]["output"] == [
            only(events, "response.output_item.done")["item"]
        ]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"rain":1}'}
        events = await client.ask({"type": "conversation.item.create", "item": result})
        assert kinds(events) == ["conversation.item.added", "conversation.item.done"]
        assert events[0]["item"].items() >= result.items()
        client.send(RESPOND)
        assert kinds(await client.answered()) == SPOKEN
    assert brain.prompts[1].history[-1] == Called(call["call_id"], "weather", {"city": "Oslo"}, '{"rain":1}')


async def test_words_and_calls_share_a_response(autojump_clock: MockClock) -> None:
    """Each is an item of its own, closed before the next one opens."""
    brain = FakeBrain([[Say("One moment."), Call("a", {}), Call("b", {}), Say("Done.")]])
    async with conversation(brain=brain) as client:
        client.send(RESPOND)
        events = await client.answered()
    assert [event["output_index"] for event in every(events, "response.output_item.done")] == [0, 1, 2, 3]
    output = only(events, "response.done")["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "function_call", "message"]
    assert output[3]["content"][0]["transcript"] == "Done."  # no space left over from the first


async def test_a_user_who_speaks_cuts_the_answer(autojump_clock: MockClock) -> None:
    """speech_started first, then what the answer had open, then its end; and then the new turn as any other."""
    brain = FakeBrain([[Say(LONG), 60.0]])
    async with conversation(brain=brain) as client:
        client.send(voice(), silence())
        await client.until("response.output_audio.delta")
        await client.pass_time(1)
        client.send(voice(), silence())
        events = await client.answered()
        assert kinds(events) == [
            "input_audio_buffer.speech_started",
            *SPOKEN[5:],
        ]
        response = only(events, "response.done")["response"]
        assert response["status"] == "cancelled"
        assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert [item["status"] for item in response["output"]] == ["incomplete"]
        assert only(events, "response.output_item.done")["item"]["status"] == "incomplete"
        assert kinds(await client.answered()) == [*HEARD[1:], *SPOKEN]


async def test_a_client_cancels_the_answer(autojump_clock: MockClock) -> None:
    """What is open is closed as incomplete; the end counts what was said."""
    async with conversation(brain=FakeBrain([[Say("Let me think."), 60.0]])) as client:
        client.send(RESPOND)
        await client.pass_time(1)
        events = await client.ask(CANCEL)
        assert kinds(events) == SPOKEN[5:]
        response = only(events, "response.done")["response"]
        assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        assert response["usage"]["output_token_details"]["audio_tokens"] == 1200 // 50
        assert await client.pass_time(100) == []


async def test_an_answer_cancelled_before_it_says_a_word_has_no_items(autojump_clock: MockClock) -> None:
    """Nothing is opened after the end, even when both requests came at once and the brain never waits."""
    async with conversation() as client:
        events = await client.ask(IN_TEXT, CANCEL)
        assert kinds(events) == ["response.created", "response.done", "rate_limits.updated"]
        assert only(events, "response.done")["response"]["output"] == []


async def test_an_answer_out_of_band_leaves_no_trace(autojump_clock: MockClock) -> None:
    """No event of the conversation, no conversation's id, the metadata as it came."""
    brain = FakeBrain()
    wish = {"conversation": "none", "metadata": {"client_event_id": "x1"}, "input": [typed("Classify")["item"]]}
    async with conversation(brain=brain) as client:
        client.send(typed("Hi"), {"type": "response.create", "response": wish})
        events = (await client.answered())[2:]
        assert kinds(events) == [kind for kind in SPOKEN if not kind.startswith("conversation")]
        for kind in ("response.created", "response.done"):
            assert only(events, kind)["response"]["conversation_id"] is None
            assert only(events, kind)["response"]["metadata"] == {"client_event_id": "x1"}
        (said,) = only(events, "response.done")["response"]["output"]
        unknown = await client.refused({"type": "conversation.item.retrieve", "item_id": said["id"]})
        assert unknown["code"] == "item_retrieve_invalid_item_id"
    assert brain.prompts[0].history == (Line("user", "Classify"),)


async def test_an_answer_out_of_band_runs_beside_the_conversations(autojump_clock: MockClock) -> None:
    """It is cancelled by its id, and an interruption leaves it alone."""
    brain = FakeBrain([[60.0, Say("Late.")], [Say(LONG), 60.0]])
    async with conversation(brain=brain) as client:
        (aside,) = await client.ask({"type": "response.create", "response": {"conversation": "none"}})
        client.send(RESPOND)
        await client.pass_time(1)
        assert kinds(await client.ask(voice(320)))[-2:] == ["response.done", "rate_limits.updated"]
        events = await client.ask(CANCEL | {"response_id": aside["response"]["id"]})
        assert only(events, "response.done")["response"]["id"] == aside["response"]["id"]


async def test_a_response_may_bring_its_own_input(autojump_clock: MockClock) -> None:
    """References and new items in place of the conversation; [] is nothing at all."""
    brain = FakeBrain()
    reference = {"type": "item_reference", "id": "one"}
    async with conversation(brain=brain) as client:
        await client.ask(typed("First", id="one"), typed("Second"))
        wish = {"input": [reference, typed("Third")["item"]], "instructions": "Be brief.", "tool_choice": "none"}
        client.send({"type": "response.create", "response": wish})
        await client.answered()
        client.send({"type": "response.create", "response": {"input": []}})
        await client.answered()
        missing = await client.refused({"type": "response.create", "response": {"input": [reference | {"id": "two"}]}})
        assert missing["code"] == "item_retrieve_invalid_item_id"
    assert brain.prompts[0].history == (Line("user", "First"), Line("user", "Third"))
    assert (brain.prompts[0].instructions, brain.prompts[0].tool_choice) == ("Be brief.", "none")
    assert brain.prompts[1].history == ()


async def test_an_answer_is_to_what_was_there_when_it_was_asked_for(autojump_clock: MockClock) -> None:
    """A line that is added behind the request is for the next one."""
    brain = FakeBrain()
    async with conversation(brain=brain) as client:
        client.send(typed("First"), RESPOND, typed("Second"))
        await client.answered()
    assert brain.prompts[0].history == (Line("user", "First"),)


# Turn detection


async def test_the_times_of_a_turn_are_those_of_its_audio(autojump_clock: MockClock) -> None:
    """It begins with the padding and ends behind the silence that ended it."""
    speech = FakeSpeech()
    async with conversation(speech) as client:
        client.send(silence(1600), voice(640), silence(960))
        events = await client.answered()
    assert only(events, "input_audio_buffer.speech_started")["audio_start_ms"] == 1600 - 300
    assert only(events, "input_audio_buffer.speech_stopped")["audio_end_ms"] == 1600 + 640 + 512
    assert (
        marks(speech.heard[0]) == [0] * 10 + [80] * 20 + [0] * 7
    )  # guessed after 224 ms of silence: 500 are 16 frames


@pytest.mark.parametrize(("padding", "frames"), [(0, 0), (32, 1), (500, 16), (1000, 32)])
async def test_the_padding_is_part_of_what_is_recognised(padding: int, frames: int, autojump_clock: MockClock) -> None:
    """prefix_padding_ms: not a millisecond of it is missing."""
    speech = FakeSpeech()
    async with conversation(speech) as client:
        client.send(listen(prefix_padding_ms=padding), silence(3200), voice(320), silence())
        events = await client.answered()
    assert only(events, "input_audio_buffer.speech_started")["audio_start_ms"] == 3200 - padding
    assert marks(speech.heard[0])[: frames + 1] == [0] * frames + [80]


async def test_the_padding_ends_where_the_turn_before_ended(autojump_clock: MockClock) -> None:
    """No sound is in two turns."""
    async with conversation() as client:
        client.send(listen(silence_duration_ms=200, create_response=False))
        events = await client.ask(voice(320), silence(224), voice(320), silence(320))
    (first, second), (end, _) = (every(events, HEARD[0]), every(events, HEARD[1]))
    assert end["audio_end_ms"] == second["audio_start_ms"] == 544
    assert first["audio_start_ms"] == 0


@pytest.mark.parametrize(("threshold", "speech", "heard"), [(0.5, 50, True), (0.5, 48, False), (0.9, 80, False)])
async def test_the_threshold_is_how_likely_speech_has_to_be(
    threshold: float, speech: int, *, heard: bool, autojump_clock: MockClock
) -> None:
    """threshold: at or above it."""
    async with conversation() as client:
        events = await client.ask(listen(threshold=threshold), append(sound(640, speech)))
        assert ("input_audio_buffer.speech_started" in kinds(events)) == heard


@pytest.mark.parametrize("silence_ms", [0, 200, 500, 2000])
async def test_the_turn_ends_after_the_silence_asked_for(silence_ms: int, autojump_clock: MockClock) -> None:
    """silence_duration_ms, in whole frames of 32 ms."""
    async with conversation() as client:
        client.send(listen(silence_duration_ms=silence_ms), voice(320), silence(3200))
        events = await client.answered()
    ended_ms = only(events, "input_audio_buffer.speech_stopped")["audio_end_ms"] - 320
    assert silence_ms <= ended_ms <= silence_ms + 32


async def test_a_turn_may_go_unanswered(autojump_clock: MockClock) -> None:
    """create_response false: the client asks."""
    async with conversation() as client:
        client.send(listen(create_response=False))
        assert kinds(await client.ask(voice(), silence())) == ["session.updated", *HEARD]
        assert await client.pass_time(60) == []


async def test_an_answer_that_must_not_be_interrupted_goes_on_and_the_next_is_owed(autojump_clock: MockClock) -> None:
    """interrupt_response false: the turn is heard and kept, and answered when the active answer is over."""
    brain = FakeBrain([[Say("First."), 5.0, Say("Still first.")], say("Second.")])
    async with conversation(FakeSpeech(["One.", "Two."]), brain) as client:
        client.send(listen(interrupt_response=False), voice(), silence())
        await client.pass_time(2)
        assert kinds(await client.ask(voice(), silence())) == HEARD
        first = only(await client.answered(), "response.done")["response"]
        assert first["status"] == "completed"
        assert first["output"][0]["content"][0]["transcript"] == "First. Still first."
        assert kinds(await client.answered()) == SPOKEN
    assert {Line("user", "One."), Line("user", "Two.")} <= set(brain.prompts[1].history)
    assert len(brain.prompts) == 2


async def test_an_owed_answer_is_forgotten_when_the_user_interrupts(autojump_clock: MockClock) -> None:
    """What they say now is answered together with it; nobody speaks over them."""
    brain = FakeBrain([[Say("First."), 60.0]])
    async with conversation(brain=brain) as client:
        client.send(listen(interrupt_response=False), voice(), silence())
        await client.pass_time(5)
        await client.ask(voice(), silence(), listen(interrupt_response=True))
        events = await client.ask(voice())
        assert kinds(events)[-2:] == ["response.done", "rate_limits.updated"]


async def test_shorter_sounds_are_no_speech_while_the_agent_is_heard(autojump_clock: MockClock) -> None:
    """Its own echo would cut it: 200 ms are needed, against 128 when it is silent."""
    async with conversation(brain=FakeBrain([say(LONG)])) as client:
        client.send(RESPOND)
        await client.answered()  # 4 s of voice, sent at once
        await client.pass_time(3)
        assert await client.ask(voice(192), silence(320)) == []
        client.send(voice(224), silence())
        assert kinds(await client.answered()) == [*HEARD, *SPOKEN]
    async with conversation(brain=FakeBrain([say(LONG)])) as client:
        client.send(RESPOND)
        await client.answered()
        await client.pass_time(5)
        assert await client.ask(voice(96), silence(320)) == []
        assert kinds(await client.ask(voice(128))) == HEARD[:1]


async def test_an_agent_that_was_interrupted_is_heard_no_longer(autojump_clock: MockClock) -> None:
    """Whoever plays it stops: the next word need not be longer than usual."""
    async with conversation(brain=FakeBrain([say(LONG)])) as client:
        await client.ask(listen(create_response=False))
        client.send(RESPOND)
        await client.answered()
        assert kinds(await client.ask(voice(), silence())) == HEARD
        assert kinds(await client.ask(voice(128))) == HEARD[:1]


async def test_a_guess_is_thrown_away_when_the_user_goes_on(autojump_clock: MockClock) -> None:
    """Recognition starts in the pause; what counts is the whole turn."""
    speech = FakeSpeech(["Half", "The whole"], takes_s=0.5)
    brain = FakeBrain()
    async with conversation(speech, brain) as client:
        await client.ask(voice(), silence(320))
        assert len(speech.heard) == 1
        await client.ask(voice(320))
        assert speech.given_up == 1
        client.send(silence())
        await client.answered()
    assert brain.prompts[0].history == (Line("user", "The whole"),)
    assert len(marks(speech.heard[1])) > len(marks(speech.heard[0]))


async def test_a_guess_that_holds_saves_the_time_it_took(autojump_clock: MockClock) -> None:
    """Recognition runs once, and is over when the silence is long enough."""
    speech = FakeSpeech(takes_s=0.25)
    async with conversation(speech) as client:
        await client.ask(voice(), silence(224))
        await client.pass_time(0.3)
        began_at = trio.current_time()
        client.send(silence(320))
        await client.until("response.output_audio.delta")
        assert trio.current_time() - began_at == pytest.approx(0.02)  # the synthesis
    assert len(speech.heard) == 1


async def test_a_guess_that_failed_is_tried_again_in_earnest(autojump_clock: MockClock) -> None:
    """The pool may only have been busy."""
    speech = FakeSpeech([EngineFailed("busy"), "Hello."])
    brain = FakeBrain()
    async with conversation(speech, brain) as client:
        await client.ask(voice(), silence(224))
        await client.pass_time(0.1)
        client.send(silence())
        await client.answered()
    assert brain.prompts[0].history == (Line("user", "Hello."),)


async def test_a_long_turn_is_recognised_in_pieces_cut_where_it_is_quiet(autojump_clock: MockClock) -> None:
    """No piece is too long for the recogniser, and no word is cut in two."""
    speech = FakeSpeech(["One", "two", "three."])
    brain = FakeBrain()
    async with conversation(speech, brain) as client:
        parts = [
            append(sound(25_600)),
            append(sound(64, 40)),
            append(sound(25_600)),
            append(sound(64, 40)),
            voice(3200),
        ]
        client.send(listen(prefix_padding_ms=0), *parts, silence())
        await client.answered()
    assert [marks(pcm)[-1] for pcm in speech.heard[:2]] == [40, 40]
    assert brain.prompts[0].history == (Line("user", "One two three."),)


async def test_a_silent_user_is_spoken_to_when_the_agents_voice_has_been_heard(autojump_clock: MockClock) -> None:
    """idle_timeout_ms counts from the end of playback (trap 36); an empty turn stands for the silence."""
    async with conversation(brain=FakeBrain([say(LONG), say("Still there?")])) as client:
        client.send(listen(idle_timeout_ms=6000), RESPOND)
        await client.answered()
        sent_at = trio.current_time()
        events = await client.until("response.created")
        assert trio.current_time() - sent_at == pytest.approx(4.0 + 6.0)
        assert kinds(events) == ["input_audio_buffer.timeout_triggered", *HEARD[2:], "response.created"]
        assert len({event["item_id"] for event in events[:2]} | {events[2]["item"]["id"]}) == 1
        await client.answered()
        await client.answered()  # and again, for as long as nobody speaks


async def test_a_user_who_speaks_is_not_prompted(autojump_clock: MockClock) -> None:
    """The wait ends when speech begins, and begins anew behind the next answer."""
    async with conversation() as client:
        client.send(listen(idle_timeout_ms=5000), RESPOND)
        await client.answered()
        await client.pass_time(4)
        assert kinds(await client.ask(voice())) == HEARD[:1]
        assert await client.pass_time(60) == []
        client.send(silence())
        assert kinds(await client.answered()) == [*HEARD[1:], *SPOKEN]
        assert (await client.until("response.created"))[0]["type"] == "input_audio_buffer.timeout_triggered"


async def test_a_user_who_has_spoken_is_not_prompted(autojump_clock: MockClock) -> None:
    """Even where no answer comes by itself: it is not they who are silent."""
    async with conversation() as client:
        client.send(listen(idle_timeout_ms=5000, create_response=False), RESPOND)
        await client.answered()
        await client.pass_time(4)
        assert kinds(await client.ask(voice(), silence())) == HEARD
        assert await client.pass_time(60) == []


async def test_the_wait_for_the_user_begins_where_playback_was_stopped(autojump_clock: MockClock) -> None:
    """Whoever truncates an answer has stopped playing it."""
    async with conversation(brain=FakeBrain([say(LONG)])) as client:
        client.send(listen(idle_timeout_ms=5000), RESPOND)
        item = only(await client.answered(), "response.output_item.done")["item"]
        await client.pass_time(1)
        await client.ask(truncated(item["id"], 1000))
        stopped_at = trio.current_time()
        await client.until("response.created")
        assert trio.current_time() - stopped_at == pytest.approx(5.0)


async def test_a_timeout_that_was_taken_back_prompts_nobody(autojump_clock: MockClock) -> None:
    """idle_timeout_ms null, or no turn detection at all."""
    async with conversation() as client:
        client.send(listen(idle_timeout_ms=5000), RESPOND)
        await client.answered()
        await client.ask(listen(idle_timeout_ms=None))
        assert await client.pass_time(60) == []


@pytest.mark.parametrize(
    ("eagerness", "words", "waits_ms"),
    [
        ("high", "That is all.", 320),
        ("medium", "That is all.", 416),
        ("auto", "That is all.", 416),
        ("low", "That is all.", 800),
        ("high", "My number is five five five", 1024),
        ("auto", "I would like a", 1504),
        ("low", "It is, um,", 2016),
    ],
)
async def test_eagerness_is_how_long_semantic_detection_waits(
    eagerness: str, words: str, waits_ms: int, autojump_clock: MockClock
) -> None:
    """For what sounds finished, and for what does not; it can be switched on in mid-session, and is shown."""
    async with conversation(FakeSpeech([words])) as client:
        detection = {"type": "semantic_vad", "eagerness": eagerness}
        (shown,) = await client.ask(update(audio={"input": {"turn_detection": detection}}))
        assert shown["session"]["audio"]["input"]["turn_detection"]["eagerness"] == eagerness
        client.send(voice(320), *[silence(32)] * 7)
        await client.pass_time(0.1)
        client.send(silence(1920))
        events = await client.answered()
    assert only(events, "input_audio_buffer.speech_stopped")["audio_end_ms"] == 320 + waits_ms


# The audio buffer by hand


async def test_a_commit_of_nothing_is_refused_in_the_providers_words(autojump_clock: MockClock) -> None:
    """Clients match on code and text."""
    async with conversation() as client:
        await client.ask(PUSH_TO_TALK)
        for sent, has in ((0, "0.00"), (99, "99.00")):
            if sent:
                await client.ask(voice(sent))
            error = await client.refused(COMMIT | {"event_id": "mine"})
            assert error["code"] == "input_audio_buffer_commit_empty"
            assert error["message"] == (
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {has}ms of audio."
            )
            assert error["event_id"] == "mine"


async def test_just_enough_audio_can_be_committed_and_only_once(autojump_clock: MockClock) -> None:
    """100 ms are enough, though no whole number of the ear's frames; what was committed is gone."""
    async with conversation() as client:
        await client.ask(PUSH_TO_TALK)
        assert kinds(await client.ask(voice(100), COMMIT)) == HEARD[2:]
        assert "0.00ms" in (await client.refused(COMMIT))["message"]
        assert kinds(await client.ask(voice(100), COMMIT)) == HEARD[2:]


async def test_what_was_cleared_is_not_committed(autojump_clock: MockClock) -> None:
    """Nor announced: a speech that was begun is forgotten."""
    async with conversation() as client:
        started, cleared = await client.ask(voice(), CLEAR)
        assert cleared["type"] == "input_audio_buffer.cleared"
        assert (await client.refused(COMMIT))["code"] == "input_audio_buffer_commit_empty"
        assert await client.ask(silence()) == []
        await client.ask(PUSH_TO_TALK)
        (committed, *_) = await client.ask(voice(), COMMIT)
        assert committed["item_id"] != started["item_id"]


async def test_a_speech_that_was_announced_can_be_committed_by_hand(autojump_clock: MockClock) -> None:
    """In mid-speech, or after turn detection was switched off in it: under its id, once."""
    for switch in ([], [PUSH_TO_TALK]):
        async with conversation() as client:
            started, *_, committed, _, done = await client.ask(voice(), *switch, COMMIT)
            assert started["item_id"] == committed["item_id"] == done["item"]["id"]
            *_, again = await client.ask(PUSH_TO_TALK, voice(), COMMIT)
            assert again["item"]["id"] != started["item_id"]


async def test_the_id_of_an_announced_turn_is_taken(autojump_clock: MockClock) -> None:
    """A client cannot put an item of its own in the turn's place."""
    async with conversation() as client:
        (started,) = await client.ask(voice())
        error = await client.refused(typed("Me first", id=started["item_id"]))
        assert error["code"] == "item_create_duplicate_item_id"
        assert kinds(await client.ask(silence()))[: len(HEARD) - 1] == HEARD[1:]


async def test_what_is_no_audio_is_refused(autojump_clock: MockClock) -> None:
    """Nothing, half a sample, no base64; none of it changes what is heard."""
    async with conversation() as client:
        for audio in ("", "AAAA", "%%%", "ü"):
            error = await client.refused({"type": "input_audio_buffer.append", "audio": audio})
            assert (error["code"], error["param"]) == ("invalid_value", "audio")
            assert error["message"].startswith("Invalid 'audio'. Expected base64-encoded audio bytes")
        assert (await client.refused({"type": "input_audio_buffer.append"}))["code"] == "missing_required_parameter"
        client.send(voice(), silence())
        assert kinds(await client.answered()) == [*HEARD, *SPOKEN]


async def test_others_are_served_while_much_audio_is_heard(autojump_clock: MockClock) -> None:
    """A minute in one event is heard in strides, with everybody else's turn in between."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery, conversation() as client:
        client.send(silence(60_000), {"type": "conversation.item.retrieve", "item_id": "none"})
        nursery.start_soon(others)
        await client.next("error")
        assert turns > 100
        nursery.cancel_scope.cancel(reason="seen enough")
    # the cancel ends the conversation too: it is in the same nursery


# The session


async def test_the_greeting_shows_the_whole_session(autojump_clock: MockClock) -> None:
    """As the provider's does; its end in an hour."""
    near, far = memory_legs()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Engine(FakeSpeech(), always(FakeBrain()), lambda: NOON).converse, far, "gpt-realtime")
        client = Client(near)
        session = (await client.next("session.created"))["session"]
        await near.close(1000, "")
    assert session["expires_at"] == NOON + 3600
    assert session["model"] == "gpt-realtime"
    assert session["audio"]["input"]["turn_detection"]["interrupt_response"] is True


async def test_an_update_shows_the_whole_session_and_says_nothing_of_its_event(autojump_clock: MockClock) -> None:
    """What was not named stays."""
    async with conversation() as client:
        client.send(update(instructions="Be brief.") | {"event_id": "mine"})
        client.send(update(audio={"output": {"speed": 1.25}}))
        first, second = await client.rest()
    assert first["type"] == second["type"] == "session.updated"
    assert first["event_id"] != "mine"
    assert second["session"]["instructions"] == "Be brief."
    assert second["session"]["audio"]["output"]["speed"] == 1.25
    assert second["session"]["audio"]["output"]["voice"] == "alloy"


async def test_a_mistake_refuses_the_whole_update(autojump_clock: MockClock) -> None:
    """By the field's name and the client's event."""
    async with conversation() as client:
        error = await client.refused(update(instructions="Lost", bogus_field=1) | {"event_id": "mine"})
        assert error == {
            "type": "invalid_request_error",
            "code": "unknown_parameter",
            "message": "Unknown parameter: 'session.bogus_field'.",
            "param": "session.bogus_field",
            "event_id": "mine",
        }
        (updated,) = await client.ask(update())
        assert updated["session"]["instructions"] != "Lost"


async def test_the_voice_is_locked_once_the_agent_was_heard(autojump_clock: MockClock) -> None:
    """The same voice again is no change; deleting what was said does not unlock it; another response cannot either."""
    async with conversation() as client:
        assert kinds(await client.ask(update(audio={"output": {"voice": "ash"}}))) == ["session.updated"]
        client.send(RESPOND)
        item = only(await client.answered(), "response.output_item.done")["item"]
        await client.ask({"type": "conversation.item.delete", "item_id": item["id"]})
        other = {"audio": {"output": {"voice": "cedar"}}}
        for request in (update(**other), {"type": "response.create", "response": other}):
            error = await client.refused(request)
            assert error["code"] == "cannot_update_voice"
            assert error["message"] == "Cannot update a conversation's voice if assistant audio is present."
        assert kinds(await client.ask(update(audio={"output": {"voice": "ash"}}))) == ["session.updated"]
        client.send({"type": "response.create", "response": {**other, "conversation": "none"}})
        assert only(await client.answered(), "response.done")["response"]["audio"]["output"]["voice"] == "cedar"


async def test_a_voice_out_of_band_locks_nothing(autojump_clock: MockClock) -> None:
    """It is no part of the conversation."""
    async with conversation() as client:
        client.send({"type": "response.create", "response": {"conversation": "none"}})
        await client.answered()
        assert kinds(await client.ask(update(audio={"output": {"voice": "ash"}}))) == ["session.updated"]


async def test_an_update_in_mid_speech_leaves_the_speech(autojump_clock: MockClock) -> None:
    """Only its ears stay as they are: the turn ends as it began."""
    async with conversation() as client:
        events = await client.ask(voice(), update(instructions="Be brief."), silence())
    assert [kind for kind in kinds(events) if kind.startswith("input")] == HEARD[:3]


async def test_a_session_speaks_as_it_is_set_and_a_response_as_it_is_wished(autojump_clock: MockClock) -> None:
    """Voice, speed, tools, limits."""
    speech, brain = FakeSpeech(), FakeBrain()
    tool = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
    async with conversation(speech, brain) as client:
        await client.ask(update(tools=[tool], max_output_tokens=100, audio={"output": {"voice": "ash", "speed": 0.5}}))
        client.send(RESPOND)
        usual = only(await client.answered(), "response.done")["response"]
        wish = {"tools": [], "tool_choice": "none", "max_output_tokens": 7, "audio": {"output": {"voice": "ash"}}}
        client.send({"type": "response.create", "response": wish})
        wished = only(await client.answered(), "response.done")["response"]
    assert (usual["max_output_tokens"], wished["max_output_tokens"]) == (100, 7)
    assert {(name, speed) for _, name, speed in speech.said} == {("ash", 0.5)}
    assert [len(prompt.tools) for prompt in brain.prompts] == [1, 0]
    assert brain.prompts[1].tool_choice == "none"


# Items


async def test_a_client_writes_the_history(autojump_clock: MockClock) -> None:
    """Lines of all roles, with ids of its choice, at the end, behind another, or first."""
    brain = FakeBrain()
    async with conversation(brain=brain) as client:
        events = await client.ask(
            typed("Two", id="two"),
            typed("Four", "assistant", id="four"),
            typed("Three", id="three") | {"previous_item_id": "two"},
            typed("One", "system", id="one") | {"previous_item_id": "root"},
        )
        previous = [event["previous_item_id"] for event in every(events, "conversation.item.added")]
        assert previous == [None, "two", "two", None]
        assert [event["item"]["id"] for event in every(events, "conversation.item.done")] == [
            "two",
            "four",
            "three",
            "one",
        ]
        client.send(RESPOND)
        await client.answered()
    assert [line.text for line in brain.prompts[0].history if isinstance(line, Line)] == ["One", "Two", "Three", "Four"]


async def test_an_item_in_a_wrong_place_is_refused(autojump_clock: MockClock) -> None:
    """Unknown place, id that is taken, id that is too long, result of a call that nobody made."""
    result = {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": "x", "output": ""},
    }
    async with conversation() as client:
        await client.ask(typed("One", id="one"))
        for event, code, param in (
            (typed("Two") | {"previous_item_id": "none"}, "item_create_invalid_previous_item_id", "previous_item_id"),
            (typed("Two", id="one"), "item_create_duplicate_item_id", "item.id"),
            (typed("Two", id="x" * 33), "string_above_max_length", "item.id"),
            (result, "invalid_tool_call_id", "item.call_id"),
        ):
            error = await client.refused(event)
            assert (error["code"], error["param"]) == (code, param)


async def test_an_item_is_told_again_and_taken_out(autojump_clock: MockClock) -> None:
    """What is deleted is unknown afterwards."""
    async with conversation() as client:
        *_, added = await client.ask(typed("One", id="one"))
        (again,) = await client.ask({"type": "conversation.item.retrieve", "item_id": "one"})
        assert again["item"] == added["item"]
        (gone,) = await client.ask({"type": "conversation.item.delete", "item_id": "one"})
        assert (gone["type"], gone["item_id"]) == ("conversation.item.deleted", "one")
        for doing in ("retrieve", "delete", "truncate"):
            request = {"type": f"conversation.item.{doing}", "item_id": "one"}
            error = await client.refused(request | ({"content_index": 0, "audio_end_ms": 0} if doing[0] == "t" else {}))
            assert (error["code"], error["param"]) == (f"item_{doing}_invalid_item_id", "item_id")


async def test_what_the_user_said_can_be_read_once_it_is_known(autojump_clock: MockClock) -> None:
    """retrieve shows the words (traps 18 and 29), and no audio."""
    async with conversation(FakeSpeech(["Good morning."])) as client:
        client.send(voice(), silence())
        turn = only(await client.until("conversation.item.done"), "conversation.item.done")["item"]["id"]
        await client.answered()
        (told,) = await client.ask({"type": "conversation.item.retrieve", "item_id": turn})
        assert told["item"]["content"] == [{"type": "input_audio", "transcript": "Good morning."}]


def truncated(item: str, end_ms: int, index: int = 0) -> Event:
    place = {"content_index": index, "audio_end_ms": end_ms}
    return {"type": "conversation.item.truncate", "item_id": item, **place}


async def test_an_answer_is_cut_to_what_was_heard_of_it(autojump_clock: MockClock) -> None:
    """The words that were not heard are gone from what the brain is told."""
    brain = FakeBrain([say(LONG)])
    async with conversation(brain=brain) as client:
        client.send(RESPOND)
        item = only(await client.answered(), "response.output_item.done")["item"]["id"]
        too_far = await client.refused(truncated(item, 4001))
        assert too_far["code"] == "invalid_value"
        assert too_far["message"] == "Audio content of 4000ms is already shorter than 4001ms"
        assert (await client.refused(truncated(item, 0, index=1)))["param"] == "content_index"
        (told,) = await client.ask(truncated(item, 1600))
        assert {key: told[key] for key in ("item_id", "content_index", "audio_end_ms")} == {
            "item_id": item,
            "content_index": 0,
            "audio_end_ms": 1600,
        }
        assert "1600ms is already shorter than 1601ms" in (await client.refused(truncated(item, 1601)))["message"]
        client.send(RESPOND)
        await client.answered()
        assert (await client.ask(truncated(item, 0)))[0]["audio_end_ms"] == 0
        (told,) = await client.ask({"type": "conversation.item.retrieve", "item_id": item})
        assert told["item"]["content"] == [{"type": "output_audio", "transcript": ""}]
    assert brain.prompts[1].history == (Line("assistant", "One two three four"),)


async def test_only_the_agents_voice_can_be_truncated(autojump_clock: MockClock) -> None:
    """Neither what it wrote nor what the user said."""
    async with conversation() as client:
        await client.ask(typed("Hi", id="typed"))
        client.send(IN_TEXT)
        written = only(await client.answered(), "response.output_item.done")["item"]["id"]
        for item in ("typed", written):
            error = await client.refused(truncated(item, 0))
            assert error["message"] == "Only model output audio messages can be truncated"


async def test_an_answer_can_be_truncated_while_it_is_made(autojump_clock: MockClock) -> None:
    """Some clients truncate before they cancel: what is made afterwards was not heard."""
    brain = FakeBrain([[Say(LONG), 1.0, Say("Eleven."), 60.0]])
    async with conversation(brain=brain) as client:
        client.send(RESPOND)
        item = only(await client.until("response.output_item.added"), "response.output_item.added")["item"]["id"]
        await client.pass_time(0.5)
        assert kinds(await client.ask(truncated(item, 800))) == ["conversation.item.truncated"]
        await client.pass_time(2)
        events = await client.ask(CANCEL)
        made = only(events, "response.output_audio_transcript.done")["transcript"]
        assert made == f"{LONG} Eleven."
        (told,) = await client.ask({"type": "conversation.item.retrieve", "item_id": item})
        assert told["item"]["content"][0]["transcript"] == "One two"
        assert told["item"]["status"] == "incomplete"


async def test_an_answer_whose_item_was_deleted_still_ends(autojump_clock: MockClock) -> None:
    """The conversation knows nothing of the item any more; the response does."""
    async with conversation(brain=FakeBrain([[Say("One."), 1.0, Say("Two.")]])) as client:
        client.send(RESPOND)
        item = only(await client.until("response.output_item.added"), "response.output_item.added")["item"]["id"]
        await client.ask({"type": "conversation.item.delete", "item_id": item})
        events = await client.answered()
        assert "conversation.item.done" not in kinds(events)
        assert only(events, "response.done")["response"]["output"][0]["content"][0]["transcript"] == "One. Two."


async def test_a_voice_inside_an_item_is_heard_by_the_brain(autojump_clock: MockClock) -> None:
    """Recognised like a turn, in the conversation or in one response's input; no event tells of its words."""
    brain, part = FakeBrain(), {"type": "input_audio", "audio": b64encode(sound(640)).decode()}
    item = {"type": "message", "role": "user", "content": [part]}
    async with conversation(FakeSpeech(["Good morning.", "Good night."]), brain) as client:
        events = await client.ask(TRANSCRIBE, {"type": "conversation.item.create", "item": item}, RESPOND)
        assert events[1]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
        assert kinds(await client.answered())[-1] == "rate_limits.updated"
        client.send({"type": "response.create", "response": {"input": [item], "conversation": "none"}})
        await client.answered()
        broken = {**item, "content": [part | {"audio": "%"}]}
        error = await client.refused({"type": "conversation.item.create", "item": broken})
        assert error["param"] == "item.content[0].audio"
    assert [prompt.history for prompt in brain.prompts] == [
        (Line("user", "Good morning."),),
        (Line("user", "Good night."),),
    ]


# Responses that cannot be


async def test_one_answer_at_a_time(autojump_clock: MockClock) -> None:
    """A second one is refused, by the first one's name; clients race here and know the code (trap 24)."""
    async with conversation() as client:
        created, error = await client.ask(RESPOND, RESPOND)
    assert error["error"]["code"] == "conversation_already_has_active_response"
    assert error["error"]["message"] == (
        f"Conversation already has an active response in progress: {created['response']['id']}. "
        "Wait until the response is finished before creating a new one."
    )


async def test_not_any_number_of_answers_is_made_at_once(autojump_clock: MockClock) -> None:
    """Out of band; the conversation's own is begun all the same, and there is room again when one is finished."""
    aside = {"type": "response.create", "response": {"conversation": "none"}}
    async with conversation(brain=FakeBrain([[60.0]] * MOST_ANSWERS)) as client:
        assert kinds(await client.ask(*[aside] * MOST_ANSWERS)) == ["response.created"] * MOST_ANSWERS
        error = await client.refused(aside)
        assert error["code"] == "too_many_active_responses"
        assert str(MOST_ANSWERS) in error["message"]
        assert "response.done" in kinds(await client.ask(RESPOND) + await client.pass_time(1))
        await client.pass_time(60)
        assert "response.created" in kinds(await client.ask(aside))


async def test_cancelling_nothing_is_refused_in_the_providers_words(autojump_clock: MockClock) -> None:
    """Before any answer, after it, and for a response that never was (trap 25)."""
    async with conversation() as client:
        requests = [CANCEL, CANCEL | {"response_id": "resp_none"}]
        client.send(RESPOND)
        await client.answered()
        for request in requests:
            error = await client.refused(request)
            assert error["code"] == "response_cancel_not_active"
            assert error["message"] == "Cancellation failed: no active response found"


# Messages that are none


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "invalid_json"),
        (b'{"type":', "invalid_json"),
        (b'\xff"', "invalid_json"),
        (b'{"type":"session.update","session":' + b"[" * 100_000, "invalid_json"),
        (b'{"type":"session.update","session":' + b'{"a":' * 70 + b"0" + b"}" * 71, "invalid_json"),
        (b"[]", "invalid_type"),
        (b"{}", "missing_required_parameter"),
        (b'{"type":"nope"}', "invalid_value"),
        (b'{"type":7}', "invalid_type"),
        (b'{"type":"output_audio_buffer.clear"}', "invalid_value"),
        (b'{"type":"transcription_session.update","session":{}}', "invalid_value"),
        (b'{"type":"response.cancel","event_id":7}', "invalid_type"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_the_conversation_goes_on(
    message: bytes, code: str, autojump_clock: MockClock
) -> None:
    """Whatever it is."""
    async with conversation() as client:
        assert (await client.refused(message))["code"] == code
        assert kinds(await client.ask(update())) == ["session.updated"]


async def test_a_binary_message_is_refused(autojump_clock: MockClock) -> None:
    """In the provider's words."""
    async with conversation() as client:
        client.leg.send(b"\0\0", text=False)
        (error,) = await client.rest()
    assert error["error"]["code"] == "invalid_event"
    assert error["error"]["message"] == "Expected a text WebSocket message; binary frames are not supported."


async def test_an_error_names_the_clients_event_where_it_can_be_read(autojump_clock: MockClock) -> None:
    """The inner id is the client's, the outer one the engine's own (trap 16)."""
    async with conversation() as client:
        for event_id in ("mine", None):
            request = {"type": "nope"} | ({"event_id": event_id} if event_id else {})
            (answer,) = await client.ask(msgspec.json.encode(request))
            assert answer["error"]["event_id"] == event_id
            assert answer["event_id"].startswith("event_")


# The engine's own failures


async def test_the_words_follow_the_turn(autojump_clock: MockClock) -> None:
    """Where the client wants to read them; with what they cost."""
    async with conversation(FakeSpeech(["Good morning."])) as client:
        client.send(TRANSCRIBE, voice(), silence())
        events = await client.answered()
    turn = only(events, "input_audio_buffer.committed")["item_id"]
    told = [event for event in events if "transcription" in event["type"]]
    assert [event["type"].rpartition(".")[2] for event in told] == ["delta", "completed"]
    assert {event["item_id"] for event in told} == {turn}
    assert told[0]["delta"] == told[1]["transcript"] == "Good morning."
    assert told[1]["usage"]["input_token_details"] == {"text_tokens": 0, "audio_tokens": 8}


async def test_an_answer_comes_though_the_words_are_lost(autojump_clock: MockClock) -> None:
    """transcription.failed names the turn; the brain is told that somebody spoke."""
    brain = FakeBrain()
    failure = EngineFailed("two workers died of it")
    async with conversation(FakeSpeech([failure, failure]), brain) as client:
        client.send(TRANSCRIBE, voice(), silence())
        events = await client.answered()
    lost = only(events, "conversation.item.input_audio_transcription.failed")
    assert lost["item_id"] == only(events, "input_audio_buffer.committed")["item_id"]
    assert "two workers died of it" in lost["error"]["message"]
    assert only(events, "response.done")["response"]["status"] == "completed"
    assert brain.prompts[0].history == (Line("user", ""),)


async def test_a_recogniser_that_hangs_delays_the_answer_as_long_as_the_pool_allows(autojump_clock: MockClock) -> None:
    """Nothing waits for ever."""
    async with conversation(FakeSpeech([HUNG])) as client:
        client.send(TRANSCRIBE, voice(), silence())
        events = await client.answered()
        assert trio.current_time() == pytest.approx(HANG_S, abs=1)
    assert only(events, "conversation.item.input_audio_transcription.failed")
    assert only(events, "response.done")["response"]["status"] == "completed"


@pytest.mark.parametrize("failure", [EngineFailed("no voice"), HUNG])
async def test_a_voice_that_fails_fails_the_response(failure: EngineFailed, autojump_clock: MockClock) -> None:
    """response.done tells, not `error` (trap 26); what was said before is closed; the next answer works."""
    speech = FakeSpeech(speaks=[None, failure])
    async with conversation(speech, FakeBrain([say("One.", "Two.")])) as client:
        client.send(RESPOND)
        events = await client.answered()
        assert kinds(events) == SPOKEN
        response = only(events, "response.done")["response"]
        assert response["status"] == "failed"
        details = response["status_details"]
        assert (details["type"], details["error"]["code"]) == ("failed", "engine_failed")
        assert failure.why in details["error"]["message"]
        assert response["output"][0]["status"] == "incomplete"
        client.send(RESPOND)
        assert only(await client.answered(), "response.done")["response"]["status"] == "completed"


async def test_a_brain_that_fails_fails_the_response(autojump_clock: MockClock) -> None:
    """Before its first word nothing is open."""
    async with conversation(brain=FakeBrain([[EngineFailed("no idea")]])) as client:
        client.send(RESPOND)
        events = await client.answered()
    assert kinds(events) == ["response.created", "response.done", "rate_limits.updated"]
    assert only(events, "response.done")["response"]["status"] == "failed"


async def test_without_speech_one_can_type(autojump_clock: MockClock) -> None:
    """The answer is written, whatever was wished."""
    async with conversation(deaf=True) as client:
        events = await client.ask(typed("Hi"), RESPOND)
        assert kinds(events)[2:] == WRITTEN


async def test_without_speech_audio_is_refused_once(autojump_clock: MockClock) -> None:
    """A microphone sends fifty events a second: one error, and another after a commit, a clear or an update."""
    async with conversation(deaf=True) as client:
        for again in (COMMIT, CLEAR, update()):
            (error,) = await client.ask(voice(20), voice(20), voice(20))
            assert error["error"]["code"] == "engine_missing"
            (answer,) = await client.ask(again)
            assert answer["type"] == ("error" if again is COMMIT else answer["type"])
        part = {"type": "input_audio", "audio": b64encode(sound(100)).decode()}
        spoken = {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [part]}}
        assert (await client.refused(spoken))["code"] == "engine_missing"


# Sending


async def test_the_voice_is_sent_in_small_pieces_that_make_the_whole(autojump_clock: MockClock) -> None:
    """100 ms each (trap 33); faster than it is heard."""
    async with conversation(brain=FakeBrain([say(LONG)])) as client:
        client.send(RESPOND)
        events = await client.answered()
        assert trio.current_time() < 1
    assert playing_time(spoken_bytes(events)) == 4000
    assert len(every(events, "response.output_audio.delta")) == 40


async def test_a_long_voice_waits_until_the_client_takes_it(autojump_clock: MockClock) -> None:
    """Only so much lies on the leg; what is cut then is never sent."""
    async with conversation(FakeSpeech(word_ms=60_000), FakeBrain([say("Listen.")])) as client:
        client.send(RESPOND)
        await trio.sleep(1)
        client.send(CANCEL)
        await wait_all_tasks_blocked()
        events = await client.answered()
    assert 1000 < playing_time(spoken_bytes(events)) < 10_000
    assert only(events, "response.done")["response"]["status"] == "cancelled"


async def test_a_client_that_takes_nothing_is_let_go(autojump_clock: MockClock) -> None:
    """More waits for it than may: the conversation ends quietly, its leg is closed."""
    near, far = memory_legs(bound=4096)
    with trio.fail_after(1):
        near.send(msgspec.json.encode(RESPOND))
        await Engine(FakeSpeech(), always(FakeBrain([say(LONG)])), lambda: NOON).converse(far, "gpt-realtime")
        end = await closed(near)
    assert (end.code, end.by_peer) == (1008, True)


async def test_a_leg_that_closes_ends_whatever_was_under_way(autojump_clock: MockClock) -> None:
    """An answer in the making, a recognition that hangs, the watch for a silent user."""
    async with conversation(FakeSpeech([HUNG]), FakeBrain([[60.0]])) as client:
        client.send({"type": "response.create", "response": {"conversation": "none"}})
        await client.ask(listen(idle_timeout_ms=5000), voice(), silence())
        await client.leg.close(1000, "bye")
    # the end of the block waits for the engine, and takes no time


# Cancelled anywhere


async def voice_turn(client: Client) -> None:
    client.send(TRANSCRIBE, voice(320), silence())
    await client.answered()


async def barge_in(client: Client) -> None:
    client.send(voice(320), silence())
    await client.until("response.output_audio.delta")
    client.send(voice(320), silence())
    await client.answered()
    await client.answered()


async def text_turn(client: Client) -> None:
    client.send(typed("Hi"), IN_TEXT)
    await client.answered()


@pytest.mark.parametrize("scene", [voice_turn, barge_in, text_turn])
@pytest.mark.parametrize("leaves", [False, True])
def test_cut_anywhere_a_conversation_ends_at_once(scene: object, *, leaves: bool) -> None:
    """By a cancel from outside, or by the client's leaving at that moment; nothing is left, and nothing is raised."""
    assert callable(scene)

    async def scenario(cut: Cut) -> None:
        near, far = memory_legs()
        speech = FakeSpeech(word_ms=100)
        engine = Engine(speech, always(FakeBrain()), lambda: NOON)

        async def serve() -> None:
            if leaves:
                await engine.converse(far, "gpt-realtime")
                return
            async with cut:
                await engine.converse(far, "gpt-realtime")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            with trio.move_on_after(60):
                if leaves:
                    async with cut:
                        await scene(Client(near))
                else:
                    await scene(Client(near))
            await near.close(1000, "bye")
            left_at = trio.current_time()
        assert trio.current_time() == left_at

    report = cut_everywhere(scenario)
    assert report.steps >= 4
    assert report.slowest == 0


# Any order of requests

IDS = some.sampled_from(["one", "two", "three", "root", "latest"])
PCM = some.builds(
    lambda ms, speech: append(sound(ms, speech)), some.sampled_from([20, 96, 300, 700]), some.sampled_from([0, 80])
)
REQUESTS = some.one_of(
    PCM,
    PCM,
    some.sampled_from([COMMIT, CLEAR, CANCEL, RESPOND, IN_TEXT, PUSH_TO_TALK, TRANSCRIBE, voice(), silence()]),
    some.builds(lambda text, item: typed(text, id=item), some.text(max_size=5), IDS),
    some.builds(lambda item, place: typed("x", id=item) | {"previous_item_id": place}, IDS, IDS),
    some.builds(lambda item: {"type": "conversation.item.retrieve", "item_id": item}, IDS),
    some.builds(lambda item: {"type": "conversation.item.delete", "item_id": item}, IDS),
    some.builds(truncated, IDS, some.integers(-1, 2000), some.integers(0, 1)),
    some.builds(
        lambda create, interrupt, idle: listen(
            create_response=create, interrupt_response=interrupt, idle_timeout_ms=idle
        ),
        some.booleans(),
        some.booleans(),
        some.sampled_from([None, 5000]),
    ),
    some.just({"type": "response.create", "response": {"conversation": "none", "metadata": {"a": "b"}}}),
    some.just({"type": "response.create", "response": {"input": [{"type": "item_reference", "id": "one"}]}}),
    some.builds(lambda voice: update(audio={"output": {"voice": voice}}), some.sampled_from(["ash", "alloy"])),
    some.just(
        {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": ""}}
    ),
    some.sampled_from([b"", b"{}", b"[]", b'{"type":"nope"}', b'{"type":"conversation.item.create","item":{}}']),
)
PAUSES = some.sampled_from([0.0, 0.0, 0.0, 0.02, 0.05, 0.09, 0.3, 3.0, 8.0])
ANSWERS = some.lists(
    some.sampled_from(
        [
            say("Yes."),
            say("One.", "Two."),
            [Call("f", {})],
            [Say("Wait."), 1.0, Call("f", {"a": 1}), Say("Done.")],
            [0.5],
            [EngineFailed("lost")],
        ]
    ),
    max_size=4,
)
FAILURES = some.lists(some.sampled_from([EngineFailed("lost"), HUNG]), max_size=2)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    some.lists(some.tuples(REQUESTS, PAUSES), min_size=1, max_size=25),
    ANSWERS,
    some.lists(
        some.one_of(some.just("Hi."), some.just(""), FAILURES.map(lambda found: found[0] if found else "Hi.")),
        max_size=3,
    ),
)
def test_no_order_of_requests_confuses_a_conversation(
    script: list[tuple[Event | bytes, float]], answers: list[Sequence[Piece]], words: list[str | EngineFailed]
) -> None:
    """Every event has its fields and its place (`tests.engine.wire`), nothing raises, and all answers end."""

    async def scenario() -> None:
        async with conversation(FakeSpeech(words), FakeBrain(answers)) as client:
            latest = "latest"
            for request, pause in script:
                event = request
                if isinstance(event, dict) and "latest" in event.values():
                    event = {key: latest if value == "latest" else value for key, value in event.items()}
                client.send(event)
                if pause:
                    for told in await client.pass_time(pause):
                        latest = told["item"]["id"] if "item" in told else latest
            client.send(listen(idle_timeout_ms=None), CLEAR)
            await client.pass_time(1000)
            assert (await client.ask(CANCEL))[-1]["error"]["code"] == "response_cancel_not_active"

    trio.run(scenario, clock=MockClock(autojump_threshold=0))
