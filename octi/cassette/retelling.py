"""Retells a cassette as a scenario: what was said, what was called, in a TOML file for people to change. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import msgspec

from octi.cassette.format import Side
from octi.cassette.reading import Cassette

WORDS = "conversation.item.input_audio_transcription.completed"
ADDED = frozenset({"conversation.item.added", "conversation.item.created", "conversation.item.done"})
SPECIAL = re.compile(r"([\\.^$*+?{}\[\]|()])")
PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")

Event = Mapping[str, Any]


@attrs.define
class Asked:
    """What the agent answered to: words, spoken or typed; or a function's output."""

    spoken: str = ""
    typed: str = ""
    output_of: str = ""


@attrs.define
class Exchange:
    """What led to an answer, and the answer."""

    asked: list[Asked] = attrs.field(factory=list)
    said: list[str] = attrs.field(factory=list)
    calls: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)


@attrs.define
class Listener:
    """Hears a conversation event by event, and makes exchanges of it."""

    exchanges: list[Exchange] = attrs.field(factory=list)
    _asked: dict[str, Asked] = attrs.field(factory=dict)  # every item of the user's side, by its id
    _new: list[Asked] = attrs.field(factory=list)  # since the last answer began
    _functions: dict[str, str] = attrs.field(factory=dict)  # by the call's id

    def hear(self, event: Event) -> None:
        """Take in one of the provider's events."""
        match event:
            case {"type": "input_audio_buffer.committed", "item_id": str(item)}:
                self._ask(item)
            case {"type": str(kind), "item": {"id": str(item), "type": "message", "role": "user", **rest}} if (
                kind in ADDED
            ):
                asked = self._ask(item)
                asked.typed = asked.typed or text_in(rest.get("content"))
            case {"item": {"id": str(item), "type": "function_call_output", "call_id": str(call)}}:
                self._ask(item).output_of = self._functions.get(call, "")
            case {"type": kind, "item_id": str(item), "transcript": str(words)} if kind == WORDS:
                self._ask(item).spoken = words.strip()
            case {"type": "response.created"}:
                self.exchanges.append(Exchange(self._new))
                self._new = []
            case {"type": "response.output_item.done", "item": Mapping() as item} if self.exchanges:
                self._answered(item)
            case _:
                pass  # nothing that a scenario can say

    def _ask(self, item: str) -> Asked:
        if item not in self._asked:
            self._asked[item] = Asked()
            self._new.append(self._asked[item])
        return self._asked[item]

    def _answered(self, item: Event) -> None:
        match item:
            case {"type": "message", "content": list(content)}:
                self.exchanges[-1].said.append(text_in(content))
            case {"type": "function_call", "name": str(name), **rest}:
                self._functions[str(rest.get("call_id"))] = name
                self.exchanges[-1].calls.append((name, arguments_in(rest.get("arguments"))))
            case _:
                pass  # nothing that a scenario can say


def text_in(content: Any) -> str:
    """The words of an item's parts."""
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return " ".join(str(part.get("text") or part.get("transcript") or "") for part in parts).strip()


def arguments_in(text: Any) -> dict[str, Any]:
    """A call's arguments; none where they are no JSON object."""
    try:
        said = msgspec.json.decode(text) if isinstance(text, str) else None
    except msgspec.DecodeError:
        said = None
    return said if isinstance(said, dict) else {}


def as_scenario(cassette: Cassette) -> str:
    """The scenario, as TOML: a turn for each answer. Its header says of which session it was."""
    listener = Listener()
    side: Side = "provider" if cassette.legs("provider") else "client"
    for each in cassette.happenings:
        if each.leg == side and (each.way == "in") == (side == "provider") and each.frame and each.text:
            listener.hear(event_in(each.frame))
    told = [f"# Retold from a recording of {cassette.header.started_at}; docs/scenarios.md explains each field."]
    told.append(f"name = {quoted(f'session {cassette.header.session}')}")
    for exchange in listener.exchanges:
        told += ["", *turn(exchange)]
    return "\n".join(told) + "\n"


def event_in(frame: bytes) -> Event:
    """An event; of what is none, nothing."""
    try:
        said = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def turn(exchange: Exchange) -> Iterator[str]:
    """One turn's lines."""
    yield "[[turn]]"
    outputs = [asked.output_of for asked in exchange.asked if asked.output_of]
    spoken = " ".join(asked.spoken for asked in exchange.asked if asked.spoken)
    typed = " ".join(asked.typed for asked in exchange.asked if asked.typed)
    if outputs:
        yield f"on = {quoted(outputs[-1])}"
    elif typed and not spoken:
        yield f"hear = {quoted(escaped(typed))}"
    elif spoken:
        yield f"heard = {quoted(spoken)}"
    if said := " ".join(filter(None, exchange.said)):
        yield f"say = {quoted(said)}"
    if calls := [{"name": name, "arguments": arguments} for name, arguments in exchange.calls]:
        yield f"call = {inline(calls if len(calls) > 1 else calls[0])}"


def escaped(words: str) -> str:
    """Words as a regular expression that means them, and can still be read."""
    return SPECIAL.sub(r"\\\1", words)


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def inline(value: Any) -> str:
    """A JSON value as TOML writes it on one line; TOML knows no null, so what is null is left out."""
    match value:
        case dict():
            pairs = (f"{key(name)} = {inline(each)}" for name, each in value.items() if each is not None)
            return "{ " + ", ".join(pairs) + " }" if value else "{}"
        case list():
            return "[" + ", ".join(inline(each) for each in value if each is not None) + "]"
        case str():
            return quoted(value)
        case _:
            return json.dumps(value)


def key(name: str) -> str:
    """A TOML key."""
    return name if PLAIN.match(name) else quoted(name)
