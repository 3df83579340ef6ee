"""The server's events: whatever the engine says in a conversation of any kind is one of them, field by field."""

from typing import get_args

import pytest
from msgspec.structs import fields
from trio.testing import MockClock

from octi.realtime import events
from octi.realtime.wire.answers import OF_ANSWERS
from octi.realtime.wire.server import OF_SESSIONS
from tests.realtime.wire.strictly import SERVER, by_type, check_told
from tests.realtime.wire.talks import TALKS, told_in

STARTED = {"type": "input_audio_buffer.speech_started", "event_id": "e", "audio_start_ms": 1, "item_id": "item"}


@pytest.mark.parametrize("name", TALKS)
async def test_every_event_of_the_engines_is_as_its_class_says(name: str, autojump_clock: MockClock) -> None:
    """No field is missing, none is unknown, none is of another type."""
    told = await told_in(TALKS[name])
    assert told[0]["type"] == "session.created"
    assert len(told) > 1
    for event in told:
        check_told(event)


@pytest.mark.parametrize(
    "changed",
    [
        {"extra": 1},
        {"item_id": 7},
        {"audio_start_ms": -1},
        {"audio_start_ms": "12"},
        {"audio_start_ms": None},
        {"event_id": None},
    ],
)
def test_an_event_that_is_otherwise_is_noticed(changed: dict[str, object]) -> None:
    """So that the tests above can fail."""
    check_told(STARTED)
    with pytest.raises((AssertionError, ValueError)):
        check_told({**STARTED, **changed})


@pytest.mark.parametrize("name", ["event_id", "audio_start_ms", "item_id"])
def test_a_field_that_is_missing_is_noticed(name: str) -> None:
    """Every one that is required."""
    with pytest.raises(ValueError, match=f"missing required field `{name}`"):
        check_told({field: value for field, value in STARTED.items() if field != name})


def test_the_relay_reads_no_event_and_no_field_that_there_is_not() -> None:
    """And it needs no field of an event that the event may lack."""
    for kind, read in by_type(*get_args(events.Known)).items():
        told = SERVER[kind]
        assert set(read.__struct_fields__) <= set(told.__struct_fields__), kind
        needed = {field.name for field in fields(read) if field.required}
        assert needed <= {field.name for field in fields(told) if field.required}, kind


def test_events_are_told_apart_by_their_type() -> None:
    """No two have the same."""
    assert len(SERVER) == len(OF_SESSIONS) + len(OF_ANSWERS)
