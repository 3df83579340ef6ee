"""octi/guard/reading.py: what can be read in one way only."""

import pytest

from octi.errors import BadMessage
from octi.guard.reading import DEEPEST, MOST_PARTS, check_head, is_deeper, name_of, read_client_event


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "invalid_json"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (b'{"type":"a"}\0', "invalid_json"),
        (b'{"type":"a\0"}', "invalid_json"),
        (b'{"type":"a"}{"type":"b"}', "invalid_json"),
        (b'{"type":NaN}', "invalid_json"),
        (b'{"type":1e999}', "invalid_json"),
        (b'{"type":"\\ud800"}', "invalid_json"),
        (b'{"type":"\xff"}', "invalid_json"),
        (b"{'type':'a'}", "invalid_json"),
        (b'[{"type":"a"}]', "invalid_json"),
        (nested(DEEPEST + 2), "invalid_json"),
        (b"[" * 1_000_000, "invalid_event"),
        (nested(5000), "invalid_json"),
        (b'{"a":[' + b"0," * MOST_PARTS * 2 + b"0]}", "invalid_event"),
    ],
)
def test_what_is_no_event_is_refused(frame: bytes, code: str) -> None:
    """Also what would only be dear to read."""
    with pytest.raises(BadMessage) as caught:
        read_client_event(frame)
    assert caught.value.code == code


def test_of_two_keys_the_last_counts() -> None:
    """Whoever is sent the event gets that one alone."""
    assert read_client_event(b'{"type":"a","\\u0074ype":"b"}') == {"type": "b"}


def test_long_sound_and_text_are_few_parts() -> None:
    assert read_client_event(b'{"audio":"' + b"A" * 1_000_000 + b'"}')


@pytest.mark.parametrize(
    ("event", "param"),
    [({}, "type"), ({"type": ["a"]}, "type"), ({"type": None}, "type"), ({"type": "a", "event_id": 3}, "event_id")],
)
def test_an_event_is_of_some_kind(event: dict[str, object], param: str) -> None:
    with pytest.raises(BadMessage) as caught:
        check_head(event)
    assert caught.value.param == param


def test_an_id_that_cannot_be_told_again_is_none() -> None:
    assert name_of({"event_id": "e"}) == "e"
    assert name_of({"event_id": "e" * 513}) is None
    assert name_of({}) is None


def test_levels_are_counted() -> None:
    assert not is_deeper({"a": [1]}, 2)
    assert is_deeper({"a": [[1]]}, 2)
