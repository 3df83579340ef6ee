"""The line before the writer: who hands rows over, first come, first served. Nothing here waits for a database."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import attrs
import trio

from octi.errors import StoreFailed
from octi.records import Row
from octi.store.backlog import chars_of

Outcome = StoreFailed | None


@attrs.define(eq=False)
class Handover:
    """One caller's rows on their way. `taken`: they can no longer be withdrawn; `settled`: `failure` is final.

    `left`: nobody waits for them any more, so they are tried until they are kept.
    """

    rows: Sequence[Row]
    left: bool = False
    taken: trio.Event = attrs.field(factory=trio.Event)
    settled: trio.Event = attrs.field(factory=trio.Event)
    failure: Outcome = None

    @property
    def chars(self) -> int:
        """How much text the rows hold."""
        return sum(map(chars_of, self.rows))

    def settle(self, outcome: Outcome) -> None:
        """Tell the caller."""
        self.failure = outcome
        self.taken.set()
        self.settled.set()

    def apart(self) -> list["Handover"]:
        """Its rows, each for itself."""
        return [Handover((row,), left=self.left) for row in self.rows]


class Line:
    """Handovers in their order, with counts of what waits: for callers, and for nobody."""

    def __init__(self) -> None:
        self._line: deque[Handover] = deque()
        self.rows = self.left_rows = self.left_chars = 0

    def __bool__(self) -> bool:
        return bool(self._line)

    @property
    def awaited_rows(self) -> int:
        """Rows whose callers wait."""
        return self.rows - self.left_rows

    def add(self, handed: Handover) -> None:
        """At the end."""
        self._line.append(handed)
        self._count(handed, 1)

    def put_back(self, handovers: Sequence[Handover]) -> None:
        """At the head, in their order."""
        self._line.extendleft(reversed(handovers))
        for handed in handovers:
            self._count(handed, 1)

    def withdraw(self, handed: Handover) -> None:
        """Out of its place."""
        self._line.remove(handed)
        self._count(handed, -1)

    def leave(self, handed: Handover) -> None:
        """Its caller waits no more. It keeps its place, if it still has one."""
        waiting = not handed.taken.is_set()
        if waiting:
            self._count(handed, -1)
        handed.left = True
        if waiting:
            self._count(handed, 1)

    def take(self, room: int) -> Iterator[Handover]:
        """From the head, until there are so many rows: at least one handover, however many it brings."""
        while self._line and room > 0:
            handed = self._line.popleft()
            self._count(handed, -1)
            handed.taken.set()
            room -= len(handed.rows)
            yield handed

    def take_all(self, *, awaited: bool = False) -> list[Handover]:
        """All, or those whose callers wait."""
        taken, kept = list(self._line), deque[Handover]()
        if awaited:
            taken, kept = _parted(taken)
        self._line = kept
        for handed in taken:
            self._count(handed, -1)
        return taken

    def _count(self, handed: Handover, sign: int) -> None:
        rows = sign * len(handed.rows)
        self.rows += rows
        if handed.left:
            self.left_rows += rows
            self.left_chars += sign * handed.chars


def _parted(handovers: Iterable[Handover]) -> tuple[list[Handover], deque[Handover]]:
    awaited, left = list[Handover](), deque[Handover]()
    for handed in handovers:
        (left if handed.left else awaited).append(handed)
    return awaited, left
