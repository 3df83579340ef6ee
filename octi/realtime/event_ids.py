"""Whose an event's id is. What octi writes of its own accord has ids that begin with `octi_`, and no client's do. Pure.

A client's id of that kind goes to the provider behind a mark, which is taken off where an error names it: whatever a
client calls its events, it is told of its own errors, and none of octi's is taken for one.
"""

import re

import msgspec

from octi.realtime.requests import fields_of, with_fields

OURS = "octi_"  # begins the id of every event that octi itself writes
MARK = "~"
LONGEST_ID = 512  # of an event; the provider takes none that is longer (protocol 1.1)
_LIKE_OURS, _MARKED = re.compile(f"{MARK}*{OURS}"), re.compile(f"{MARK}+{OURS}")


class _Named(msgspec.Struct):
    event_id: str | None = None


_named = msgspec.json.Decoder(_Named)


def is_ours(event_id: str | None) -> bool:
    """Is it the id of something that octi sent? Octi's are short: one as long as may be has no room for the mark."""
    return event_id is not None and event_id.startswith(OURS) and len(event_id) < LONGEST_ID


def marked(frame: bytes) -> bytes:
    """A client's event on its way to the provider: the same, unless its id is like those of octi's own."""
    if OURS.encode() not in frame and b"\\u" not in frame:
        return frame  # nearly all; without an escape nothing else stands for these letters
    try:
        said = _named.decode(frame).event_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return frame  # the provider says what is wrong with it
    if said is None or len(said) >= LONGEST_ID or not _LIKE_OURS.match(said):
        return frame
    return with_fields(frame, {"event_id": MARK + said})


def unmarked(frame: bytes, event_id: str | None) -> bytes:
    """An error on its way to the client, with the id that the client gave its event."""
    if event_id is None or not _MARKED.match(event_id):
        return frame
    error = with_fields(fields_of(frame)["error"], {"event_id": event_id.removeprefix(MARK)})
    return with_fields(frame, {"error": msgspec.Raw(error)})
