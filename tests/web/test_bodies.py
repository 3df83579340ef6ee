"""What a request's body must be, and what is said of one that is not."""

from contextlib import suppress
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import BadMessage
from octi.web.bodies import BOM, Named, Word, complaint, read, text_in
from octi.web.openings import call_named


class Inner(msgspec.Struct):
    seconds: Annotated[int, msgspec.Meta(ge=10, le=7200)] | None = None


class Shape(msgspec.Struct):
    name: Word | None = None
    switch: bool | None = None
    inner: Inner | None = None
    things: list[str] | None = None
    anything: dict[str, Any] | None = None


class Needed(msgspec.Struct):
    note: str


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}", BOM + b"{}", b'{"other":1}', b'{"name":null}'])
def test_what_is_left_out_is_not_missed(body: bytes) -> None:
    """No body, an empty one, a null, fields of other names: the origins took them all."""
    assert read(body, Shape) == Shape()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name":1}', "name: must be a string, or left out"),
        (b'{"name":"%b"}' % (b"x" * 257), "name: must be a string of at most 256 characters"),
        (b'{"switch":"yes"}', "switch: must be true or false, or left out"),
        (b'{"inner":[]}', "inner: must be an object, or left out"),
        (b'{"inner":{"seconds":9}}', "inner.seconds: must be a whole number, at least 10"),
        (b'{"inner":{"seconds":7201}}', "inner.seconds: must be a whole number, at most 7200"),
        (b'{"things":["a",1]}', "things[1]: must be a string"),
        (b'{"anything":{"a":1e999}}', "anything[...]: Number out of range"),
        (b"[]", "the body must be an object"),
        (b"null", "the body must be an object"),
    ],
)
def test_a_mistake_names_its_field_its_limit_and_what_would_do(body: bytes, said: str) -> None:
    """In words, not in Python's types."""
    with pytest.raises(BadMessage) as caught:
        read(body, Shape)
    assert str(caught.value) == said


def test_what_must_be_there_is_missed() -> None:
    """By its name."""
    with pytest.raises(BadMessage, match=r"^note: is required$"):
        read(b"", Needed)
    assert complaint("Object missing required field `b` - at `$.a`", "it").param == "a.b"


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"name":"\xff"}', b"name=x", b'{"anything":' * 100_000])
def test_what_is_no_json_is_said_so(body: bytes) -> None:
    """However deep it goes."""
    with pytest.raises(BadMessage) as caught:
        read(body, Shape)
    assert caught.value.code == "invalid_json"


@given(st.binary() | st.text().map(str.encode))
def test_no_body_whatever_does_more_than_complain(body: bytes) -> None:
    """It is read or refused."""
    for shape in (Shape, Needed, Named):
        with suppress(BadMessage):
            read(body, shape)


@pytest.mark.parametrize("value", [None, "", 1, ["s"], {"s": 1}, False])
def test_what_is_no_text_says_nothing(value: object) -> None:
    """Where a session's id is looked for."""
    assert text_in(value) is None
    assert text_in("s") == "s"


def test_a_calls_id_would_change_no_path() -> None:
    """Its field is named."""
    assert call_named("rtc_1", "callId") == "rtc_1"
    for bad in ("../hangup", "a b", "x" * 257):
        with pytest.raises(BadMessage, match=r"^callId: "):
            call_named(bad, "callId")
