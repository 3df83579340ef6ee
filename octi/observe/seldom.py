"""Logging the same trouble seldom: a peer that breaks connections for sport must not fill a disk."""

import attrs


@attrs.define
class Seldom:
    """Lets one through in so many seconds, and counts the others."""

    interval_s: float
    _last: float | None = None
    _held_back: int = 0

    def due(self, now: float) -> int | None:
        """None: hold this one back. Else how many were held back since the last that was let through."""
        if not self.may(now):
            self._held_back += 1
            return None
        self._last, held_back, self._held_back = now, self._held_back, 0
        return held_back

    def may(self, now: float) -> bool:
        """Would one be let through now?"""
        return self._last is None or now - self._last >= self.interval_s
