"""How recordings are asked for."""

import pytest

from octi.config import read_config
from octi.errors import BadConfig
from octi.record_config import RecordConfig, RecordKind


def test_nothing_is_recorded_unasked() -> None:
    """What people say is theirs."""
    assert read_config({}).record == RecordConfig()
    assert (RecordConfig().kind, RecordConfig().folder, RecordConfig().voices) == (RecordKind.OFF, "cassettes", True)


def test_recordings_are_asked_for() -> None:
    """Where, and whether with voices."""
    env = {"OCTI_RECORD": "wire", "OCTI_RECORD_FOLDER": "/var/lib/octi/tapes", "OCTI_RECORD_VOICES": "off"}
    record = read_config(env).record
    assert (record.kind, record.folder, record.voices) == (RecordKind.WIRE, "/var/lib/octi/tapes", False)


@pytest.mark.parametrize("env", [{"OCTI_RECORD": "all"}, {"OCTI_RECORD_VOICES": "some"}])
def test_mistakes_are_named(env: dict[str, str]) -> None:
    """By their variable."""
    with pytest.raises(BadConfig, match=next(iter(env))):
        read_config(env)
