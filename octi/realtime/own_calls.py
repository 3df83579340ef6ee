"""Functions that octi itself runs in a session whose client may have functions of its own. Pure.

Strict SDKs raise on a function that they do not know. So of octi's own a Realtime client sees nothing: not that they
are declared, not that one is called, not what it gave. Every other frame passes as it came: a `previous_item_id` may
name an item that the client did not see.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
import msgspec

from octi.realtime.event_ids import is_ours, unmarked
from octi.realtime.events import (
    STREAMED,
    ErrorEvent,
    Item,
    ItemAdded,
    ItemDeleted,
    ItemDone,
    Opaque,
    Response,
    ResponseDone,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
)
from octi.realtime.requests import fields_of, read_request, with_fields

_PIECES = frozenset(
    {
        "response.output_item.added",
        "response.output_item.done",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
    }
)


class _Line(msgspec.Struct):
    """An item, as far as it tells whose it is."""

    id: str | None = None
    type: str | None = None
    name: str | None = None
    call_id: str | None = None


class _Piece(msgspec.Struct):
    """The same of a piece of a response."""

    item: _Line | None = None
    item_id: str | None = None


class _Named(msgspec.Struct):
    name: str = ""


_piece = msgspec.json.Decoder(_Piece)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_named = msgspec.json.Decoder(_Named)


def merged_tools(theirs: Sequence[Any], own: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Their tools, then ours; one of theirs that bears the name of one of ours is left out."""
    names = {tool["name"] for tool in own}
    kept = [tool for tool in theirs if not (isinstance(tool, Mapping) and tool.get("name") in names)]
    return [*kept, *own]


def calls_in(response: Response, names: Collection[str]) -> list[Item]:
    """The calls of our functions that a finished response made, each once."""
    ours = {item.call_id: item for item in _calls(response) if item.name in names}
    return list(ours.values())


def has_other_calls(response: Response, names: Collection[str]) -> bool:
    """Does a finished response call functions of the client's? Then the client asks for the next answer."""
    return any(item.name not in names for item in _calls(response))


def _calls(response: Response) -> list[Item]:
    """The complete ones; a cancelled response may hold some, and others that were cut off."""
    done = {"completed", None} if response.status == "completed" else {"completed"}
    return [item for item in response.output if item.type == "function_call" and item.status in done]


@attrs.define
class OwnCalls:
    """Keeps octi's own functions from one Realtime client, and in what it configures."""

    tools: Sequence[Mapping[str, Any]] = ()  # ours, as the protocol declares them
    _items: set[str] = attrs.field(factory=set)  # ids of calls of ours, and of what we answered
    _calls: set[str] = attrs.field(factory=set)

    @property
    def names(self) -> frozenset[str]:
        """What our functions are called."""
        return frozenset(tool["name"] for tool in self.tools)

    def from_client(self, frame: bytes) -> bytes:
        """A client's event on its way to the provider: the same, unless it declares tools; ours go with them."""
        request = read_request(frame) if self.tools else None
        if request is None or request.type != "session.update" or request.session is None:
            return frame
        theirs = request.session.tools
        if theirs is not None and not isinstance(theirs, list):
            return frame
        tools = merged_tools(theirs or [], self.tools)
        return with_fields(frame, {"session": msgspec.Raw(with_fields(fields_of(frame)["session"], {"tools": tools}))})

    def from_provider(self, frame: bytes, event: ServerEvent) -> bytes | None:
        """A provider's event on its way to the client: as it came, or without what is ours; None: all of it is."""
        if type(event) in STREAMED:
            return frame
        match event:
            case ErrorEvent(error=error):
                return None if is_ours(error.event_id) else unmarked(frame, error.event_id)
            case _ if not self.tools:
                return frame
            case ItemAdded(item=item) | ItemDone(item=item):
                return None if self._is_ours(item) else frame
            case ItemDeleted(item_id=item_id):
                return None if item_id in self._items else frame
            case ResponseDone(response=response):
                return self._without_calls(frame, response)
            case SessionCreated() | SessionUpdated():
                session = fields_of(frame).get("session", msgspec.Raw(b"null"))
                theirs = self.session(session)
                return frame if theirs is session else with_fields(frame, {"session": theirs})
            case Opaque(type=kind) if kind in _PIECES:
                return None if self._is_piece_of_ours(frame) else frame
            case _:
                return frame

    def session(self, session: msgspec.Raw) -> msgspec.Raw:
        """A session's configuration without our tools; the same if it has none of them."""
        try:
            tools = _list.decode(fields_of(session).get("tools", b"[]"))
        except msgspec.DecodeError:
            return session  # there is no list of them
        theirs = [tool for tool in tools if _name(tool) not in self.names]
        return session if len(theirs) == len(tools) else msgspec.Raw(with_fields(session, {"tools": theirs}))

    def _without_calls(self, frame: bytes, response: Response) -> bytes:
        ours = [self._is_ours(item) for item in response.output]
        if not any(ours):
            return frame
        written = fields_of(frame)["response"]
        items = _list.decode(fields_of(written)["output"])
        output = [item for item, is_ours in zip(items, ours, strict=True) if not is_ours]
        return with_fields(frame, {"response": msgspec.Raw(with_fields(written, {"output": output}))})

    def _is_ours(self, item: Item | _Line) -> bool:
        """Is it a call of ours, or the answer to one? Remembered: not every event about it says so."""
        called = item.type == "function_call" and item.name in self.names
        if not (called or item.id in self._items or item.call_id in self._calls):
            return False
        self._items |= {item.id} if item.id else set()
        self._calls |= {item.call_id} if item.call_id else set()
        return True

    def _is_piece_of_ours(self, frame: bytes) -> bool:
        try:
            piece = _piece.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False  # written as nobody else does: the client may know more about it
        return piece.item_id in self._items if piece.item is None else self._is_ours(piece.item)


def _name(tool: msgspec.Raw) -> str:
    try:
        return _named.decode(tool).name
    except msgspec.DecodeError:
        return ""
