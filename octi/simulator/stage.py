"""A scripted conversation in time, and the sockets that listen to it."""

from collections import Counter
from collections.abc import Iterable

import attrs
import msgspec
import trio

from octi.simulator.conversation import Event, ScriptedConversation
from octi.simulator.script import SIDEBAND, Fault
from octi.websocket.base import Leg, LegClosed, LegStalled, Message

DROPPED = 1006  # no code that can be sent: leave without a goodbye
STALLED = 1008


@attrs.define(eq=False)
class Listening:
    """One socket of a conversation, until it leaves or is dismissed. `fault`: when and how it is cut off."""

    leg: Leg
    fault: Fault | None = None
    goodbye: tuple[int, str] = (1000, "")
    _sent: int = 0
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def send(self, events: Iterable[Event]) -> None:
        """Send them, as long as the script lets it hear."""
        for event in events:
            if self._scope.cancel_called:
                return
            try:
                self.leg.send(msgspec.json.encode(event))
            except LegStalled as stalled:
                self.dismiss(STALLED, str(stalled))
            self._sent += 1
            self.check_fault()

    def check_fault(self) -> None:
        """Cut it off when it has heard what the script grants it."""
        if self.fault and self.fault.after_events is not None and self._sent >= self.fault.after_events:
            self.dismiss(self.fault.close, "the script says so")

    def dismiss(self, code: int, reason: str) -> None:
        """End it, with a goodbye."""
        self.goodbye = (code, reason)
        self._scope.cancel(reason=reason)

    async def attend(self, stage: "Stage") -> None:
        """Pass on what it says until it leaves or is dismissed. The caller closes its leg, with `goodbye`."""
        with self._scope:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self.leg.write, name="simulator writer")
                    self.check_fault()
                    while True:
                        for message in await self.leg.receive():
                            stage.take(message, self)
            except* LegClosed:
                self.goodbye = (1000, "")
            except* LegStalled as stalled:
                self.goodbye = (STALLED, str(stalled.exceptions[0]))


class Stage:
    """A conversation and its listeners. `run` plays it; nobody else advances it."""

    def __init__(self, conversation: ScriptedConversation, pace_s: float) -> None:
        self.conversation, self.pace_s = conversation, pace_s
        self.listening: list[Listening] = []
        self.asked: Counter[str] = Counter()  # what listeners had done, by the events' types; and `refused`
        self._moved = trio.lowlevel.ParkingLot()

    async def run(self) -> None:
        """Beat by beat, `pace_s` apart; returns never."""
        while True:
            while not self.conversation.busy:
                await self._moved.park()
            await trio.sleep(self.pace_s)
            self.tell(self.conversation.advance())

    def enter(self, listener: Listening) -> None:
        """From now on it hears everything."""
        self.listening.append(listener)
        self.asked[SIDEBAND] += 1
        self._moved.unpark_all()

    def leave(self, listener: Listening) -> None:
        """It hears nothing any more. A second time it does nothing."""
        if listener in self.listening:
            self.listening.remove(listener)

    def take(self, message: Message, sender: Listening) -> None:
        """Do what a listener asks."""
        told = self.conversation.take(message.data, text=message.text)
        self.asked[told.kind] += 1
        sender.send(told.sender)
        self.tell(told.everybody)

    def tell(self, events: Iterable[Event]) -> None:
        """Everybody hears these."""
        said = list(events)
        for listener in list(self.listening):
            listener.send(said)
        self._moved.unpark_all()

    async def wait_answered(self, than: int) -> None:
        """Return when more than so many answers were given, and nothing is under way."""
        while self.conversation.answered <= than or self.conversation.busy:
            await self._moved.park()

    async def wait_asked(self, kind: str, more_than: int) -> None:
        """Return when listeners have sent more than so many events of a type."""
        while self.asked[kind] <= more_than:
            await self._moved.park()

    async def wait_quiet(self) -> None:
        """Return when nothing is under way."""
        while self.conversation.busy:
            await self._moved.park()
