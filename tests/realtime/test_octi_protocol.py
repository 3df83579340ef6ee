"""The OCTI door: what a client of the OCTI protocol says and hears, and what that is in Realtime events."""

from base64 import b64decode
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.errors import UpstreamLost
from octi.realtime.arbiter import Arbiter
from octi.realtime.floor import LONGEST_SPEECH_S
from octi.realtime.octi_protocol import PATIENCE_S, OctiDoor
from octi.realtime.reading import read_event
from octi.realtime.steps import DropAudio, Heard, Renew, Steps, ToClient, ToProvider
from tests.wire.conversations import conversation, event, provider_events

DROP = "drop audio"
TRANSCRIPTION = "conversation.item.input_audio_transcription"


def session(*, vad: bool = True, interrupts: bool = True) -> msgspec.Raw:
    detection = {"type": "server_vad", "interrupt_response": interrupts} if vad else None
    return msgspec.Raw(msgspec.json.encode({"audio": {"input": {"turn_detection": detection}}}))


@attrs.define
class Call:
    """A door between a client and a provider that the test plays, and a clock that the test moves."""

    door: OctiDoor = attrs.field(factory=OctiDoor)
    now: float = 100.0

    def open(self, *, vad: bool = True, interrupts: bool = True) -> list[Any]:
        return plainly(self.door.opened(session(vad=vad, interrupts=interrupts)))

    def says(self, kind: str, **fields: Any) -> list[Any]:
        """The client sends a message."""
        data = msgspec.json.encode({"type": kind, **fields})
        return plainly(self.door.from_client(data, text=True, now=self.now))

    def speaks(self, pcm: bytes) -> list[Any]:
        """The client sends audio."""
        return plainly(self.door.from_client(pcm, text=False, now=self.now))

    def hears(self, kind: str, **fields: Any) -> list[Any]:
        """The provider sends an event."""
        frame = event(kind, **fields)
        return plainly(self.door.from_provider(frame, read_event(frame), self.now))

    def wakes(self) -> list[Any]:
        """Time passes until the door wants to be woken."""
        assert self.door.wake_at is not None
        self.now = self.door.wake_at
        return plainly(self.door.wake(self.now))

    def answer(self, response: str = "r1", item: str = "a1", words: str = "one two", ms: int = 1000) -> list[Any]:
        """An answer begins, and all its words and sound come at once."""
        steps = self.hears("response.created", response={"id": response, "conversation_id": "c"})
        place = {"response_id": response, "item_id": item}
        if words:
            steps += self.hears("response.output_audio_transcript.delta", **place, delta=words)
        return steps + (self.hears("response.output_audio.delta", **place, delta=f"<{ms} ms>") if ms else [])

    def done(self, response: str = "r1", status: str = "completed", **fields: Any) -> list[Any]:
        body = {"id": response, "conversation_id": "c", "status": status, **fields}
        return self.hears("response.done", response=body)

    def refused(self, event_id: str | None, code: str, message: str = "No.") -> list[Any]:
        return self.hears("error", error={"code": code, "message": message, "event_id": event_id})


def plainly(steps: Steps) -> list[Any]:
    """Steps as a test can read them: messages and events as dicts, audio to the client as bytes.

    What was heard is left out: it goes with every truncation, see below.
    """
    return [plain(step) for step in steps if not isinstance(step, Heard)]


def plain(step: Any) -> Any:
    match step:
        case ToClient(data, text=True):
            return msgspec.json.decode(data)
        case ToClient(data):
            assert step.audio
            return data
        case ToProvider(data):
            return ("provider", msgspec.json.decode(data))
        case DropAudio():
            return DROP
        case _:
            return step


def said(text: str = "", kind: str = "error") -> dict[str, str]:
    return {"type": kind, **({"message": text} if kind == "error" else {"text": text})}


def asks(kind: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    """An event for the provider."""
    return ("provider", {"type": kind, **fields})


def open_call(*, vad: bool = True, interrupts: bool = True) -> Call:
    call = Call()
    call.open(vad=vad, interrupts=interrupts)
    return call


READY = {"type": "ready"}
ASK = asks("response.create", event_id="octi_ask")
COMMIT = asks("input_audio_buffer.commit")
CANCEL = asks("response.cancel", event_id="octi_unasked")
INTERRUPTED = {"type": "interrupted"}
BOT_AUDIO_END = {"type": "bot_audio_end"}


def truncate(heard_ms: int, item: str = "a1") -> tuple[str, dict[str, Any]]:
    where = {"item_id": item, "content_index": 0, "audio_end_ms": heard_ms}
    return asks("conversation.item.truncate", event_id="octi_unasked", **where)


def typed(text: str) -> tuple[str, dict[str, Any]]:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return asks("conversation.item.create", item=item)


def transcript(text: str) -> dict[str, str]:
    return said(text, "transcript")


# Whole conversations


def heard(name: str, *, vad: bool = True) -> list[Any]:
    """What a client hears of a recorded conversation, audio left out; each frame comes 10 ms after the last."""
    call = open_call(vad=vad)
    steps: list[Any] = []
    for frame, read in provider_events(name):
        call.now += 0.01
        steps += plainly(call.door.from_provider(frame, read, call.now))
    if call.door.wake_at is not None:
        steps += call.wakes()
    return [step for step in steps if not isinstance(step, bytes)]


def test_a_spoken_turn_is_told_as_the_protocol_has_it() -> None:
    assert heard("voice_turn") == [
        {"type": "user_speech_started"},
        {"type": "user_speech_stopped"},
        said("It", "transcript_delta"),
        said("'s", "transcript_delta"),
        said(" ten", "transcript_delta"),
        said(" o'clock.", "transcript_delta"),
        BOT_AUDIO_END,
        said("What", "user_transcript_delta"),
        said(" time", "user_transcript_delta"),
        said(" is it?", "user_transcript_delta"),
        said("What time is it?", "user_transcript"),
        transcript("It's ten o'clock."),
    ]


def test_a_barge_in_is_told_as_the_protocol_has_it() -> None:
    """The provider cancels by itself; octi truncates to what was heard: here next to nothing."""
    told = heard("barge_in")
    assert told[4:] == [
        said("Tell me a story.", "user_transcript_delta"),
        said("Tell me a story.", "user_transcript"),
        {"type": "user_speech_started"},
        truncate(50, "item_A1"),
        DROP,
        INTERRUPTED,
        BOT_AUDIO_END,
        transcript(""),
        {"type": "user_speech_stopped"},
        said("All right.", "transcript_delta"),
        said("Stop", "user_transcript_delta"),
        said(", please.", "user_transcript_delta"),
        said("Stop, please.", "user_transcript"),
        BOT_AUDIO_END,
        transcript("All right."),
    ]


def test_a_function_call_says_only_what_is_said() -> None:
    """The preamble and the answer are two answers to the client."""
    told = heard("function_call")
    assert [step["text"] for step in told if step["type"] == "transcript"] == ["Let me look.", "The sky is blue."]
    assert told.count(BOT_AUDIO_END) == 2


def test_what_is_out_of_band_is_not_said() -> None:
    told = heard("out_of_band")
    assert [step["text"] for step in told if step["type"] == "transcript_delta"] == ["Hello", " there."]
    assert told.count(BOT_AUDIO_END) == 1
    assert told[-1] == transcript("Hello there.")


def test_a_written_answer_is_words_and_an_end() -> None:
    assert heard("text_turn") == [
        said("Fo", "transcript_delta"),
        said("ur", "transcript_delta"),
        said(".", "transcript_delta"),
        BOT_AUDIO_END,
        transcript("Four."),
    ]


def test_all_of_the_agents_voice_reaches_the_client() -> None:
    call = open_call()
    steps = [step for frame, read in provider_events("voice_turn") for step in call.door.from_provider(frame, read, 1)]
    assert sum(len(step.data) for step in steps if isinstance(step, ToClient) and not step.text) == 48 * 750


def test_words_that_could_not_be_transcribed_are_told() -> None:
    told = heard("late_words")
    assert said("what you said could not be transcribed: The audio could not be transcribed.") in told


# The leg


def test_a_configured_leg_is_ready() -> None:
    """And again after a reset, on the fresh one."""
    call = Call()
    assert call.open() == [READY]
    assert call.says("reset_session") == [Renew()]
    assert call.open() == [READY]


def test_a_door_survives_its_leg() -> None:
    door = OctiDoor()
    assert (door.name, door.renews, door.wake_at) == ("octi", True, None)


def test_what_goes_wrong_and_what_is_under_way_are_errors_to_this_protocol() -> None:
    door = OctiDoor()
    assert plainly(door.trouble(UpstreamLost("openai", "gone"))) == [said("openai is not there: gone")]
    assert plainly(door.notice("trying again (1/5)")) == [said("trying again (1/5)")]


@pytest.mark.parametrize("told", [True, False])
def test_an_answer_that_the_leg_took_with_it_is_ended_before_the_next_is_ready(told: bool) -> None:
    """Whether or not the door was told of the loss."""
    call = open_call()
    call.answer()
    if told:
        call.door.lost()
    assert call.open() == [BOT_AUDIO_END, transcript("one two"), READY]


def test_a_leg_that_was_left_is_not_lost_again() -> None:
    """What was said since the reset is for the next leg, and stays asked for."""
    call = open_call()
    call.says("reset_session")
    call.says("user_text", text="one")
    call.door.lost()
    call.open()
    assert call.says("user_text", text="two") == [typed("two")]


def test_nothing_is_owed_to_a_leg_that_is_gone() -> None:
    """A fresh one is asked at once, also where nobody told the door of the loss."""
    call = open_call()
    call.says("user_text", text="one")
    call.says("user_text", text="two")
    call.open()
    assert call.says("user_text", text="three") == [typed("three"), ASK]


def test_what_is_said_while_there_is_no_leg_counts_for_the_next() -> None:
    """The session keeps it in order: asked once, and the audio is a turn's."""
    call = open_call(vad=False)
    call.answer()
    call.door.lost()
    assert call.says("user_text", text="one")[-2:] == [typed("one"), ASK]
    assert call.says("user_text", text="two")[-1] == typed("two")
    call.speaks(bytes(4800))
    call.open(vad=False)
    assert call.says("user_audio_end") == [COMMIT]
    call.answer("r2")
    assert call.done("r2") == [BOT_AUDIO_END, ASK]


def test_without_a_leg_only_the_client_is_told_of_an_interruption() -> None:
    call = open_call()
    call.answer()
    call.door.lost()
    assert call.says("interrupt") == [DROP, INTERRUPTED, BOT_AUDIO_END, transcript("")]


def test_what_a_left_leg_still_says_is_not_heard() -> None:
    call = open_call()
    call.answer()
    call.says("reset_session")
    assert call.answer("r2", "a2") == []
    assert call.done("r1") == []


# What the client says


def test_the_conversation_begins_by_itself() -> None:
    """Listening began with `ready`."""
    assert open_call().says("start_conversation") == []


def test_microphone_audio_is_appended() -> None:
    call = open_call()
    (step,) = call.door.from_client(b"\1\2" * 480, text=False, now=call.now)
    assert isinstance(step, ToProvider)
    assert step.audio_bytes == 960
    body = msgspec.json.decode(step.data)
    assert (body["type"], b64decode(body["audio"])) == ("input_audio_buffer.append", b"\1\2" * 480)


@pytest.mark.parametrize("size", [0, 1, 99])
def test_less_than_100_bytes_of_audio_are_ignored(size: int) -> None:
    assert open_call().speaks(bytes(size)) == []


def test_an_odd_byte_waits_for_its_other_half() -> None:
    """Nothing is lost and nothing shifted."""
    call, voice = open_call(), bytes(range(256))
    steps = call.door.from_client(voice[:101], text=False, now=0) + call.door.from_client(
        voice[101:], text=False, now=0
    )
    sent = [step for step in steps if isinstance(step, ToProvider)]
    assert [step.audio_bytes for step in sent] == [100, 156]
    assert b"".join(b64decode(msgspec.json.decode(step.data)["audio"]) for step in sent) == voice


def test_with_voice_detection_the_end_of_speech_is_the_providers_business() -> None:
    call = open_call()
    call.speaks(bytes(48_000))
    assert call.says("user_audio_end") == []


@pytest.mark.parametrize("kind", ["user_audio_end", "user_audio_commit"])
def test_without_it_the_turn_is_committed_and_an_answer_asked_for(kind: str) -> None:
    call = open_call(vad=False)
    call.speaks(bytes(4800))
    assert call.says(kind) == [COMMIT, ASK]


def test_a_commit_is_possible_with_detection_too() -> None:
    call = open_call()
    call.speaks(bytes(4800))
    assert call.says("user_audio_commit") == [COMMIT, ASK]


def test_a_turn_of_less_than_100_ms_is_refused() -> None:
    """The provider would refuse it, in its own words."""
    call = open_call(vad=False)
    call.speaks(bytes(4798))
    assert call.says("user_audio_end") == [said("a turn needs at least 100 ms of audio, and 99 ms were sent")]


def test_what_was_committed_or_cleared_is_no_part_of_the_next_turn() -> None:
    call = open_call(vad=False)
    call.speaks(bytes(9600))
    call.says("user_audio_commit")
    assert "0 ms" in call.says("user_audio_commit")[0]["message"]
    call.speaks(bytes(9601))
    assert call.says("user_audio_clear") == [asks("input_audio_buffer.clear")]
    assert "0 ms" in call.says("user_audio_commit")[0]["message"]


def test_what_follows_a_clearing_counts_though_the_provider_confirms_it_late() -> None:
    """Its `cleared` and `committed` speak of what came before."""
    call = open_call(vad=False)
    call.says("user_audio_clear")
    call.speaks(bytes(4800))
    call.hears("input_audio_buffer.cleared")
    call.hears("input_audio_buffer.committed", item_id="u0")
    assert call.says("user_audio_end") == [COMMIT, ASK]


def test_what_the_provider_committed_by_itself_is_no_part_of_the_next_turn() -> None:
    call = open_call()
    call.speaks(bytes(9600))
    call.hears("input_audio_buffer.committed", item_id="u1")
    assert "0 ms" in call.says("user_audio_commit")[0]["message"]


def test_detection_may_change_on_the_way() -> None:
    call = open_call()
    call.hears("session.updated", session={"audio": {"input": {"turn_detection": None}}})
    call.speaks(bytes(4800))
    assert call.says("user_audio_end") == [COMMIT, ASK]


def test_a_typed_message_is_added_and_answered() -> None:
    assert open_call().says("user_text", text="Bonjour « à tous »") == [typed("Bonjour « à tous »"), ASK]


def test_a_typed_message_interrupts_and_its_answer_waits_for_the_cancelled_one() -> None:
    """Two answers at once are refused by the provider."""
    call = open_call()
    call.answer()
    call.now += 0.6
    assert call.says("user_text", text="Wait") == [
        CANCEL,
        truncate(600),
        DROP,
        INTERRUPTED,
        BOT_AUDIO_END,
        transcript("one"),
        typed("Wait"),
    ]
    assert call.done(status="cancelled") == [ASK]


def test_messages_typed_in_a_row_are_asked_for_once_and_once_more() -> None:
    """The second while the first answer has not begun; the third while it is on its way."""
    call = open_call()
    assert ASK in call.says("user_text", text="one")
    assert call.says("user_text", text="two") == [typed("two")]
    call.hears("response.created", response={"id": "r1", "conversation_id": "c"})
    assert ASK not in call.says("user_text", text="three")
    assert call.done(status="cancelled") == [ASK]
    call.answer("r2")
    assert call.done("r2") == [BOT_AUDIO_END]


def test_a_reset_leaves_the_conversation_in_mid_word() -> None:
    call = open_call()
    call.answer()
    call.now += 0.6
    assert call.says("reset_session") == [
        CANCEL,
        truncate(600),
        DROP,
        INTERRUPTED,
        BOT_AUDIO_END,
        transcript("one"),
        Renew(),
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"nonsense", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[1]", "object"),
        (b"{}", "user_audio_commit"),
        (b'{"type":"sing"}', "the types are: start_conversation, user_audio_end, reset_session"),
        (b'{"type":"user_text"}', "text"),
        (b'{"type":"interrupt","played_ms":-1}', "played_ms"),
        (b'{"type":"interrupt","x":' + b"[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_message_is_answered_with_what_is_wrong_and_nothing_else_happens(data: bytes, problem: str) -> None:
    call = open_call()
    call.answer()
    before = attrs.asdict(call.door)
    (answer,) = plainly(call.door.from_client(data, text=True, now=call.now))
    assert (answer["type"], answer.keys()) == ("error", {"type", "message"})
    assert problem in answer["message"]
    assert attrs.asdict(call.door) == before


def test_a_message_typed_while_the_user_speaks_is_answered_with_what_they_say() -> None:
    """Voice detection asks for that answer itself; nobody is impatient while the user talks."""
    call = open_call()
    call.hears("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    assert call.says("user_text", text="and this") == [typed("and this")]
    assert call.door.wake_at == call.now + LONGEST_SPEECH_S
    call.hears("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=0)
    call.hears("input_audio_buffer.committed", item_id="u")
    call.answer()
    assert call.done() == [BOT_AUDIO_END]


def test_a_message_typed_while_the_user_speaks_is_asked_for_where_nobody_answers_them() -> None:
    """And that answer is awaited as any other."""
    call = open_call()
    call.hears("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    call.says("user_text", text="and this")
    call.hears("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=0)
    assert call.wakes() == [ASK]
    assert call.door.wake_at == call.now + PATIENCE_S


def test_a_turn_committed_while_voice_detection_hears_it_is_asked_for_at_once() -> None:
    call = open_call()
    call.hears("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    call.speaks(bytes(4800))
    assert call.says("user_audio_commit") == [COMMIT, ASK]


def test_what_octis_tools_want_waits_its_turn_and_is_awaited() -> None:
    """They ask the door's arbiter, whichever one it was given."""
    arbiter = Arbiter()
    call = Call(OctiDoor(arbiter))
    call.open()
    call.answer()
    assert call.door.arbiter is arbiter
    assert arbiter.ask("octi_tool") == []
    assert call.done() == [BOT_AUDIO_END, asks("response.create", event_id="octi_tool")]
    assert call.door.wake_at is not None
    assert Call(OctiDoor(None)).open() == [READY]


# Interruption


def test_an_interruption_cancels_truncates_and_flushes() -> None:
    """The client says what was heard; its words are told."""
    call = open_call()
    call.answer()
    assert call.says("interrupt", played_ms=500) == [
        CANCEL,
        truncate(500),
        DROP,
        INTERRUPTED,
        BOT_AUDIO_END,
        transcript("one"),
    ]


@pytest.mark.parametrize(
    ("played_ms", "heard_ms"), [(0, 1), (999.5, 999), (1000, 1000), (5000, 1000), (1e300, 1000), (None, 250)]
)
def test_what_was_played_is_at_least_nothing_and_at_most_what_was_sent(played_ms: float, heard_ms: int) -> None:
    """Browsers count in fractions; null means by the clock; the provider takes no 0."""
    call = open_call()
    call.answer()
    call.now += 0.25
    assert truncate(heard_ms) in call.says("interrupt", played_ms=played_ms)


def test_without_the_clients_word_the_clock_says_what_was_heard() -> None:
    call = open_call()
    call.answer()
    call.now += 0.7
    assert call.says("interrupt")[1:2] == [truncate(700)]


def test_an_answer_already_complete_is_only_truncated() -> None:
    """There is nothing to cancel; its audio has ended already for the client."""
    call = open_call()
    call.answer()
    assert call.done() == [BOT_AUDIO_END]
    call.now += 0.7
    assert call.says("interrupt") == [truncate(700), DROP, INTERRUPTED, transcript("one")]
    assert call.door.wake_at is None


def test_what_was_heard_is_known_though_the_provider_never_says_so() -> None:
    """The client is told at once, and a reset leaves the leg before the truncation is confirmed."""
    call = open_call()
    call.answer()
    call.now += 0.6
    steps = call.door.from_client(b'{"type":"reset_session"}', text=True, now=call.now)
    assert [step for step in steps if isinstance(step, Heard)] == [Heard("a1", 600)]
    call = open_call()
    call.answer()
    steps = call.door.from_client(b'{"type":"interrupt","played_ms":0}', text=True, now=call.now)
    assert Heard("a1", 0) in steps


def test_where_nothing_is_audible_nothing_is_interrupted() -> None:
    """Before any answer, after one was heard, after one was interrupted."""
    call = open_call()
    assert call.says("interrupt") == []
    call.answer()
    call.done()
    call.now += 1.0
    assert call.says("interrupt", played_ms=10) == []
    call.answer("r2", "a2")
    call.says("interrupt")
    assert call.says("interrupt") == []


def test_an_answer_about_to_be_heard_is_cancelled() -> None:
    """Nothing of it was told, so nothing of it has to be ended."""
    call = open_call()
    call.hears("response.created", response={"id": "r1", "conversation_id": "c"})
    assert call.says("interrupt") == [CANCEL, DROP, INTERRUPTED]


def test_an_answer_cut_before_its_first_sound_was_not_heard() -> None:
    """Its words came first; there is no audio to truncate."""
    call = open_call()
    call.answer(ms=0)
    assert call.says("interrupt") == [CANCEL, DROP, INTERRUPTED, BOT_AUDIO_END, transcript("")]


def test_speech_over_the_agent_interrupts_it() -> None:
    """The provider cancels by itself."""
    call = open_call()
    call.answer()
    call.now += 0.7
    assert call.hears("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0) == [
        {"type": "user_speech_started"},
        truncate(700),
        DROP,
        INTERRUPTED,
        BOT_AUDIO_END,
        transcript("one"),
    ]


def test_where_the_provider_does_not_interrupt_octi_does() -> None:
    call = open_call(interrupts=False)
    call.answer()
    call.now += 0.7
    steps = call.hears("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    assert steps[:3] == [{"type": "user_speech_started"}, CANCEL, truncate(700)]


def test_speech_in_silence_interrupts_nothing() -> None:
    call = open_call()
    assert call.hears("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0) == [
        {"type": "user_speech_started"}
    ]


def test_late_pieces_of_an_interrupted_answer_are_dropped() -> None:
    """Until its end, which is not told a second time."""
    call = open_call()
    call.answer()
    call.says("interrupt")
    place = {"response_id": "r1", "item_id": "a1"}
    assert call.hears("response.output_audio.delta", **place, delta="<100 ms>") == []
    assert call.hears("response.output_audio_transcript.delta", **place, delta="late") == []
    assert call.hears("response.output_audio_transcript.done", **place, transcript="late") == []
    assert call.done(status="cancelled") == []


def test_of_several_items_the_one_being_heard_is_truncated_and_those_behind_it() -> None:
    """The next items were sent ahead; none of them was heard."""
    call = open_call()
    call.answer(words="one two", ms=1000)
    place = {"response_id": "r1", "item_id": "a2"}
    call.hears("response.output_audio_transcript.delta", **place, delta="three four")
    call.hears("response.output_audio.delta", **place, delta="<1000 ms>")
    assert call.says("interrupt", played_ms=600)[1:] == [
        truncate(600, "a1"),
        truncate(1, "a2"),
        DROP,
        INTERRUPTED,
        BOT_AUDIO_END,
        transcript("one"),
    ]


def test_what_was_played_counts_over_all_items_of_the_answer() -> None:
    call = open_call()
    call.answer(words="one two", ms=1000)
    place = {"response_id": "r1", "item_id": "a2"}
    call.hears("response.output_audio_transcript.delta", **place, delta="three four")
    call.hears("response.output_audio.delta", **place, delta="<1000 ms>")
    steps = call.says("interrupt", played_ms=1600)
    assert steps[1] == truncate(600, "a2")
    assert steps[-1] == transcript("one two three")


# What the agent says


def test_an_answer_is_told_whole_when_it_was_heard() -> None:
    """Its audio is complete as soon as all of it was sent; its words stand when they were played."""
    call = open_call()
    steps = call.answer()
    assert steps == [said("one two", "transcript_delta"), bytes(48_000)]
    assert call.done() == [BOT_AUDIO_END]
    assert call.wakes() == [transcript("one two")]
    assert call.now == 101.0
    assert call.door.wake_at is None


def test_an_answer_heard_before_it_is_complete_is_told_at_once() -> None:
    call = open_call()
    call.answer()
    call.now += 2
    assert call.done() == [BOT_AUDIO_END, transcript("one two")]


def test_an_alarm_that_comes_as_the_next_answer_begins_does_not_end_that() -> None:
    call = open_call()
    call.answer()
    call.done()
    call.now += 1.0
    assert call.answer("r2", "a2")[0] == transcript("one two")
    assert plainly(call.door.wake(call.now)) == []
    assert call.hears("response.output_audio.delta", response_id="r2", item_id="a2", delta="<1 ms>") == [bytes(48)]


def test_an_answer_behind_another_is_heard_behind_it() -> None:
    """The client plays one after the other; so does the clock."""
    call = open_call(vad=False)
    call.answer()
    call.done()
    call.answer("r2", "a2")
    call.done("r2")
    assert call.door.wake_at == 102.0
    call.now += 1.5
    assert call.says("interrupt")[0] == truncate(500, "a2")


def test_an_answer_whose_end_was_never_told_ends_as_the_next_begins() -> None:
    call = open_call()
    call.answer()
    assert call.answer("r2", "a2")[:2] == [BOT_AUDIO_END, transcript("one two")]
    assert call.done("r1") == []


def test_the_agents_final_words_count() -> None:
    """Also where no piece of them came before."""
    call = open_call()
    call.answer(words="")
    place = {"response_id": "r1", "item_id": "a1"}
    assert call.hears("response.output_audio_transcript.done", **place, transcript="one two") == []
    call.done()
    assert call.wakes() == [transcript("one two")]


def test_half_a_sample_of_the_agents_waits_for_its_other_half() -> None:
    """And half a sample alone is no message."""
    call = open_call()
    call.answer(ms=0, words="")
    place = {"response_id": "r1", "item_id": "a1"}
    assert call.hears("response.output_audio.delta", **place, delta="AQ==") == []
    assert call.hears("response.output_audio.delta", **place, delta="AgME") == [b"\1\2\3\4"]


def test_an_answer_that_says_nothing_is_not_told() -> None:
    """A function's call alone; empty pieces are none."""
    call = open_call()
    call.answer(ms=0, words="")
    assert call.hears("response.output_text.delta", response_id="r1", item_id="a1", delta="") == []
    assert call.done() == []


def test_a_piece_that_is_no_audio_is_told_and_the_answer_goes_on() -> None:
    call = open_call()
    call.answer()
    place = {"response_id": "r1", "item_id": "a1"}
    assert call.hears("response.output_audio.delta", **place, delta="AA=A") == [
        said("a piece of the agent's voice was lost: not base64")
    ]
    assert call.done() == [BOT_AUDIO_END]


def test_the_users_words_come_live_and_whole() -> None:
    call = open_call()
    assert call.hears(f"{TRANSCRIPTION}.delta", item_id="u", delta="Hel") == [said("Hel", "user_transcript_delta")]
    assert call.hears(f"{TRANSCRIPTION}.delta", item_id="u", delta="") == []
    assert call.hears(f"{TRANSCRIPTION}.completed", item_id="u", transcript=" Hello.\n") == [
        said("Hello.", "user_transcript")
    ]


def test_what_the_protocol_has_no_word_for_is_not_told() -> None:
    call = open_call()
    assert call.hears("rate_limits.updated", rate_limits=[]) == []
    assert call.hears("vendor.news") == []


# What goes wrong


def test_a_failed_answer_is_told() -> None:
    """What was said of it is ended first."""
    call = open_call()
    call.answer()
    details = {"type": "failed", "error": {"type": "server_error", "message": "The server had an error."}}
    assert call.done(status="failed", status_details=details) == [BOT_AUDIO_END, said("The server had an error.")]


@pytest.mark.parametrize(
    ("details", "told"),
    [
        (None, "the agent's answer failed"),
        ({"type": "failed"}, "the agent's answer failed"),
        ("out of tokens", "out of tokens"),
        ({"type": "failed", "error": {"code": "insufficient_quota"}}, "insufficient_quota"),
    ],
)
def test_a_failure_is_told_however_little_is_said_of_it(details: Any, told: str) -> None:
    call = open_call()
    call.answer(words="", ms=0)
    assert call.done(status="failed", status_details=details) == [said(told)]


def test_an_answer_cancelled_by_the_provider_is_no_failure() -> None:
    call = open_call()
    call.answer()
    details = {"type": "cancelled", "reason": "turn_detected"}
    assert call.done(status="cancelled", status_details=details) == [BOT_AUDIO_END]


def test_an_error_of_the_providers_is_told() -> None:
    call = open_call()
    assert call.refused(None, "invalid_value", "Invalid value: 'nope'.") == [said("Invalid value: 'nope'.")]
    assert call.hears("error") == [said("the provider refused something")]


def test_a_rate_limit_is_told_and_waited_out() -> None:
    """Then the conversation begins anew, on another leg."""
    call = open_call()
    message = "Rate limit reached. Please try again in 7.5s."
    assert call.refused(None, "rate_limit_exceeded", message) == [said(message), Renew(7.5)]


def test_a_rate_limit_holds_up_nobody_for_more_than_a_minute() -> None:
    call = open_call()
    steps = call.refused(None, "rate_limit_exceeded", "Rate limit reached. Please try again in 6m0s.")
    assert steps[-1] == Renew(60.0)


def test_a_rate_limited_answer_is_ended_and_waited_out() -> None:
    """Whatever else was wanted belongs to the old conversation."""
    call = open_call()
    call.answer()
    call.door.from_client(b'{"type":"user_audio_commit"}', text=True, now=call.now)
    details = {"type": "failed", "error": {"code": "inference_rate_limit_exceeded", "message": "Slow down."}}
    assert call.done(status="failed", status_details=details) == [BOT_AUDIO_END, said("Slow down."), Renew(5.0)]
    assert call.wakes() == [transcript("one two")]


def test_an_answer_cut_off_by_a_rate_limit_is_ended() -> None:
    call = open_call()
    call.answer()
    assert call.refused(None, "rate_limit_exceeded", "Wait 3 s.") == [said("Wait 3 s."), BOT_AUDIO_END, Renew(3.0)]


@pytest.mark.parametrize("event_id", ["octi_unasked", None])
def test_octis_own_lost_races_are_not_told(event_id: str | None) -> None:
    """Its cancel or truncation came too late: the client asked for neither."""
    call = open_call()
    assert call.refused(event_id, "response_cancel_not_active", "Cancellation failed: no active response found") == []
    assert call.refused("octi_unasked", "invalid_value", "Audio content of 3ms is already shorter than 4ms") == []


@pytest.mark.parametrize("event_id", ["octi_ask", None])
def test_where_the_provider_began_an_answer_first_octi_asks_again_behind_it(event_id: str | None) -> None:
    """The user spoke as they typed: voice detection asked a moment earlier."""
    call = open_call()
    call.says("user_text", text="Hello")
    call.answer()
    assert call.refused(event_id, "conversation_already_has_active_response") == []
    assert call.done() == [BOT_AUDIO_END, ASK]


def test_an_answer_that_was_refused_is_told_and_no_longer_awaited() -> None:
    call = open_call()
    call.says("user_text", text="one")
    assert call.refused("octi_ask", "server_error", "Not now.") == [said("Not now.")]
    assert call.says("user_text", text="two") == [typed("two"), ASK]


def test_the_next_question_is_asked_where_the_one_before_was_refused() -> None:
    call = open_call()
    call.says("user_text", text="one")
    call.says("user_text", text="two")
    assert call.refused("octi_ask", "server_error", "Not now.") == [said("Not now."), ASK]
    assert call.refused("octi_ask", "server_error", "Not now.") == [said("Not now.")]


def test_a_refusal_of_something_else_says_nothing_of_the_answer() -> None:
    call = open_call()
    call.says("user_text", text="one")
    call.refused("somebody_elses", "invalid_value")
    assert call.says("user_text", text="two") == [typed("two")]


def test_a_race_does_not_ask_before_the_unknown_answer_is_known() -> None:
    """The provider says that one is active; whenever octi next asks, it asks once."""
    call = open_call()
    call.says("user_text", text="one")
    call.refused("octi_ask", "conversation_already_has_active_response")
    assert call.says("user_text", text="two") == [typed("two"), ASK]
    call.answer()
    assert call.done() == [BOT_AUDIO_END]


# Whatever happens

SMALL = st.sampled_from(["r1", "r2", "r3", "r4"])
ITEMS = st.sampled_from(["a1", "a2", "a3"])
WORDS = st.text("ab é\n", max_size=8)
CODES = st.sampled_from(
    [None, "rate_limit_exceeded", "conversation_already_has_active_response", "response_cancel_not_active", "x"]
)
CLIENT = st.one_of(
    st.sampled_from(["start_conversation", "user_audio_end", "reset_session", "user_audio_clear", "user_audio_commit"])
    .map(lambda kind: {"type": kind})
    .map(msgspec.json.encode),
    WORDS.map(lambda text: msgspec.json.encode({"type": "user_text", "text": text})),
    st.integers(-10, 5000).map(lambda ms: msgspec.json.encode({"type": "interrupt", "played_ms": ms})),
    st.just(b'{"type":"interrupt"}'),
    st.binary(max_size=20),
)
VOICE = st.sampled_from([50, 100, 101, 4801]).map(bytes)
STATUS = st.sampled_from(["completed", "cancelled", "failed", "incomplete"])
DETAILS = st.none() | st.text(max_size=3) | CODES.map(lambda code: {"error": {"code": code, "message": "m"}})
DELTA = st.sampled_from(["", "AA==", "AAA=", "AAAA", "<100 ms>", "=no="])
CONVERSATION = st.sampled_from(["c", "c", "c", None])


def provider_frame(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return st.fixed_dictionaries(fields).map(lambda given: event(kind, **given))


RESPONSE = st.fixed_dictionaries({"id": SMALL, "conversation_id": CONVERSATION})
ENDED = st.fixed_dictionaries(
    {"id": SMALL, "conversation_id": CONVERSATION, "status": STATUS, "status_details": DETAILS}
)
PROVIDER = st.one_of(
    provider_frame("response.created", response=RESPONSE),
    provider_frame("response.done", response=ENDED),
    provider_frame("response.output_audio.delta", response_id=SMALL, item_id=ITEMS, delta=DELTA),
    provider_frame("response.output_audio_transcript.delta", response_id=SMALL, item_id=ITEMS, delta=WORDS),
    provider_frame("response.output_audio_transcript.done", response_id=SMALL, item_id=ITEMS, transcript=WORDS),
    provider_frame("response.output_text.delta", response_id=SMALL, item_id=ITEMS, delta=WORDS),
    provider_frame("response.output_text.done", response_id=SMALL, item_id=ITEMS, text=WORDS),
    provider_frame("input_audio_buffer.speech_started", item_id=ITEMS, audio_start_ms=st.integers(0, 9)),
    provider_frame("input_audio_buffer.speech_stopped", item_id=ITEMS, audio_end_ms=st.integers(0, 9)),
    provider_frame("input_audio_buffer.committed", item_id=ITEMS),
    provider_frame(f"{TRANSCRIPTION}.completed", item_id=ITEMS, transcript=WORDS),
    provider_frame(
        "error",
        error=st.fixed_dictionaries(
            {"code": CODES, "message": WORDS, "event_id": st.sampled_from([None, "octi_ask", "octi_unasked"])}
        ),
    ),
    provider_frame("vendor.news"),
)


@attrs.define
class Witness:
    """Watches a door from outside: what it asks for, and what it tells."""

    active: str | None = None
    begun: int = 0
    told: dict[str, int] = attrs.field(factory=dict)

    def provider_says(self, frame: bytes) -> None:
        body = msgspec.json.decode(frame)
        response = body.get("response", {})
        if body["type"] == "response.created" and response["conversation_id"]:
            self.active = response["id"]
            self.begun += 1
        elif body["type"] == "response.done" and response["id"] == self.active:
            self.active = None

    def sees(self, steps: Steps) -> None:
        for step in steps:
            match plain(step):
                case ("provider", {"type": "response.create"}):
                    assert self.active is None
                case {"type": "bot_audio_end" | "transcript" as kind}:
                    self.told[kind] = self.told.get(kind, 0) + 1
                    assert self.told[kind] <= self.begun
                case {"type": kind}:
                    assert kind != "interrupted" or self.begun
                case Renew(wait_s):
                    assert 0 <= wait_s <= 60
                    self.active = None
                case _:
                    pass


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("client"), CLIENT),
            st.tuples(st.just("voice"), VOICE),
            st.tuples(st.just("provider"), PROVIDER),
            st.tuples(st.sampled_from(["wake", "lost", "open", "open manual"]), st.just(b"")),
        ),
        max_size=40,
    ),
    st.lists(st.sampled_from([0.0, 0.01, 0.2, 1.0]), min_size=40, max_size=40),
)
def test_whatever_happens_the_door_keeps_its_promises(happenings: list[tuple[str, bytes]], pauses: list[float]) -> None:
    """It never raises, never asks while an answer that it knows of is active, and ends no answer twice."""
    door, witness, now, up = OctiDoor(), Witness(), 0.0, False
    for (what, data), pause in zip(happenings, pauses, strict=False):
        now += pause
        match what:
            case "client" | "voice":
                steps = door.from_client(data, text=what == "client", now=now)
            case "provider" if up:
                witness.provider_says(data)
                steps = door.from_provider(data, read_event(data), now)
            case "provider":
                steps = door.from_provider(data, read_event(data), now)
            case "wake":
                steps = door.wake(now)
            case "lost":
                witness.active, up = None, False
                steps = []
                door.lost()
            case _:
                witness.active, up = None, True
                steps = door.opened(session(vad=what == "open"))
        witness.sees(steps)
        up = up and not any(isinstance(step, Renew) for step in steps)
    witness.sees(door.opened(session()))
    assert witness.told.get("bot_audio_end", 0) == witness.told.get("transcript", 0) <= witness.begun


def test_recorded_conversations_end_each_answer_once() -> None:
    """As many ends as transcripts, in every conversation."""
    for name in ("voice_turn", "barge_in", "function_call", "late_words", "cancelled"):
        told = heard(name)
        ends = told.count(BOT_AUDIO_END)
        assert ends == sum(isinstance(step, dict) and step["type"] == "transcript" for step in told) > 0
        assert len(conversation(name)) > ends


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever() -> None:
    """A provider that swallows what was asked costs its leg: the client is told, and the conversation begins anew."""
    call = Call()
    call.open()
    call.says("user_text", text="Hello?")
    assert call.door.wake_at == call.now + PATIENCE_S
    told, renew = call.wakes()
    assert "did not answer for 20 s" in told["message"]
    assert renew == Renew()
    assert call.door.wake_at is None


def test_an_answer_that_grows_is_waited_for() -> None:
    """Every sign of it counts, however long it takes to its end."""
    call = Call()
    call.open(vad=False)
    call.hears("response.created", response={"id": "r1", "conversation_id": "c"})
    assert call.door.wake_at is None
    call.speaks(bytes(9600))
    call.says("user_audio_commit")
    for _ in range(9):
        call.now += 10
        call.hears("response.output_audio_transcript.delta", response_id="r1", item_id="a1", delta="more ")
    assert call.door.wake_at == call.now + PATIENCE_S
