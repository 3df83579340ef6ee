"""Rows that wait for a database to take them: in order, one under each key, and never more than so many. Pure."""

from collections.abc import Iterable
from itertools import islice

import attrs

from octi.records import Row, SecretRecord
from octi.store.storable import key_of, values_of

NAMED = 50  # rows that one line of the log names


@attrs.define(eq=False)
class Backlog:
    """Takes rows while there is room, so what came first is kept; bounded by rows and by characters of text."""

    most_rows: int
    most_chars: int
    _rows: dict[tuple[str, ...], Row] = attrs.field(factory=dict, init=False)
    _chars: int = attrs.field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, row: Row, *, always: bool = False) -> bool:
        """Whether there is room for it. One that waits already under its key gives it its place: that costs no room."""
        key = key_of(row)
        if key not in self._rows and not always and self._is_full(chars_of(row)):
            return False
        self._chars += chars_of(row) - self._chars_under(key)
        self._rows[key] = row
        return True

    def first(self, most: int | None = None) -> list[Row]:
        """The rows that have waited longest, all or so many."""
        return list(islice(self._rows.values(), most))

    def drop(self, rows: Iterable[Row]) -> None:
        """These wait no more. What took a row's place meanwhile does."""
        for row in rows:
            if self._rows.get(key := key_of(row)) is row:
                self._chars -= self._chars_under(key)
                del self._rows[key]

    def _is_full(self, more: int) -> bool:
        return len(self._rows) >= self.most_rows or self._chars + more > self.most_chars

    def _chars_under(self, key: tuple[str, ...]) -> int:
        return chars_of(self._rows[key]) if key in self._rows else 0


def chars_of(row: Row) -> int:
    """How much text a row holds."""
    return sum(len(value) for value in values_of(row).values() if isinstance(value, str))


def name_of(row: Row) -> str:
    """The row for a log: its kind, its session and its id, never what it says. A secret's digest is not told."""
    return "secret" if isinstance(row, SecretRecord) else " ".join(key_of(row))


def names_of(rows: Iterable[Row]) -> list[str]:
    """The first rows' names, as many as one line of a log should hold."""
    return [name_of(row) for row in islice(rows, NAMED)]
