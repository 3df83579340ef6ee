"""What is said in each dialect, and what its messages mean."""

import base64
import json
from typing import Any

import pytest

from octi.talk.dialect import (
    AgentAudio,
    AgentDone,
    AgentWords,
    Dialect,
    Event,
    Interrupted,
    Octi,
    Problem,
    Ready,
    Realtime,
    UserSpeaks,
    UserWords,
    socket_address,
    speaks_octi,
)
from octi.units import Milliseconds

SOUND = base64.b64encode(b"\1\2\3\4").decode()


def heard(dialect: Dialect, message: object) -> list[Event]:
    return dialect.read(message if isinstance(message, bytes) else json.dumps(message))


@pytest.mark.parametrize(
    ("message", "events"),
    [
        (b"\1\2", [AgentAudio(b"\1\2")]),
        ({"type": "ready"}, [Ready()]),
        ({"type": "user_speech_started"}, [UserSpeaks()]),
        ({"type": "user_transcript", "text": "Hello."}, [UserWords("Hello.")]),
        ({"type": "user_transcript_delta", "text": "Hel"}, []),
        ({"type": "transcript_delta", "text": "Good "}, [AgentWords("Good ")]),
        ({"type": "transcript", "text": "Good day."}, []),
        ({"type": "bot_audio_end"}, [AgentDone()]),
        ({"type": "interrupted"}, [Interrupted()]),
        ({"type": "error", "message": "no"}, [Problem("no")]),
        ({"type": "something_new"}, []),
    ],
)
def test_octis_messages_are_understood(message: object, events: list[Event]) -> None:
    assert heard(Octi(), message) == events


@pytest.mark.parametrize(
    ("event", "events"),
    [
        ({"type": "session.created"}, []),
        ({"type": "session.updated"}, [Ready()]),
        ({"type": "input_audio_buffer.speech_started"}, [UserSpeaks(), Interrupted()]),
        (
            {"type": "conversation.item.input_audio_transcription.completed", "transcript": "Hello."},
            [UserWords("Hello.")],
        ),
        ({"type": "response.output_audio.delta", "delta": SOUND, "item_id": "i"}, [AgentAudio(b"\1\2\3\4", "i")]),
        ({"type": "response.output_audio.delta", "delta": SOUND}, [AgentAudio(b"\1\2\3\4", "")]),
        ({"type": "response.output_audio_transcript.delta", "delta": "Good "}, [AgentWords("Good ")]),
        ({"type": "response.output_text.delta", "delta": "Good "}, [AgentWords("Good ")]),
        ({"type": "response.done", "response": {"status": "completed"}}, [AgentDone()]),
        ({"type": "response.done", "response": {"status": "incomplete"}}, [AgentDone()]),
        ({"type": "response.done", "response": {"status": "cancelled"}}, []),
        ({"type": "error", "error": {"message": "no"}}, [Problem("no")]),
    ],
)
def test_realtime_events_are_understood(event: object, events: list[Event]) -> None:
    assert heard(Realtime(), event) == events


def test_an_answer_that_failed_is_a_problem_and_over() -> None:
    error = {"type": "server_error", "code": "insufficient_quota"}
    response = {"status": "failed", "status_details": {"error": error}}
    problem, done = heard(Realtime(), {"type": "response.done", "response": response})
    assert isinstance(problem, Problem)
    assert "insufficient_quota" in problem.text
    assert done == AgentDone()


@pytest.mark.parametrize("dialect", [Octi(), Realtime()])
@pytest.mark.parametrize("message", ["", "{", "[" * 100_000, "null", "[]", '{"type": 1}', '{"no": "type"}', "NaN"])
def test_nonsense_is_a_problem_and_no_crash(dialect: Dialect, message: str) -> None:
    [event] = dialect.read(message)
    assert isinstance(event, Problem)
    assert len(event.text) < 300


def test_what_realtime_servers_must_not_send_is_a_problem() -> None:
    [binary] = heard(Realtime(), b"sound")
    [no_base64] = heard(Realtime(), {"type": "response.output_audio.delta", "delta": "?"})
    assert isinstance(binary, Problem)
    assert isinstance(no_base64, Problem)


def said(messages: list[Any]) -> list[Any]:
    return [json.loads(message) for message in messages]


def test_octi_is_spoken_to_in_its_protocol() -> None:
    assert Octi().hello() == []
    assert said(Octi().begin()) == [{"type": "start_conversation"}]
    assert Octi().audio(b"\1\2") == b"\1\2"
    assert Octi().cut("", Milliseconds(5)) == []


def test_a_realtime_session_is_asked_for_in_octis_audio_shape() -> None:
    """With transcription, and with the silence named: servers differ about its default."""
    [update] = said(Realtime(silence_ms=300, transcription_model="m").hello())
    audio = update["session"]["audio"]
    assert (update["type"], update["session"]["type"]) == ("session.update", "realtime")
    assert audio["input"]["format"] == audio["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
    assert audio["input"]["transcription"] == {"model": "m"}
    assert audio["input"]["turn_detection"]["type"] == "server_vad"
    assert audio["input"]["turn_detection"]["silence_duration_ms"] == 300


def test_a_realtime_server_gets_sound_in_base64_and_is_told_what_was_heard() -> None:
    assert said([Realtime().audio(b"\1\2\3\4")]) == [{"type": "input_audio_buffer.append", "audio": SOUND}]
    assert said(Realtime().cut("i", Milliseconds(120))) == [
        {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 120}
    ]
    assert Realtime().begin() == []


@pytest.mark.parametrize(
    ("url", "address", "octi"),
    [
        ("ws://h:8080/ws/realtime", "ws://h:8080/ws/realtime", True),
        ("http://h:8080", "ws://h:8080/ws/realtime", True),
        ("https://h/", "wss://h/ws/realtime", True),
        ("https://h/below/ws/realtime", "wss://h/below/ws/realtime", True),
        ("wss://h/v1/realtime?model=m", "wss://h/v1/realtime?model=m", False),
        ("ws://h/realtime", "ws://h/realtime", False),
        ("ws://h/elsewhere", "ws://h/elsewhere", False),
    ],
)
def test_an_address_tells_who_is_there(url: str, address: str, octi: bool) -> None:
    """A host alone means octi's own door; http means ws."""
    assert socket_address(url) == address
    assert speaks_octi(url) is octi
