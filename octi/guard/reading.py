"""Reads a client's event as whoever answers would, and refuses what two readers might read differently. Pure.

What is read here is written anew from what was read: a key that stands there twice, or in escapes, is gone by then.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from octi.errors import BadMessage
from octi.realtime.event_ids import LONGEST_ID

BIG = 1 << 16  # bytes: what is smaller has few parts
MOST_PARTS = 20_000  # of a bigger one: fields and elements, which are dear beside their length
DEEPEST = 24  # levels; the deepest field that there is has 6
_event = msgspec.json.Decoder(dict[str, Any])


def read_client_event(frame: bytes) -> dict[str, Any]:
    """A client's event: any object that is not too deep, nor of too many parts. Raises BadMessage."""
    if len(frame) > BIG and sum(map(frame.count, (b"{", b"[", b","))) > MOST_PARTS:
        raise BadMessage(f"Invalid event: more than {MOST_PARTS} parts.", None, "invalid_event")
    try:
        event = _event.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"Invalid event: failed to parse JSON value. {error}", None, "invalid_json") from None
    if is_deeper(event, DEEPEST):
        raise BadMessage(f"Invalid event: more than {DEEPEST} levels.", None, "invalid_json")
    return event


def check_head(event: Mapping[str, Any]) -> None:
    """Is an event one of some kind, with an id that can be told again? Raises BadMessage."""
    if not isinstance(event.get("type"), str):
        raise BadMessage("Missing required parameter: 'type'.", "type", "missing_required_parameter")
    if event.get("event_id") is not None and name_of(event) is None:
        raise BadMessage(f"Invalid type for 'event_id': a string of at most {LONGEST_ID}.", "event_id", "invalid_type")


def name_of(event: Mapping[str, Any]) -> str | None:
    """The id that a client gave its event."""
    named = event.get("event_id")
    return named if isinstance(named, str) and len(named) <= LONGEST_ID else None


def is_deeper(value: Any, levels: int) -> bool:
    """Has a value more levels of objects and lists?"""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for each in layer
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True
