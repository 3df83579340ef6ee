"""A client in memory, and all that it was told."""

from importlib.metadata import entry_points
from typing import Any

import attrs
import msgspec

from octi.websocket.base import Leg, LegClosed
from tests.engine.wire import Event
from tests.simulator.talking import RESPOND, output_of, typed


@attrs.define(eq=False)
class Talker:
    """The client's end of a leg."""

    leg: Leg
    lines: list[bytes] = attrs.field(factory=list)  # all that came
    _unread: list[bytes] = attrs.field(factory=list)
    closed: LegClosed | None = None

    def ask(self, *events: Event) -> None:
        for event in events:
            self.leg.send(msgspec.json.encode(event))

    async def next(self) -> bytes:
        while not self._unread:
            self._unread += [message.data for message in await self.leg.receive()]
        self.lines.append(self._unread[0])
        return self._unread.pop(0)

    async def until(self, *kinds: str) -> Event:
        """The next event of these kinds; what is no event is passed by."""
        while True:
            try:
                event: Any = msgspec.json.decode(await self.next())
            except msgspec.DecodeError:
                continue
            if event["type"] in kinds:
                return dict(event)

    async def say(self, text: str) -> Event:
        """Type something; the response."""
        self.ask(typed(text), RESPOND)
        return await self.until("response.done")

    async def give(self, call_id: str, output: str) -> Event:
        """A function's output; the response."""
        self.ask(output_of(call_id, output), RESPOND)
        return await self.until("response.done")

    async def end(self) -> LegClosed:
        """All that comes up to the end."""
        try:
            while True:
                await self.next()
        except LegClosed as closed:
            self.closed = closed
            return closed

    def events(self, kind: str) -> list[Event]:
        found = []
        for line in self.lines:
            try:
                event = msgspec.json.decode(line)
            except msgspec.DecodeError:
                continue
            if event["type"] == kind:
                found.append(event)
        return found


def plugin_args() -> tuple[str, ...]:
    """How an inner pytest gets octi's plugin: by itself where octi is installed, else by its name."""
    installed = entry_points(group="pytest11", name="octi")
    return ("-p", "no:cacheprovider", *(() if installed else ("-p", "octi.pytest_plugin")))
