"""How recordings are asked for."""

import pytest

from octi.config import read_config
from octi.errors import BadConfig
from octi.record_config import RecordConfig, RecordKind


def test_nothing_is_recorded_unasked() -> None:
    """What people say is theirs."""
    record = RecordConfig()
    assert read_config({}).record == record
    assert (record.kinds, record.wire, record.audio) == (frozenset(), False, False)
    assert (record.folder, record.audio_folder, record.voices) == ("cassettes", "recordings", True)


def test_cassettes_are_asked_for() -> None:
    """Where, and whether with voices."""
    env = {"OCTI_RECORD": "wire", "OCTI_RECORD_FOLDER": "/var/lib/octi/tapes", "OCTI_RECORD_VOICES": "off"}
    record = read_config(env).record
    assert (record.kinds, record.folder, record.voices) == (frozenset({RecordKind.WIRE}), "/var/lib/octi/tapes", False)


@pytest.mark.parametrize(
    ("said", "wire", "audio"),
    [("off", False, False), ("audio", False, True), ("wire,audio", True, True), (" Audio , WIRE", True, True)],
)
def test_sound_is_asked_for_with_or_without_cassettes(said: str, wire: bool, audio: bool) -> None:
    """In any order, in capitals too."""
    record = read_config({"OCTI_RECORD": said}).record
    assert (record.wire, record.audio) == (wire, audio)


def test_sound_has_its_bounds() -> None:
    """In all, and for a session."""
    env = {"OCTI_RECORD_BUDGET_BYTES": "2000000", "OCTI_RECORD_SESSION_BYTES": "1500000"}
    record = read_config(env | {"OCTI_RECORD_AUDIO_FOLDER": "/sound"}).record
    assert (record.audio_folder, record.budget_bytes, record.session_bytes) == ("/sound", 2_000_000, 1_500_000)


@pytest.mark.parametrize(
    "env",
    [
        {"OCTI_RECORD": "all"},
        {"OCTI_RECORD": "off,audio"},
        {"OCTI_RECORD": "audio,"},
        {"OCTI_RECORD_VOICES": "some"},
        {"OCTI_RECORD_BUDGET_BYTES": "5"},
        {"OCTI_RECORD_SESSION_BYTES": "4294967296"},
    ],
)
def test_mistakes_are_named(env: dict[str, str]) -> None:
    """By their variable."""
    with pytest.raises(BadConfig, match=next(iter(env))):
        read_config(env)
