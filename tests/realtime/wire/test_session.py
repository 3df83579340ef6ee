"""A session's configuration: the engine's own at its beginning is one, of both kinds."""

from typing import Any

import msgspec
import pytest

from octi.engine.settings import initial
from octi.engine.transcribing import initial_transcription
from octi.realtime.session_settings import SessionSettings
from octi.realtime.wire import session
from tests.realtime.wire.strictly import check

NOON = 1_790_000_000.0


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (session.RealtimeSession, initial("sess_1", "gpt-realtime", NOON)),
        (session.TranscriptionSession, initial_transcription("sess_1", NOON)),
    ],
)
def test_the_engines_first_configuration_is_whole(kind: type[msgspec.Struct], values: dict[str, Any]) -> None:
    """Field by field."""
    check(values, kind)


def test_there_is_one_rate() -> None:
    """Any other is no format."""
    assert msgspec.convert({"type": "audio/pcm", "rate": 24000}, session.Format) == session.Pcm(24000)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "audio/pcm", "rate": 16000}, session.Format)


def test_the_relay_reads_no_field_that_there_is_not() -> None:
    """What octi depends on in a configuration stands in it."""
    read = SessionSettings()
    told = msgspec.convert(initial("sess_1", "gpt-realtime", NOON), session.RealtimeSession)
    missing = [name for name in read.__struct_fields__ if name != "type" and not hasattr(told, name)]
    missing += [name for name in read.audio.input.__struct_fields__ if not hasattr(told.audio.input, name)]
    missing += [name for name in read.audio.output.__struct_fields__ if not hasattr(told.audio.output, name)]
    assert missing == []
