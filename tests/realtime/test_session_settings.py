"""octi/realtime/session_settings.py: what octi reads of a session's configuration."""

import msgspec
import pytest

from octi.realtime.reading import read_session


@pytest.mark.parametrize(
    ("transcription", "transcribes", "model"),
    [(None, False, ""), ({}, True, ""), ({"model": "whisper-1"}, True, "whisper-1"), ({"model": 5}, True, "")],
)
def test_who_writes_the_users_words_down(transcription: object, transcribes: bool, model: str) -> None:
    """Null is nobody; a model without a name writes all the same."""
    session = {"audio": {"input": {"transcription": transcription}}}
    settings = read_session(msgspec.Raw(msgspec.json.encode(session)))
    assert (settings.transcribes, settings.transcription_model) == (transcribes, model)


def test_audio_is_pcm_unless_something_else_is_said() -> None:
    settings = read_session(msgspec.Raw(b'{"audio":{"output":{"format":{"type":"audio/pcmu"}}}}'))
    assert (settings.input_format, settings.output_format) == ("audio/pcm", "audio/pcmu")


@pytest.mark.parametrize(
    ("detection", "silence_ms"),
    [
        (None, 0),
        ({"type": "server_vad", "silence_duration_ms": 400}, 400),
        ({"type": "server_vad"}, 0),
        ({"type": "server_vad", "silence_duration_ms": "long"}, 0),
        ({"type": "semantic_vad", "silence_duration_ms": 400}, 0),
    ],
)
def test_silence_ends_a_turn_only_where_it_is_listened_for(detection: object, silence_ms: int) -> None:
    """Nobody knows how long a model waits that judges by what was said."""
    settings = read_session(msgspec.Raw(msgspec.json.encode({"audio": {"input": {"turn_detection": detection}}})))
    assert (settings.turn_detection.silence_ms if settings.turn_detection else 0) == silence_ms


def test_in_a_transcription_no_turn_is_answered_or_interrupts() -> None:
    """Its detection does not say so (protocol 2): there is nobody who could."""
    said = {"type": "transcription", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    detection = read_session(msgspec.Raw(msgspec.json.encode(said))).turn_detection
    assert detection is not None
    assert (detection.create_response, detection.interrupt_response) == (False, False)
    silent = read_session(msgspec.Raw(b'{"type":"transcription","audio":{"input":{"turn_detection":null}}}'))
    assert silent.turn_detection is None
