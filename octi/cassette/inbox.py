"""What the other side of a replay has sent, and whether it is gone."""

from collections import deque
from collections.abc import Callable, Sequence

import attrs
import trio

from octi.websocket.base import Leg, LegClosed, LegStalled, Message


@attrs.define(eq=False)
class Inbox:
    """A leg's messages in their order. `note` is told of each as it comes."""

    leg: Leg
    note: Callable[[Message], None]
    messages: deque[Message] = attrs.field(factory=deque)
    closed: LegClosed | None = None
    _moved: trio.Event = attrs.field(factory=trio.Event)

    async def fill(self) -> None:
        """The leg's reader: receive until they are gone."""
        while self.closed is None:
            try:
                self._take(await self.leg.receive())
            except LegClosed as closed:
                self._end(closed)
            except LegStalled as stalled:
                self._end(LegClosed(1006, str(stalled)))

    async def drain(self) -> None:
        """The leg's writer: until they are gone, or take nothing."""
        try:
            await self.leg.write()
        except LegStalled as stalled:
            self._end(LegClosed(1006, str(stalled)))
        except LegClosed as closed:
            self._end(closed)

    async def wait(self) -> Message | None:
        """The next message; None: they are gone."""
        while not self.messages and self.closed is None:
            self._moved = trio.Event()
            await self._moved.wait()
        return self.messages.popleft() if self.messages else None

    async def wait_gone(self) -> None:
        """Return when they are gone, whatever of theirs is still to be read."""
        while self.closed is None:
            self._moved = trio.Event()
            await self._moved.wait()

    @property
    def is_over(self) -> bool:
        """Is nothing to come any more?"""
        return self.closed is not None and not self.messages

    def _take(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.note(message)
        self.messages += messages
        self._moved.set()

    def _end(self, closed: LegClosed) -> None:
        self.closed = self.closed or closed
        self._moved.set()
