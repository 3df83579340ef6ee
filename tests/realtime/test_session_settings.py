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
