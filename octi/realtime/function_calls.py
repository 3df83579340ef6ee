"""The functions that the agent called, and what they gave: kept beside the turns, in the conversation's order. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
import msgspec

from octi.realtime.entry import Entry
from octi.realtime.events import Item
from octi.records import CallStatus, FunctionCall
from octi.units import ItemId, SessionId

LARGEST = 16_000  # characters that are kept of a call's arguments, and of its output
CALLS = frozenset({"function_call", "mcp_call"})
OUTPUT = "function_call_output"


@attrs.define
class FunctionCalls:
    """Numbers a session's calls. Each is told when it is complete, and again when it is answered or moved.

    own: the names of the functions that octi itself runs.
    """

    _session: SessionId
    _own: frozenset[str] = frozenset()
    _first: int = 0  # the position of this leg's first
    _any: bool = False  # did this leg see one? As a rule it did not, and then nothing is looked through
    _told: dict[ItemId, FunctionCall] = attrs.field(factory=dict)  # this leg's

    def take(self, entry: Entry, item: Item) -> None:
        """An item of the conversation that may be a call, or the output of one."""
        if item.type in CALLS or item.type == OUTPUT:
            entry.call, self._any = item, True

    def recall(self, calls: Sequence[FunctionCall]) -> None:
        """Go on behind these, which an earlier life of the session kept."""
        self._first = max((call.position + 1 for call in calls), default=0)

    def new_leg(self) -> None:
        """Go on behind those so far."""
        self._first += len(self._told)
        self._told, self._any = {}, False

    def changed(self, order: Iterable[Entry], turns: int) -> tuple[FunctionCall, ...]:
        """The calls that are not told yet as they are now. turns: how many stand before this leg's."""
        if not self._any:
            return ()
        now = {call.item: call for call in self._calls(list(order), turns)}
        changed = tuple(call for item, call in now.items() if self._told.get(item) != call)
        self._told = now
        return changed

    def _calls(self, order: Sequence[Entry], turns: int) -> Iterator[FunctionCall]:
        called = {entry.call.call_id for entry in order if entry.call and entry.call.type in CALLS}
        outputs = {entry.call.call_id: entry.call for entry in order if entry.call and entry.call.type == OUTPUT}
        position = self._first
        for entry in order:
            turns += entry.told is not None
            if entry.call and entry.done and (entry.call.type in CALLS or entry.call.call_id not in called):
                yield self._call(entry, entry.call, outputs.get(entry.call.call_id), position, turns)
                position += 1

    def _call(self, entry: Entry, item: Item, answer: Item | None, position: int, turns: int) -> FunctionCall:
        given = item.error if item.error is not None else item.output
        output = _text(answer.output if answer else given)
        return FunctionCall(
            session=self._session,
            item=entry.item,
            position=position,
            turns_before=turns,
            call_id=item.call_id or (item.id if item.type == "mcp_call" else ""),
            name=item.name,
            arguments=item.arguments[:LARGEST],
            output=output and output[:LARGEST],
            status=_status(entry, item),
            response=entry.response,
            own=item.name in self._own,
            cut=len(item.arguments) > LARGEST or len(output or "") > LARGEST,
        )


def _status(entry: Entry, item: Item) -> CallStatus:
    if item.error is not None:
        return CallStatus.FAILED
    return CallStatus.INCOMPLETE if entry.incomplete else CallStatus.COMPLETED


def _text(output: Any) -> str | None:
    """What a function gave; a text by the protocol, by some providers anything."""
    return output if output is None or isinstance(output, str) else msgspec.json.encode(output).decode()
