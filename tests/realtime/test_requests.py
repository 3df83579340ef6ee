"""What is read of a client's frames, and what is not."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.requests import fields_of, instructions_in, read_request, request, with_fields


def frame(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)


def test_a_request_is_read_wherever_its_type_stands() -> None:
    """And however it is written."""
    found = read_request(b'{ "event_id": "e1", "x": [1], "type": "response.\\u0063reate", "response": null }')
    assert found is not None
    assert (found.type, found.event_id, found.in_band) == ("response.create", "e1", True)


@pytest.mark.parametrize(
    ("response", "in_band"),
    [(None, True), ({}, True), ({"conversation": "auto"}, True), ({"conversation": "none"}, False)],
)
def test_an_answer_may_be_wanted_out_of_band(response: dict[str, Any] | None, in_band: bool) -> None:
    found = read_request(frame(type="response.create", response=response))
    assert found is not None
    assert found.in_band is in_band


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"input_audio_buffer.append","audio":"AAAA"}',
        b"",
        b"nonsense",
        b"[1]",
        b"\xff",
        b'{"type":1}',
        b'{"type":"response.create","response":5}',
        b'{"x":' + b"[" * 100_000,
    ],
)
def test_audio_and_what_a_provider_would_refuse_are_not_read(data: bytes) -> None:
    assert read_request(data) is None


@given(st.binary())
def test_reading_never_fails(data: bytes) -> None:
    read_request(data)
    instructions_in(data)


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ({"instructions": "Be kind."}, "Be kind."),
        ({"instructions": ""}, ""),
        ({"instructions": None}, ""),
        ({"instructions": 5}, None),
        ({"type": "realtime"}, None),
        (None, None),
    ],
)
def test_a_session_update_may_set_instructions(session: dict[str, Any] | None, said: str | None) -> None:
    """Null takes them back; what is no text is the provider's to refuse."""
    assert instructions_in(frame(type="session.update", session=session)) == said


def test_other_events_set_none() -> None:
    assert instructions_in(frame(type="response.create", session={"instructions": "x"})) is None
    assert instructions_in(b'{"type":"input_audio_buffer.append","audio":"AAAA"}') is None


def test_what_is_not_replaced_stays_as_it_was_written() -> None:
    """Numbers and escapes too."""
    data = b'{"a": 1.50, "b" : {"c": "\\u00e9"}, "d": 1}'
    assert with_fields(data, {"d": 2}) == b'{"a":1.50,"b":{"c": "\\u00e9"},"d":2}'
    assert bytes(fields_of(data)["b"]) == b'{"c": "\\u00e9"}'


def test_what_is_no_object_has_no_fields() -> None:
    with pytest.raises(msgspec.DecodeError):
        fields_of(b"[]")


def test_octis_own_events_are_written_the_same_way() -> None:
    assert request("response.cancel", event_id="octi_x").data == b'{"type":"response.cancel","event_id":"octi_x"}'
