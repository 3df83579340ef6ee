"""The ids that the other side gave, then and now: what named the second answer then names the second one now. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import msgspec

from octi.cassette.steps import Step

Kin = tuple[str, ...]  # what an id is the id of; the nth of a kin then is the nth now
NAMED = re.compile(rb'("(?:[a-z]+_)*id"\s*:\s*")([^"\\]+)(?=")')
MADE = "conversation.item.create"


@attrs.define
class _Given:
    """Ids in the order in which they came."""

    by_kin: dict[Kin, list[str]] = attrs.field(factory=dict)
    places: dict[str, tuple[Kin, int]] = attrs.field(factory=dict)

    def add(self, kin: Kin, name: str) -> None:
        if name not in self.places:
            same = self.by_kin.setdefault(kin, [])
            self.places[name] = (kin, len(same))
            same.append(name)

    def at(self, kin: Kin, number: int) -> str | None:
        """The id at a place; None: it has not come yet."""
        return next(iter(self.by_kin.get(kin, [])[number : number + 1]), None)


@attrs.define
class Names:
    """Translates what we send into the ids that they gave this time."""

    _then: _Given = attrs.field(factory=_Given)
    _now: _Given = attrs.field(factory=_Given)
    _own: set[str] = attrs.field(factory=set)  # that our side chose: they stay

    @classmethod
    def of(cls, steps: Iterable[Step]) -> "Names":
        """What they gave in a recording."""
        names = cls()
        for step in steps:
            event = event_in(step.message.data) if step.message and step.message.text else {}
            for kin, name in given_in(event):
                if step.ours:
                    names._own |= {name} - names._then.places.keys()
                elif name not in names._own:
                    names._then.add(kin, name)
        return names

    def learn(self, frame: bytes) -> None:
        """Take note of what they give now."""
        for kin, name in given_in(event_in(frame)):
            if name not in self._own:
                self._now.add(kin, name)

    def translated(self, frame: bytes) -> tuple[bytes, list[str]]:
        """A message of ours with their ids of now; and those of then for which they have given none yet."""
        missing: list[str] = []

        def replace(found: re.Match[bytes]) -> bytes:
            name = found[2].decode(errors="replace")
            if name not in self._then.places:
                return found[0]
            fresh = self._now.at(*self._then.places[name])
            if fresh is None:
                missing.append(name)
            return found[1] + (msgspec.json.encode(fresh)[1:-1] if fresh else found[2])

        return NAMED.sub(replace, frame), missing


def given_in(event: Mapping[str, Any]) -> Iterator[tuple[Kin, str]]:
    """The ids that an event gives, each with what it is the id of."""
    match event:
        case {"type": "response.created", "response": {"id": str(name), **rest}}:
            yield ("response", "aside" if rest.get("conversation_id", "") is None else ""), name
        case {"type": "input_audio_buffer.committed", "item_id": str(name)}:
            yield ("message", "user", "spoken"), name
        case {"item": dict() as item}:
            if item.get("id"):
                yield _kin_of(item), str(item["id"])
            if item.get("type") == "function_call" and item.get("call_id"):
                yield ("call", str(item.get("name"))), str(item["call_id"])
        case _:
            pass  # nothing new


def _kin_of(item: Mapping[str, Any]) -> Kin:
    kind = str(item.get("type"))
    if kind != "message":
        return kind, str(item.get("name") or "")
    parts = content if isinstance(content := item.get("content"), list) else []
    spoken = any(isinstance(part, dict) and part.get("type") == "input_audio" for part in parts)
    return kind, str(item.get("role")), "spoken" if spoken else ""


def event_in(frame: bytes) -> dict[str, Any]:
    """An event; of what is none, nothing."""
    try:
        said = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
