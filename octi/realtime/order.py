"""A conversation's items in its order: each behind the one that it follows, whenever it came. Pure."""

import attrs

from octi.realtime.entry import Entry

FRONT = "root"  # as the wire names the place before the first item


@attrs.define
class Order:
    """One leg's conversation. Nearly every item goes to the end; only where one does not, all are put in order anew."""

    _entries: dict[str, Entry] = attrs.field(factory=dict)  # by the provider's id, as they came
    _sorted: list[Entry] | None = attrs.field(factory=list)  # None: to be found out anew
    _awaited: set[str] = attrs.field(factory=set)  # items that others follow, and that have not come yet

    def __contains__(self, item: str) -> bool:
        return item in self._entries

    @property
    def disturbed(self) -> bool:
        """May items have other places than they had?"""
        return self._sorted is None

    def add(self, entry: Entry) -> None:
        """An item that has no place yet stands where it came."""
        self._entries[entry.id] = entry
        if entry.id in self._awaited:
            self._sorted = None
        elif self._sorted is not None:
            self._sorted.append(entry)

    def put(self, entry: Entry, previous: str | None) -> None:
        """Put an item behind another, and behind those deleted ones that stand there; None: where it came."""
        self._follow(entry, self._last_gone(previous) if previous else None)

    def entries(self) -> list[Entry]:
        """All of them, in order."""
        if self._sorted is None:
            self._sorted = self._in_order()
        return self._sorted

    def _follow(self, entry: Entry, behind: str | None) -> None:
        """Nearly always it stands there already: at the end, behind the last but one."""
        if behind == entry.behind:
            return
        entry.behind = behind
        if behind is not None and behind not in self._entries:
            self._awaited.add(behind)
        order = self._sorted
        if order is None or len(order) < 2 or order[-1] is not entry or order[-2].id != behind:
            self._sorted = None

    def _last_gone(self, item: str) -> str:
        """The item itself, or the last deleted one behind it: the provider skips those, the transcript does not."""
        order = self.entries()
        last = len(order) - 1  # found from the end: that is where nearly every item goes
        place = next((last - back for back, entry in enumerate(reversed(order)) if entry.id == item), len(order))
        while place + 1 < len(order) and order[place + 1].deleted:
            place += 1
        return order[place].id if place < len(order) else item

    def _in_order(self) -> list[Entry]:
        """Each item directly behind the one it follows; of several behind one, the latest first."""
        entries = self._entries.values()
        followers: dict[str | None, list[Entry]] = {}
        for entry in entries:
            known = entry.behind == FRONT or entry.behind in self._entries
            followers.setdefault(entry.behind if known else None, []).append(entry)
        waiting = [*reversed(followers.get(None, [])), *followers.get(FRONT, [])]
        order: dict[str, Entry] = {}
        while waiting:
            entry = waiting.pop()
            order[entry.id] = entry
            waiting += followers.get(entry.id, [])
        return [*order.values(), *(entry for entry in entries if entry.id not in order)]  # the rest follow in a circle
