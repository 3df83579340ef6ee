"""How much of the agent's voice the provider really sent, item by item: the most that a truncation may name. Pure."""

import attrs

from octi.realtime.audio import BYTES_PER_MS
from octi.units import PCM_BYTES_PER_MS


@attrs.define
class SentAudio:
    """Counts one conversation's audio, in the format that it came in."""

    _bytes_per_ms: int = PCM_BYTES_PER_MS
    _items: dict[str, tuple[int, int]] = attrs.field(factory=dict)  # bytes, and how many of them are a millisecond

    def speak(self, output_format: str) -> None:
        """From now on the provider speaks in this format."""
        self._bytes_per_ms = BYTES_PER_MS.get(output_format, PCM_BYTES_PER_MS)

    def add(self, item: str, more: int) -> float:
        """The next bytes of an item's voice; how long they sound, in seconds."""
        size, per_ms = self._items.get(item) or (0, self._bytes_per_ms)
        self._items[item] = (size + more, per_ms)
        return more / per_ms / 1000

    def cut(self, item: str, end_ms: int) -> None:
        """The provider forgot what lies behind."""
        size, per_ms = self._items.get(item, (0, self._bytes_per_ms))
        self._items[item] = (min(size, max(0, end_ms) * per_ms), per_ms)

    def ms(self, item: str) -> int:
        """Whole milliseconds; 0 for an item without a voice."""
        size, per_ms = self._items.get(item, (0, 1))
        return size // per_ms

    def clear(self) -> None:
        """Another conversation begins."""
        self._items.clear()
