"""Whose an event's id is: octi's errors are octi's, and a client is told of its own, whatever it calls its events."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.event_ids import LONGEST_ID, is_ours, marked, unmarked
from tests.wire.conversations import event

LIKE_OURS = st.from_regex(r"~{0,3}octi_[a-z_]{0,20}", fullmatch=True)


def id_at_the_provider(event_id: object) -> object:
    frame = msgspec.json.encode({"type": "response.create", "event_id": event_id, "new": 1.50})
    return msgspec.json.decode(marked(frame))["event_id"]


def told_to_the_client(event_id: object) -> object:
    frame = event("error", error={"type": "x", "code": None, "message": "no", "event_id": event_id})
    return msgspec.json.decode(unmarked(frame, event_id if isinstance(event_id, str) else None))["error"]["event_id"]


@given(LIKE_OURS | st.text(max_size=LONGEST_ID - 1))
def test_a_client_s_id_is_never_taken_for_octi_s_and_comes_back_as_it_was(event_id: str) -> None:
    there = id_at_the_provider(event_id)
    assert isinstance(there, str)
    assert not is_ours(there)
    assert told_to_the_client(there) == event_id


@pytest.mark.parametrize("event_id", ["octi_ask", "octi_words_1", "octi_instructions"])
def test_octi_s_own_are_known(event_id: str) -> None:
    assert is_ours(event_id)
    assert id_at_the_provider(event_id) == f"~{event_id}"


@pytest.mark.parametrize("event_id", [None, 7, [], "evt_1", "~", "my_octi_1", "octi_" + "x" * 507])
def test_any_other_id_passes_as_it_is(event_id: object) -> None:
    """Also one that is as long as may be, and so has no room for a mark: it is known by its length."""
    assert id_at_the_provider(event_id) == event_id
    assert not is_ours(event_id if isinstance(event_id, str) else None)
    assert told_to_the_client(event_id) == event_id


def test_an_id_may_be_written_with_escapes() -> None:
    frame = rb'{"type":"response.create","event_id":"\u006fcti_ask"}'
    assert msgspec.json.decode(marked(frame))["event_id"] == "~octi_ask"


@given(st.binary().map(lambda noise: b'octi_"event_id":' + noise))
def test_what_is_no_event_passes_as_it_is(frame: bytes) -> None:
    """The provider says what is wrong with it."""
    assert marked(frame) == frame


def test_what_a_client_says_of_octi_is_left_alone() -> None:
    """The letters may stand anywhere else; only the id is looked at."""
    frame = b'{ "type": "session.update", "session": {"instructions": "octi_ \\u00e9"}, "event_id": "evt_1" }'
    assert marked(frame) == frame
