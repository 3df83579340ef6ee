"""Who has the floor: the user, the provider that is about to answer them, or nobody."""

from typing import Any

import attrs
import pytest

from octi.realtime.floor import GRACE_S, LONGEST_SPEECH_S, Floor
from octi.realtime.reading import read_event
from octi.realtime.session_settings import TurnDetection
from tests.wire.conversations import event

STARTED = ("input_audio_buffer.speech_started", {"item_id": "u", "audio_start_ms": 0})
STOPPED = ("input_audio_buffer.speech_stopped", {"item_id": "u", "audio_end_ms": 0})
COMMITTED = ("input_audio_buffer.committed", {"item_id": "u"})
CLEARED: tuple[str, dict[str, Any]] = ("input_audio_buffer.cleared", {})
CREATED = ("response.created", {"response": {"id": "r", "conversation_id": "c"}})
DONE = ("response.done", {"response": {"id": "r", "conversation_id": "c"}})
OUT_OF_BAND = ("response.created", {"response": {"id": "r", "conversation_id": None}})


@attrs.define
class Room:
    """A floor, and the events that a test makes happen on it at 100 s."""

    floor: Floor = attrs.field(factory=lambda: Floor(TurnDetection("server_vad")))

    def happens(self, *events: tuple[str, dict[str, Any]], now: float | None = 100.0) -> Floor:
        for kind, fields in events:
            self.floor.fold(read_event(event(kind, **fields)), now)
        return self.floor


def session(detection: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
    return ("session.updated", {"session": {"audio": {"input": {"turn_detection": detection}}}})


def test_nobody_has_the_floor_at_first() -> None:
    assert (Floor().taken, Floor().free_at) == (False, None)


@pytest.mark.parametrize("events", [[STARTED], [STARTED, STOPPED], [STARTED, STOPPED, COMMITTED], [STOPPED]])
def test_the_user_has_it_from_their_first_word_until_they_are_answered(events: list[Any]) -> None:
    room = Room()
    assert room.happens(*events).taken
    assert not room.happens(STOPPED, CREATED).taken


def test_an_answer_that_begins_while_they_speak_is_not_to_them() -> None:
    assert Room().happens(STARTED, CREATED).taken


def test_an_answer_out_of_band_is_not_to_them() -> None:
    assert Room().happens(STARTED, STOPPED, OUT_OF_BAND).taken


@pytest.mark.parametrize("detection", [None, {"type": "server_vad", "create_response": False}])
def test_where_the_provider_does_not_answer_by_itself_nobody_is_waited_for(detection: dict[str, Any] | None) -> None:
    assert not Room().happens(session(detection), STARTED).taken
    assert not Room().happens(STARTED, session(detection)).taken


def test_a_change_of_another_kind_leaves_it_taken() -> None:
    assert Room().happens(STARTED, session({"type": "semantic_vad"})).taken


def test_what_was_cleared_is_not_answered() -> None:
    assert not Room().happens(STARTED, CLEARED).taken


def test_a_turn_that_the_client_committed_is_not_answered_by_the_provider() -> None:
    """Nor does its confirmation take the floor."""
    room = Room()
    room.happens(STARTED)
    room.floor.free()
    assert not room.happens(COMMITTED).taken


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        ([STARTED], LONGEST_SPEECH_S),
        ([STARTED, DONE], LONGEST_SPEECH_S),  # the answer that they interrupted
        ([STARTED, STOPPED], GRACE_S),
        ([STARTED, COMMITTED], GRACE_S),
    ],
)
def test_nobody_is_waited_for_for_ever(events: list[Any], seconds: float) -> None:
    room = Room()
    assert room.happens(*events).free_at == 100 + seconds
    room.floor.pass_time(100 + seconds - 0.1)
    assert room.floor.taken
    room.floor.pass_time(100 + seconds)
    assert not room.floor.taken


@pytest.mark.parametrize("sign", [COMMITTED, DONE])
def test_every_sign_of_the_coming_answer_counts(sign: tuple[str, Any]) -> None:
    """A provider that may not interrupt answers when its last answer has ended."""
    room = Room()
    room.happens(STARTED, STOPPED)
    assert room.happens(sign, now=102.0).free_at == 102 + GRACE_S


def test_the_next_event_notices_that_its_time_is_over() -> None:
    room = Room()
    room.happens(STARTED, STOPPED)
    assert not room.happens(("vendor.news", {}), now=200.0).taken


def test_without_a_clock_only_events_end_it() -> None:
    room = Room()
    assert room.happens(STARTED, STOPPED, now=None).taken
    assert room.floor.free_at is None
    assert not room.happens(CREATED, now=None).taken
