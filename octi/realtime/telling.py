"""Which turns are new, or other than they were told. Pure."""

from collections.abc import Sequence

import attrs

from octi.realtime.entry import Entry
from octi.realtime.order import Order
from octi.records import Turn
from octi.units import SessionId

Turns = tuple[Turn, ...]


@attrs.define
class Telling:
    """Numbers a session's turns. Each is told when it is complete, and again whenever it changes."""

    _session: SessionId
    _first: int = 0  # the position of this leg's first
    _told: int = 0  # turns of this leg

    @property
    def turns(self) -> int:
        """How many there are."""
        return self._first + self._told

    @property
    def first(self) -> int:
        """The position of this leg's first turn: how many there were before it."""
        return self._first

    def go_on(self, first: int | None = None) -> None:
        """Another leg begins: behind the turns so far, or behind those that an earlier life of the session kept."""
        self._first, self._told = self.turns if first is None else first, 0

    def tell(self, order: Order, touched: Entry) -> Turns:
        """The turns that the change of one entry makes new or other. As a rule that is its own, at or near the end."""
        if order.disturbed or (touched.told is None and touched.said() and not _is_last_said(order, touched)):
            return self.tell_all(order)
        if not touched.said():
            return ()
        position = touched.told.position if touched.told else self.turns
        turn = touched.turn(self._session, position)
        if turn == touched.told:
            return ()
        self._told += touched.told is None
        touched.told = turn
        return (turn,)

    def tell_all(self, order: Order) -> Turns:
        """The turns that are not told yet as they are now, all looked through."""
        said = [entry for entry in order.entries() if entry.said()]
        self._told = len(said)
        return tuple(self._retold(said))

    def _retold(self, said: Sequence[Entry]) -> list[Turn]:
        changed = []
        for position, entry in enumerate(said, self._first):
            turn = entry.turn(self._session, position)
            if turn != entry.told:
                entry.told = turn
                changed.append(turn)
        return changed


def _is_last_said(order: Order, entry: Entry) -> bool:
    """Does no told turn stand behind it?"""
    for other in reversed(order.entries()):
        if other is entry:
            return True
        if other.told is not None:
            return False
    return False
