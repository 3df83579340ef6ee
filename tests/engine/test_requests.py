"""Reading a client's events, and naming what is wrong with them."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.requests import (
    TYPES,
    Append,
    CancelResponse,
    CreateItem,
    CreateResponse,
    TruncateItem,
    Update,
    client_event_id,
    read_request,
    read_session_change,
)
from octi.errors import BadMessage
from octi.nesting import DEEPEST


def read(kind: str, **fields: Any) -> object:
    return read_request(msgspec.json.encode({"type": kind, **fields}))


def refusal(data: bytes) -> BadMessage:
    with pytest.raises(BadMessage) as found:
        read_request(data)
    return found.value


def wrong(kind: str, **fields: Any) -> BadMessage:
    return refusal(msgspec.json.encode({"type": kind, **fields}))


def test_requests_are_read_with_what_may_be_left_out() -> None:
    """Each as a value of its own."""
    assert read("input_audio_buffer.append", audio="AAAA") == Append(audio="AAAA")
    assert read("response.cancel", event_id="mine") == CancelResponse(event_id="mine")
    assert read("response.create") == read("response.create", response=None) == CreateResponse()
    place = {"item_id": "a", "content_index": 0, "audio_end_ms": 5}
    assert read("conversation.item.truncate", **place) == TruncateItem(**place)  # type: ignore[arg-type]
    created = read("conversation.item.create", item={"type": "message", "status": "completed", "object": "x"})
    assert isinstance(created, CreateItem)  # an item that was read from the wire may be sent back


def test_an_event_of_an_unknown_type_is_told_which_there_are() -> None:
    """In the provider's words; on a socket there is no output audio buffer."""
    for kind in ("nope", "output_audio_buffer.clear", "transcription_session.update"):
        found = wrong(kind)
        assert (found.param, found.code) == ("type", "invalid_value")
        assert found.problem == f"Invalid value: '{kind}'. Supported values are: {', '.join(TYPES)}."
    assert "output_audio_buffer.clear" not in TYPES
    assert len(TYPES) == 10


@pytest.mark.parametrize(
    ("event", "param", "code"),
    [
        ({"type": "input_audio_buffer.append"}, "audio", "missing_required_parameter"),
        ({"type": "session.update"}, "session", "missing_required_parameter"),
        ({"type": "conversation.item.create"}, "item", "missing_required_parameter"),
        ({"type": "conversation.item.create", "item": {"type": "x"}}, "item.type", "invalid_value"),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "id": "x" * 33}},
            "item.id",
            "string_above_max_length",
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "id": ""}},
            "item.id",
            "string_below_min_length",
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "content": [{"type": "text"}]}},
            "item.content[0].type",
            "invalid_value",
        ),
        ({"type": "conversation.item.delete"}, "item_id", "missing_required_parameter"),
        (
            {"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": 1},
            "content_index",
            "missing_required_parameter",
        ),
        (
            {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": -1},
            "audio_end_ms",
            "integer_below_min_value",
        ),
        (
            {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 1.5},
            "audio_end_ms",
            "invalid_type",
        ),
        ({"type": "response.create", "response": {"bogus": 1}}, "response.bogus", "unknown_parameter"),
        (
            {"type": "response.create", "response": {"audio": {"input": {}}}},
            "response.audio.input",
            "unknown_parameter",
        ),
        ({"type": "response.create", "response": {"metadata": {"a": 1}}}, "response.metadata", "invalid_type"),
        (
            {"type": "response.create", "response": {"metadata": {"a": "x" * 513}}},
            "response.metadata",
            "string_above_max_length",
        ),
        (
            {"type": "response.create", "response": {"metadata": {"x" * 65: ""}}},
            "response.metadata",
            "string_above_max_length",
        ),
        (
            {"type": "response.create", "response": {"metadata": {str(n): "" for n in range(17)}}},
            "response.metadata",
            "object_above_max_length",
        ),
        (
            {"type": "response.create", "response": {"output_modalities": ["audio", "text"]}},
            "response.output_modalities",
            "array_above_max_length",
        ),
        (
            {"type": "response.create", "response": {"max_output_tokens": 4097}},
            "response.max_output_tokens",
            "integer_above_max_value",
        ),
        ({"type": "response.create", "response": {"conversation": "x"}}, "response.conversation", "invalid_value"),
        ({"type": "response.cancel", "event_id": 7}, "event_id", "invalid_type"),
        ({"type": "response.cancel", "event_id": "x" * 513}, "event_id", "string_above_max_length"),
        ({"type": 7}, "type", "invalid_type"),
        ({}, "type", "missing_required_parameter"),
        ([], None, "invalid_type"),
        (7, None, "invalid_type"),
    ],
)
def test_a_mistake_is_named(event: object, param: str | None, code: str) -> None:
    """The field's path and the provider's code."""
    found = refusal(msgspec.json.encode(event))
    assert (found.param, found.code) == (param, code)


def test_words_are_the_providers() -> None:
    """Where they are known."""
    assert wrong("response.create", response={"bogus": 1}).problem == "Unknown parameter: 'response.bogus'."
    assert wrong("session.update").problem == "Missing required parameter: 'session'."
    too_long = wrong("conversation.item.create", item={"type": "message", "id": "x" * 40})
    assert too_long.problem.startswith("Invalid 'item.id': string too long.")
    with pytest.raises(BadMessage) as found:
        read_session_change({"type": "transcription"})
    assert "transcription session update event to a realtime session is not allowed" in found.value.problem
    with pytest.raises(BadMessage) as found:
        read_session_change({"type": "realtime", "audio": {"output": {"speed": 9}}})
    assert found.value.problem == (
        "Invalid 'session.audio.output.speed': decimal above maximum value. Expected a value <= 1.5."
    )
    assert found.value.code == "decimal_above_max_value"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"type":"response.create"} x',
        b"\xff",
        b'"\\ud800"',
        b"[" * 10**6,
        b"[]" * 80 + b'"' + b'\\"' * 10**5,
    ],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    """However it is broken, and soon."""
    assert refusal(data).code in {"invalid_json", "invalid_type"}
    assert client_event_id(data) is None


def test_an_event_is_only_so_deep() -> None:
    """Brackets in a string are no levels."""
    tool = {"type": "function", "name": "f", "description": "[{" * 1000 + '\\"'}
    assert isinstance(read("session.update", session={"tools": [tool] * 100}), Update)
    deep = b'{"type":"session.update","session":' + b'{"a":' * (DEEPEST - 2) + b"{}" + b"}" * (DEEPEST - 1)
    assert isinstance(read_request(deep), Update)
    deeper = b'{"type":"session.update","session":' + b'{"a":' * (DEEPEST - 1) + b"{}" + b"}" * DEEPEST
    assert refusal(deeper).code == "invalid_json"


def test_a_text_that_no_client_could_be_told_again_is_refused() -> None:
    """A quarter of a million letters are more than any model reads."""
    part = {"type": "input_text", "text": "x" * 262_145}
    found = wrong("conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    assert (found.param, found.code) == ("item.content[0].text", "string_above_max_length")


@pytest.mark.parametrize(
    ("data", "event_id"),
    [
        (b'{"type":"nope","event_id":"mine"}', "mine"),
        (b'{"event_id":"mine"}', "mine"),
        (b'{"event_id":7}', None),
        (b'{"event_id":null}', None),
        (b"{}", None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_a_refused_event_is_named_where_it_can_be(data: bytes, event_id: str | None) -> None:
    """Even if all else of it is wrong."""
    assert client_event_id(data) == event_id


JSON = some.recursive(
    some.one_of(some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=4)),
    lambda inner: some.one_of(
        some.lists(inner, max_size=3), some.dictionaries(some.text(max_size=4), inner, max_size=3)
    ),
)
FIELDS = some.dictionaries(
    some.sampled_from(["item", "item_id", "audio", "session", "response", "event_id", "content_index", "audio_end_ms"]),
    JSON,
)


@given(some.sampled_from(TYPES), FIELDS, some.dictionaries(some.text(max_size=4), JSON))
def test_whatever_comes_is_read_or_refused(kind: str, fields: dict[str, Any], session: dict[str, Any]) -> None:
    """Nothing else is raised."""
    data = msgspec.json.encode({"type": kind, **fields})
    client_event_id(data)
    with suppress(BadMessage):
        read_request(data)
    with suppress(BadMessage):
        read_session_change({"type": "realtime", **session})


@given(some.binary(max_size=200))
def test_whatever_bytes_come_are_read_or_refused(data: bytes) -> None:
    """Nothing else is raised."""
    client_event_id(data)
    with suppress(BadMessage):
        read_request(data)
