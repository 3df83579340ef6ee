"""The agent's side: it arrives faster than it plays, and is placed where it plays. Pure. All places count samples."""

from collections.abc import Iterator

import attrs

from octi.recording.track import Track
from octi.units import SAMPLE_BYTES

MOST_ITEMS = 64  # that can still be cut: nobody truncates what was said so long ago

Span = tuple[int, int]  # from a place to another


@attrs.define(eq=False)
class Item:
    """One answer's sound, or one item's of it: where its parts were placed."""

    spans: list[Span] = attrs.field(factory=list)
    cut: bool = False  # nothing more of it is heard

    def add(self, start: int, end: int) -> None:
        """Another part, behind the others."""
        if self.spans and self.spans[-1][1] == start:
            start = self.spans.pop()[0]
        self.spans.append((start, end))

    def shorten(self, heard: int) -> Iterator[Span]:
        """Keep so much of it; where the rest was."""
        kept, left = list[Span](), heard
        for start, end in self.spans:
            stays = min(end - start, left)
            left -= stays
            if stays:
                kept.append((start, start + stays))
            if start + stays < end:
                yield start + stays, end
        self.spans = kept

    def heard_by(self, place: int) -> int:
        """How much of it lies before a place."""
        return sum(max(0, min(end, place) - start) for start, end in self.spans)


@attrs.define(eq=False)
class AgentTrack:
    """As `octi.realtime.playback` has it: begins with the first sound, in real time, and waits where it is late."""

    track: Track = attrs.field(factory=Track)
    unsaid: list[Span] = attrs.field(factory=list)  # what was taken before it turned out that it was not heard
    _items: dict[str, Item] = attrs.field(factory=dict)

    def say(self, name: str, pcm: bytes, now: int) -> None:
        """The next of an item's sound has come."""
        item = self._items.setdefault(name, Item())
        if not pcm or item.cut or not self.track.has_room(pcm, now):
            return
        start = max(self.track.end, now, self.track.taken)
        self.track.put(start, pcm)
        item.add(start, start + len(pcm) // SAMPLE_BYTES)
        while len(self._items) > MOST_ITEMS:
            del self._items[next(iter(self._items))]

    def cut(self, name: str, heard: int) -> None:
        """So much of an item was heard, and no more."""
        if item := self._items.get(name):
            self._shorten(item, heard)

    def cut_all(self, now: int) -> None:
        """Nothing is heard from now on but what comes later."""
        for item in self._items.values():
            if item.spans and item.spans[-1][1] > now:
                self._shorten(item, item.heard_by(now))

    def _shorten(self, item: Item, heard: int) -> None:
        gone = list(item.shorten(heard))
        item.cut = True
        for start, end in gone:
            self.track.lift(start, end)
            if start < self.track.taken:
                self.unsaid.append((start, min(end, self.track.taken)))
        if gone:
            self.track.end = max((each.spans[-1][1] for each in self._items.values() if each.spans), default=0)
