"""Turns whose words are kept only if they may be: until they are judged, and where they were blocked, a mark. Pure."""

from collections.abc import Iterable, Sequence

import attrs

from octi.records import Told, Turn
from octi.units import ItemId

UNJUDGED, BLOCKED = "[not judged]", "[blocked]"


@attrs.define(eq=False)
class Masking:
    """One session's. `follow` before the rows of an item are masked, `settle` with its verdict."""

    _marks: dict[ItemId, str] = attrs.field(factory=dict)  # what stands for an item's words
    _rows: dict[ItemId, Turn] = attrs.field(factory=dict)  # as they were told last
    _settled: set[ItemId] = attrs.field(factory=set)

    def follow(self, items: Iterable[ItemId]) -> None:
        """These are to be judged, if they were not."""
        for item in items:
            if item not in self._settled:
                self._marks.setdefault(item, UNJUDGED)

    def masked(self, rows: Sequence[Told]) -> list[Told]:
        """Rows on their way to be kept."""
        return [self._masked(row) if isinstance(row, Turn) else row for row in rows]

    def settle(self, item: ItemId, *, let: bool) -> list[Turn]:
        """An item was judged; its row as it is kept from now on, if there was one."""
        if item in self._settled:
            return []
        self._settled.add(item)
        row = self._rows.pop(item, None)
        if let:
            self._marks.pop(item, None)
        else:
            self._marks[item] = BLOCKED
        return [] if row is None else [row]

    def _masked(self, row: Turn) -> Turn:
        mark = self._marks.get(row.item)
        if mark is None or not row.text:
            return row
        if mark == UNJUDGED:
            self._rows[row.item] = row
        return attrs.evolve(row, text=mark, generated=None, sent=None)
