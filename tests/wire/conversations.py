"""Conversations as they go over the wire, one event a line, after protocol 4.4; voices are written as `<200 ms>`."""

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from octi.realtime.events import ServerEvent
from octi.realtime.reading import read_event

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.jsonl"))
BYTES_PER_MS = {"telephone": 8}  # the others: PCM16
_VOICE = re.compile(rb'"<(\d+) ms>"')


class Line(NamedTuple):
    """One frame, and who sent it."""

    sender: str  # client, provider
    frame: bytes

    @property
    def event(self) -> dict[str, Any]:
        """What it says."""
        return msgspec.json.decode(self.frame, type=dict[str, Any])


class _Written(msgspec.Struct, rename={"sender": "from"}):
    sender: str
    event: msgspec.Raw


def conversation(name: str) -> list[Line]:
    """A conversation's frames, in order, with silence for the voices."""
    per_ms = BYTES_PER_MS.get(name, 48)
    return [Line(line.sender, voiced(bytes(line.event), per_ms)) for line in _read(name)]


def _read(name: str) -> Iterator[_Written]:
    for line in (HERE / f"{name}.jsonl").read_bytes().splitlines():
        yield msgspec.json.decode(line, type=_Written)


def voiced(frame: bytes, per_ms: int = 48) -> bytes:
    """A frame with silence where it says how long somebody speaks."""
    return _VOICE.sub(lambda said: b'"' + b64encode(bytes(int(said[1]) * per_ms)) + b'"', frame)


def provider_events(name: str) -> list[tuple[bytes, ServerEvent]]:
    """What the provider says in a conversation, behind its `session.updated`: as it came, and as read."""
    frames = [line.frame for line in conversation(name) if line.sender == "provider"]
    return [(frame, read_event(frame)) for frame in frames[2:]]


def event(kind: str, **fields: Any) -> bytes:
    """A provider's event of the test's own; a voice may be written as `<200 ms>`."""
    return voiced(msgspec.json.encode({"type": kind, "event_id": "event_1", **fields}))
