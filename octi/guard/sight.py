"""What a client sees of its provider's events: as they came, without what is withheld, or not at all. Pure."""

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from octi.guard.places import Places
from octi.guard.policy import Hide
from octi.realtime.events import (
    Committed,
    ItemAdded,
    ItemDeleted,
    ItemDone,
    ItemRetrieved,
    Opaque,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
    UserWords,
)
from octi.realtime.requests import fields_of, with_fields
from octi.realtime.wire.answers import OF_ANSWERS
from octi.realtime.wire.server import OF_SESSIONS

# What stands for a field that is withheld: clients that read strictly want all fields that there are.
BLANK: Mapping[Hide, Mapping[str, Any]] = {
    Hide.INSTRUCTIONS: {"instructions": "", "prompt": None},
    Hide.TOOLS: {"tools": [], "tool_choice": "auto"},
    Hide.TOOL_CALLS: {},
    Hide.USAGE: {},
}
NO_TOKENS = {
    "type": "tokens",
    "total_tokens": 0,
    "input_tokens": 0,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 0},
    "output_tokens": 0,
}  # a transcription without its usage is no transcription to clients that read strictly
CALLS = frozenset(
    {
        "function_call",
        "function_call_output",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "mcp_approval_response",
    }
)
LISTS = frozenset({"mcp_list_tools"})
_WITH_ITEM = frozenset({"response.output_item.added", "response.output_item.done", "conversation.item.created"})
_OF_CALLS = frozenset(
    {
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
        "output_audio_buffer.cleared",
        "input_audio_buffer.dtmf_event_received",
    }
)
_KNOWN = _WITH_ITEM | _OF_CALLS | {str(kind.__struct_config__.tag) for kind in (*OF_SESSIONS, *OF_ANSWERS)}


class _Line(msgspec.Struct):
    """An item, as far as it tells whether it is withheld."""

    id: str | None = None
    type: str | None = None
    role: str | None = None


class _Piece(msgspec.Struct):
    item: _Line


NOTHING = msgspec.Raw(b"{}")
_piece = msgspec.json.Decoder(_Piece)
_lines = msgspec.json.Decoder(list[_Line])
_list = msgspec.json.Decoder(list[msgspec.Raw])


def _withheld(hide: frozenset[Hide]) -> frozenset[str]:
    """The types of events that are withheld whatever is in them."""
    lists = {kind for kind in _KNOWN if kind.startswith("mcp_list_tools")}
    calls = lists | {kind for kind in _KNOWN if "mcp_call" in kind or "function_call_arguments" in kind}
    kinds = {Hide.TOOLS: lists, Hide.TOOL_CALLS: calls, Hide.USAGE: {"rate_limits.updated"}}
    return frozenset(kind for each in hide for kind in kinds.get(each, ()))


@attrs.define
class Sight:
    """Keeps from one client what it is not shown, and what refers to that. Nothing that octi does not know passes.

    Pieces of what is said are not looked at. `output_index` is as it was: there may be gaps.
    """

    hide: frozenset[Hide]
    places: Places = attrs.field(factory=Places)
    _withheld: frozenset[str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._withheld = _withheld(self.hide)

    def session(self, session: msgspec.Raw) -> msgspec.Raw:
        """A session's configuration, with nothing where something is withheld."""
        try:
            there = fields_of(session)
        except msgspec.DecodeError:
            return NOTHING  # no object: nobody can say what it tells
        blank = {name: value for name, value in self._blank.items() if name in there}
        return msgspec.Raw(with_fields(session, blank)) if blank else session

    def note(self, event: ServerEvent, *, passes: bool) -> None:
        """An event has come, whether or not others let it pass: items have their places before anybody asks."""
        match event:
            case ItemAdded(item=item, previous_item_id=previous) | ItemDone(item=item, previous_item_id=previous):
                self.places.put(item.id, previous, seen=passes and not self._is_hidden(item.type, item.role))
            case Committed(item_id=item, previous_item_id=previous):
                self.places.put(item, previous, seen=True)
            case _:
                pass

    def seen(self, frame: bytes, event: ServerEvent) -> bytes | None:
        """An event, once it is noted, as the client sees it; None: not at all."""
        match event:
            case SessionCreated() | SessionUpdated():
                session = fields_of(frame).get("session")
                return frame if session is None else with_fields(frame, {"session": self.session(session)})
            case ItemAdded(item=item, previous_item_id=previous) | ItemDone(item=item, previous_item_id=previous):
                return None if self.places.is_unseen(item.id) else self._placed(frame, previous)
            case Committed(previous_item_id=previous):
                return self._placed(frame, previous)
            case ItemRetrieved(item=item):
                return None if self._is_hidden(item.type, item.role) else frame
            case ItemDeleted(item_id=item_id):
                return None if self.places.is_unseen(item_id) else frame
            case ResponseCreated() | ResponseDone():
                return self._response(frame)
            case UserWords() if Hide.USAGE in self.hide:
                return with_fields(frame, {"usage": NO_TOKENS})
            case Opaque(type=kind):
                return self._opaque(frame, kind)
            case _:
                return frame

    @property
    def _blank(self) -> dict[str, Any]:
        return {name: value for each in self.hide for name, value in BLANK[each].items()}

    def _is_hidden(self, kind: str | None, role: str | None) -> bool:
        """Is an item of this kind withheld?"""
        return (
            (Hide.TOOL_CALLS in self.hide and kind in CALLS)
            or (Hide.TOOLS in self.hide and kind in LISTS)
            or (Hide.INSTRUCTIONS in self.hide and role == "system")
        )

    def _placed(self, frame: bytes, previous: str | None) -> bytes:
        """An event about an item's place, which it is told by those that the client sees."""
        there = self.places.seen_from(previous)
        return frame if there == previous else with_fields(frame, {"previous_item_id": there})

    def _response(self, frame: bytes) -> bytes:
        written = fields_of(frame)["response"]
        there = fields_of(written)
        changed: dict[str, Any] = {name: value for name, value in self._blank.items() if name in there}
        if Hide.USAGE in self.hide and "usage" in there:
            changed["usage"] = None
        if "output" in there and (shown := self._output(there["output"])) is not None:
            changed["output"] = shown
        return with_fields(frame, {"response": msgspec.Raw(with_fields(written, changed))}) if changed else frame

    def _output(self, written: msgspec.Raw) -> list[msgspec.Raw] | None:
        """A response's items, without those that are withheld; None: none is."""
        try:
            kinds, items = _lines.decode(written), _list.decode(written)
        except msgspec.DecodeError:
            return []  # no items as others write them
        hidden = [self._is_hidden(line.type, line.role) for line in kinds]
        return [item for item, gone in zip(items, hidden, strict=True) if not gone] if any(hidden) else None

    def _opaque(self, frame: bytes, kind: str) -> bytes | None:
        """An event that octi does not read. One whose item cannot be told is withheld, as is one that is not known."""
        if kind not in _KNOWN or kind in self._withheld:
            return None
        if kind not in _WITH_ITEM:
            return frame
        try:
            item = _piece.decode(frame).item
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return None if self._is_hidden(item.type, item.role) else frame
