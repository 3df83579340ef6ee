"""Responses: examples are whole, usage is whole numbers, and the relay reads what there is."""

import msgspec
import pytest

from octi.realtime import events
from octi.realtime.wire import responses
from tests.realtime.wire.strictly import check


@pytest.mark.parametrize("example", [responses.BEGUN, responses.DONE])
def test_the_examples_are_responses(example: dict[str, object]) -> None:
    """They are shown to people."""
    check(example, responses.Response)


@pytest.mark.parametrize("count", [None, 1.5, -1, "1"])
def test_tokens_are_whole_and_never_null(count: object) -> None:
    """Clients count with them."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**responses.USED, "input_tokens": count}, responses.Usage)


def test_an_unknown_wish_is_refused() -> None:
    """As in a session."""
    with pytest.raises(msgspec.ValidationError, match="modalities"):
        msgspec.convert({"modalities": ["text"]}, responses.ResponseWish)


def test_the_relay_reads_no_field_that_there_is_not() -> None:
    """Of a response and of why it ended."""
    assert set(events.Response.__struct_fields__) <= set(responses.Response.__struct_fields__)
    assert set(events.StatusDetails.__struct_fields__) <= set(responses.StatusDetails.__struct_fields__)
