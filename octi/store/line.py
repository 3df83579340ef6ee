"""The line before the writer: who hands rows over, first come, first served. Nothing here waits for a database."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

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
        """Its rows, left, each for itself: one that cannot be kept then holds up none, nor changes their order."""
        return [Handover((row,), left=True) for row in self.rows]


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

    def leave(self, handed: Handover, fits: Callable[[Row], bool]) -> list[Row]:
        """Its caller waits no more. Its rows keep their place, if they still have one and fit; those that do not."""
        handed.left = True
        if handed.taken.is_set():
            return []
        place = self._line.index(handed)
        del self._line[place]
        self.rows -= len(handed.rows)
        lost = list[Row]()
        for each in handed.apart():
            if fits(each.rows[0]):
                self._line.insert(place, each)
                self._count(each, 1)
                place += 1
            else:
                lost += each.rows
        return lost

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
