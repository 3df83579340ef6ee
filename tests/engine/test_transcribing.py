"""The configuration of sessions that only transcribe."""

from typing import Any

import pytest

from octi.engine.transcribing import initial_transcription, updated_transcription
from octi.errors import BadMessage
from tests.engine.fakes import NOON

WHISPER = {"transcription": {"model": "whisper-1"}}


def session(**change: Any) -> dict[str, Any]:
    """A session's configuration, after an update."""
    fresh = initial_transcription("sess_1", NOON)
    return updated_transcription(fresh, {"type": "transcription", **change}) if change else fresh


def refusal(**change: Any) -> BadMessage:
    with pytest.raises(BadMessage) as found:
        updated_transcription(session(), {"type": "transcription", **change})
    return found.value


def test_it_begins_with_what_is_heard_alone() -> None:
    """No voice, no instructions, no tools; and switches for answers there are none."""
    fresh = session()
    assert fresh.keys() == {"type", "object", "id", "expires_at", "include", "audio"}
    assert fresh["object"] == "realtime.transcription_session"
    assert fresh["audio"].keys() == {"input"}
    assert fresh["audio"]["input"]["transcription"] is None
    assert fresh["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
    }


def test_an_update_is_merged() -> None:
    """Field by field."""
    heard = session(audio={"input": WHISPER})["audio"]["input"]
    assert heard["transcription"] == {"model": "whisper-1"}
    assert heard["format"] == {"type": "audio/pcm", "rate": 24_000}
    assert heard["turn_detection"]["type"] == "server_vad"


def test_a_turn_detection_is_filled_in_without_its_switches() -> None:
    """Clients that send them are not refused; but there is nothing to switch."""
    asked = {"type": "semantic_vad", "eagerness": "low", "create_response": True, "interrupt_response": False}
    assert session(audio={"input": {"turn_detection": asked}})["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "low",
    }
    assert session(audio={"input": {"turn_detection": None}})["audio"]["input"]["turn_detection"] is None


def test_a_realtime_update_is_refused_in_the_providers_words() -> None:
    """And so is one without a type."""
    with pytest.raises(BadMessage, match="Passing a realtime session update event to a transcription session"):
        updated_transcription(session(), {"type": "realtime"})
    with pytest.raises(BadMessage) as found:
        updated_transcription(session(), {})
    assert (found.value.code, found.value.param) == ("missing_required_parameter", "session.type")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"instructions": "Be kind."}, "session.instructions"),
        ({"model": "gpt-realtime"}, "session.model"),
        ({"audio": {"output": {"voice": "ash"}}}, "session.audio.output"),
    ],
)
def test_what_is_about_answers_is_an_unknown_parameter(change: dict[str, Any], param: str) -> None:
    """Named by its place."""
    error = refusal(**change)
    assert (error.code, error.param) == ("unknown_parameter", param)


def test_a_language_that_the_engine_does_not_hear_is_refused() -> None:
    """As in a realtime session."""
    error = refusal(audio={"input": {"transcription": {"model": "whisper-1", "language": "xx"}}})
    assert error.param == "session.audio.input.transcription.language"


def test_a_session_that_cannot_be_told_is_refused() -> None:
    """By the name of the largest field."""
    many = {"transcription": {"model": "whisper-1", "prompt": "x" * (1 << 20)}}
    assert refusal(audio={"input": many}).code == "string_above_max_length"
