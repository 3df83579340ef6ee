"""A provider's frames as events, in spite of what lesser providers write otherwise."""

from typing import Any

import msgspec
import pytest

from octi.errors import BadMessage
from octi.realtime import events as e
from octi.realtime import session_settings as ss
from octi.realtime.reading import read_event, read_session
from tests.wire.conversations import NAMES, conversation

BARE = e.Item("i1")
MESSAGE = {
    "id": "i1",
    "object": "realtime.item",
    "type": "message",
    "role": "user",
    "status": "completed",
    "content": [{"type": "input_audio", "transcript": None}, {"type": "input_text", "text": "and this"}],
}
ITEM = e.Item("i1", "message", "user", "completed", [e.Part("input_audio"), e.Part("input_text", "and this")])
TRANSCRIPTION = "conversation.item.input_audio_transcription"
IDS = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}

READ: list[tuple[str, dict[str, Any], e.ServerEvent]] = [
    ("session.created", {"session": {"id": "s1", "model": "m"}}, e.SessionCreated(ss.SessionSettings("s1", "m"))),
    ("session.updated", {"session": {"id": "s1"}}, e.SessionUpdated(ss.SessionSettings("s1"))),
    (
        "error",
        {"error": {"type": "t", "message": "No.", "code": "c", "param": "p", "event_id": "mine"}},
        e.ErrorEvent(e.ErrorBody("No.", "t", "c", "p", "mine")),
    ),
    ("conversation.item.added", {"item": MESSAGE, "previous_item_id": "i0"}, e.ItemAdded(ITEM, "i0")),
    ("conversation.item.done", {"item": MESSAGE, "previous_item_id": None}, e.ItemDone(ITEM)),
    ("conversation.item.deleted", {"item_id": "i1"}, e.ItemDeleted("i1")),
    ("conversation.item.retrieved", {"item": MESSAGE}, e.ItemRetrieved(ITEM)),
    (
        "conversation.item.truncated",
        {"item_id": "i1", "content_index": 0, "audio_end_ms": 9},
        e.ItemTruncated("i1", 9),
    ),
    ("input_audio_buffer.speech_started", {"audio_start_ms": 9, "item_id": "i1"}, e.SpeechStarted(9, "i1")),
    ("input_audio_buffer.speech_stopped", {"audio_end_ms": 9, "item_id": "i1"}, e.SpeechStopped(9, "i1")),
    ("input_audio_buffer.committed", {"item_id": "i1", "previous_item_id": "i0"}, e.Committed("i1", "i0")),
    ("input_audio_buffer.cleared", {}, e.Cleared()),
    (f"{TRANSCRIPTION}.delta", {"item_id": "i1", "delta": "Hel"}, e.UserWordsDelta("i1", "Hel")),
    (
        f"{TRANSCRIPTION}.completed",
        {"item_id": "i1", "content_index": 0, "transcript": "Hello", "usage": {"type": "duration", "seconds": 1}},
        e.UserWords("i1", "Hello", {"type": "duration", "seconds": 1}),
    ),
    (
        f"{TRANSCRIPTION}.failed",
        {"item_id": "i1", "content_index": 0, "error": {"message": "No."}},
        e.UserWordsFailed("i1", e.ErrorBody("No.")),
    ),
    (
        "response.created",
        {"response": {"id": "r1", "status": "in_progress", "conversation_id": "c1", "output": [], "usage": None}},
        e.ResponseCreated(e.Response("r1", "in_progress", None, "c1")),
    ),
    (
        "response.done",
        {"response": {"id": "r1", "status": "cancelled", "status_details": {"type": "cancelled", "reason": "x"}}},
        e.ResponseDone(e.Response("r1", "cancelled", e.StatusDetails("cancelled", "x"))),
    ),
    ("response.output_audio.delta", {**IDS, "delta": "AAAA"}, e.AudioDelta("r1", "i1", "AAAA")),
    ("response.output_audio.done", IDS, e.AudioDone("r1", "i1")),
    ("response.output_audio_transcript.delta", {**IDS, "delta": "Hel"}, e.AgentWordsDelta("r1", "i1", "Hel")),
    ("response.output_audio_transcript.done", {**IDS, "transcript": "Hello"}, e.AgentWords("r1", "i1", "Hello")),
    ("response.output_text.delta", {**IDS, "delta": "Hel"}, e.AgentTextDelta("r1", "i1", "Hel")),
    ("response.output_text.done", {**IDS, "text": "Hello"}, e.AgentText("r1", "i1", "Hello")),
]


def read(kind: str, **fields: Any) -> e.ServerEvent:
    return read_event(msgspec.json.encode({"type": kind, "event_id": "event_1", **fields}))


@pytest.mark.parametrize(("kind", "fields", "event"), READ, ids=[kind for kind, _, _ in READ])
def test_an_event_is_read(kind: str, fields: dict[str, Any], event: e.ServerEvent) -> None:
    """Also with fields that nobody has documented yet, wherever the type stands."""
    assert read(kind, **fields) == event
    assert read(kind, **fields, obfuscation="xY", phase={"new": [1]}) == event
    assert read_event(msgspec.json.encode({"event_id": "event_1", **fields, "type": kind})) == event


def test_every_event_that_octi_reads_is_tested() -> None:
    assert {kind for kind, _, _ in READ} == {kind.__struct_config__.tag for kind in e.Known.__args__}


@pytest.mark.parametrize("kind", ["rate_limits.updated", "response.content_part.added", "ping", "vendor.news", ""])
def test_any_other_event_is_opaque(kind: str) -> None:
    """Whatever is in it."""
    assert read(kind, item_id=5, session=None) == e.Opaque(kind)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "invalid_json"),
        (b"nonsense", "invalid_json"),
        (b'{"type":"error"', "invalid_json"),
        (b'{"type":"\xff"}', "invalid_json"),
        (b'{"type":"error","x":' + b"[" * 100_000, "invalid_json"),
        (b'{"type":"response.created","response":{"id":5},"x":' + b"[" * 60_000 + b"]" * 60_000 + b"}", "invalid_json"),
        (b"null", "invalid_value"),
        (b"[]", "invalid_value"),
        (b"{}", "invalid_value"),
        (b'{"type":null}', "invalid_value"),
        (b'{"type":5}', "invalid_value"),
        (b'{"type":"response.done"}', "invalid_value"),
        (b'{"type":"response.created","response":"r1"}', "invalid_value"),
        (b'{"type":"conversation.item.added","item":null}', "invalid_value"),
        (b'{"type":"input_audio_buffer.speech_started","item_id":"i1","audio_start_ms":"soon"}', "invalid_value"),
        (b'{"type":"ping","type":"response.done"}', "invalid_value"),
    ],
)
def test_nonsense_is_refused(frame: bytes, code: str) -> None:
    with pytest.raises(BadMessage) as refused:
        read_event(frame)
    assert refused.value.code == code


ODD: list[tuple[str, dict[str, Any], e.ServerEvent]] = [
    ("session.created", {"session": {"id": None, "audio": None}}, e.SessionCreated()),
    (
        "session.updated",
        {"session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": None}}}}},
        e.SessionUpdated(ss.SessionSettings(audio=ss.Audio(ss.AudioInput(ss.TurnDetection("server_vad"))))),
    ),
    ("error", {"error": "No."}, e.ErrorEvent(e.ErrorBody("No."))),
    ("error", {"error": None}, e.ErrorEvent()),
    ("error", {"error": {"message": None, "code": 429}}, e.ErrorEvent(e.ErrorBody(code="429"))),
    (
        "conversation.item.added",
        {"item": {"id": "i1", "type": "message", "role": None, "content": None}},
        e.ItemAdded(BARE),
    ),
    (
        "conversation.item.done",
        {"item": {"id": "i1", "role": None, "content": [{"type": None, "text": "a"}]}},
        e.ItemDone(e.Item("i1", content=[e.Part(text="a")])),
    ),
    ("input_audio_buffer.speech_started", {"audio_start_ms": 812.5, "item_id": "i1"}, e.SpeechStarted(812, "i1")),
    ("conversation.item.truncated", {"item_id": "i1", "audio_end_ms": 9.0}, e.ItemTruncated("i1", 9)),
    (f"{TRANSCRIPTION}.delta", {"item_id": "i1", "delta": None}, e.UserWordsDelta("i1")),
    (f"{TRANSCRIPTION}.completed", {"item_id": "i1", "transcript": None}, e.UserWords("i1")),
    (f"{TRANSCRIPTION}.failed", {"item_id": "i1", "error": None}, e.UserWordsFailed("i1")),
    (
        "response.done",
        {"response": {"id": "r1", "status_details": "completed"}},
        e.ResponseDone(e.Response("r1", None, "completed")),
    ),
    ("response.created", {"response": {"id": None}}, e.ResponseCreated(e.Response())),
    (
        "response.created",
        {"response": {"id": None, "conversation_id": None}},
        e.ResponseCreated(e.Response(conversation_id=None)),
    ),
    ("response.output_audio.delta", {**IDS, "delta": None}, e.AudioDelta("r1", "i1")),
]


@pytest.mark.parametrize(("kind", "fields", "event"), ODD)
def test_what_lesser_providers_write_otherwise_is_understood(
    kind: str, fields: dict[str, Any], event: e.ServerEvent
) -> None:
    """A null is not said, milliseconds may have fractions, codes may be numbers, errors bare sentences."""
    assert read(kind, **fields) == event


def test_a_conversation_that_is_null_is_none_and_one_unsaid_is_the_usual() -> None:
    """Only the first is out of band."""
    out, usual = read("response.created", response={"conversation_id": None}), read("response.created", response={})
    assert isinstance(out, e.ResponseCreated)
    assert isinstance(usual, e.ResponseCreated)
    assert (out.response.conversation_id, usual.response.conversation_id) == (None, msgspec.UNSET)


def raw(**session: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(session))


def test_a_session_says_how_it_hears_and_speaks() -> None:
    detection = {"type": "semantic_vad", "interrupt_response": False, "eagerness": "low"}
    sound = {
        "input": {"turn_detection": detection, "format": {"type": "audio/pcmu"}},
        "output": {"format": {"type": "audio/pcma"}, "voice": {"id": "voice_1"}},
    }
    read_one = read_session(raw(type="realtime", audio=sound))
    assert read_one.turn_detection == ss.TurnDetection("semantic_vad", False)
    assert (read_one.input_format, read_one.output_format) == ("audio/pcmu", "audio/pcma")


@pytest.mark.parametrize("session", [{}, {"audio": None}, {"audio": {"input": None, "output": {"format": None}}}])
def test_a_session_that_says_nothing_of_it_speaks_pcm_and_detects_nothing(session: dict[str, Any]) -> None:
    read_one = read_session(raw(**session))
    assert (read_one.turn_detection, read_one.input_format, read_one.output_format) == (None, "audio/pcm", "audio/pcm")


def test_a_session_that_is_none_is_refused() -> None:
    with pytest.raises(BadMessage):
        read_session(msgspec.Raw(b'{"audio":5}'))


@pytest.mark.parametrize("name", NAMES)
def test_recorded_conversations_can_be_read(name: str) -> None:
    """Every provider's frame in them, its event ids in order."""
    frames = [line for line in conversation(name) if line.sender == "provider"]
    assert [line.event["event_id"] for line in frames] == [f"event_Cx{n:04d}" for n in range(1, len(frames) + 1)]
    assert all(read_event(line.frame) for line in frames)
