"""What a configuration says about hearing."""

import pytest

from octi.engine.listening import Listening, eagerness_in, patience_in, streams_words
from octi.engine.patience import EAGERNESS
from octi.engine.turn_taking import Patience


def test_nothing_said_is_the_usual() -> None:
    """24 kHz, English, server VAD, no transcription."""
    usual = Listening()
    assert (usual.patience, usual.format, usual.language) == (Patience(), "audio/pcm", "en")
    assert not (usual.eagerness)
    assert not (usual.transcribes)
    assert not (usual.streams)


def test_a_detection_has_numbers_and_maybe_an_eagerness() -> None:
    """Eagerness waits as long as it does when it knows no words; silence alone is not eager; none is neither."""
    numbers = {"threshold": 0.6, "prefix_padding_ms": 100, "silence_duration_ms": 700}
    server, semantic = {"type": "server_vad", **numbers}, {"type": "semantic_vad", "eagerness": "low"}
    assert patience_in(server) == Patience(threshold=0.6, prefix_padding_ms=100, silence_duration_ms=700)
    assert patience_in(semantic) == Patience(silence_duration_ms=1200)
    assert (eagerness_in(server), eagerness_in(semantic), eagerness_in(None)) == (None, EAGERNESS["low"], None)
    assert patience_in(None) is None


@pytest.mark.parametrize(
    ("model", "streams"),
    [
        ("", False),
        ("whisper-1", False),
        ("gpt-4o-transcribe", True),
        ("gpt-4o-mini-transcribe-2025-12-15", True),
        ("gpt-live-transcribe", True),
        ("gpt-transcribe", True),
        ("gpt-realtime-whisper", True),
        ("gpt-4o-transcribe-diarize", False),
    ],
)
def test_some_models_tell_words_as_they_come(model: str, *, streams: bool) -> None:
    """By their names, as the provider's do."""
    assert streams_words(model) == streams
