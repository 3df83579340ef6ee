"""Connections that pause between two requests: they may do so for long, therefore only so many of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import trio


@attrs.define(eq=False)
class Pauses:
    """The connections whose clients were answered and ask for nothing: one too many ends the one that paused first."""

    most: int
    _pausing: dict[trio.CancelScope, None] = attrs.field(factory=dict)  # in the order of their beginning

    @contextmanager
    def added(self, pause: trio.CancelScope) -> Iterator[None]:
        """Count a pause for as long as it lasts."""
        self._pausing[pause] = None
        if len(self._pausing) > self.most:
            first = next(iter(self._pausing))
            del self._pausing[first]
            first.cancel(reason="too many connections pause")
        try:
            yield
        finally:
            self._pausing.pop(pause, None)
