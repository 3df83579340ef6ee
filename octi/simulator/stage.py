"""A scripted conversation in time, and the sockets that listen to it."""

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import attrs
import msgspec
import trio

from octi.simulator.conversation import ScriptedConversation
from octi.simulator.mischief import Close, HalfOpen, Out, Raw, Stall
from octi.simulator.referee import Referee
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
    dismissed: bool = False  # by us
    _sent: int = 0
    _queue: deque[Out] = attrs.field(factory=deque)  # behind a stall
    _until: float = 0.0  # when the stall ends
    _half_open: HalfOpen | None = None
    _stalls: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _reading: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def send(self, outs: Iterable[Out]) -> None:
        """Send them, as long as the script lets it hear."""
        self._queue.extend(outs)
        self._flush()

    def _flush(self) -> None:
        while self._queue and not self._scope.cancel_called and trio.current_time() >= self._until:
            match self._queue.popleft():
                case Close(code=code, reason=reason):
                    self.dismiss(code, reason)
                case _ if self._half_open:
                    pass
                case Stall(seconds):
                    self._until = trio.current_time() + seconds
                    self._stalls.unpark_all()
                case HalfOpen() as half_open:
                    self._half_open = half_open
                    self._reading.cancel(reason="half open: nothing is read any more")
                case Raw(data):
                    self._put(data)
                case event:
                    self._put(msgspec.json.encode(event))

    def _put(self, data: bytes) -> None:
        try:
            self.leg.send(data)
        except LegStalled as stalled:
            self.dismiss(STALLED, str(stalled))
        self._sent += 1
        self.check_fault()

    async def _resume(self) -> None:
        """Send what waits, after each stall; returns never."""
        while True:
            while trio.current_time() >= self._until:
                await self._stalls.park()
            await trio.sleep_until(self._until)
            self._flush()

    def check_fault(self) -> None:
        """Cut it off when it has heard what the script grants it."""
        if self.fault and self.fault.after_events is not None and self._sent >= self.fault.after_events:
            self.dismiss(self.fault.close, "the script says so")

    def dismiss(self, code: int, reason: str) -> None:
        """End it, with a goodbye; the first one counts."""
        if not self.dismissed:
            self.goodbye, self.dismissed = (code, reason), True
        self._scope.cancel(reason=reason)

    async def attend(self, stage: "Stage") -> None:
        """Pass on what it says until it leaves or is dismissed. The caller closes its leg, with `goodbye`."""
        await self._hold(partial(self._read, stage), self._resume)

    async def relay(self, other: Leg) -> None:
        """Pass on both ways between it and whoever has the other end of `other`, until one leaves or it is dismissed.

        The caller closes both: its leg with `goodbye`.
        """
        await self._hold(partial(self._pass_on_to, other), partial(self._pass_on_from, other))

    async def _hold(self, read: Callable[[], Awaitable[None]], beside: Callable[[], Awaitable[None]]) -> None:
        with self._scope:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(beside, name="simulator sender")
                    self.check_fault()
                    await read()
            except* LegClosed:
                self.goodbye = (1000, "")
            except* LegStalled as stalled:
                self.goodbye = (STALLED, str(stalled.exceptions[0]))

    async def write(self) -> None:
        """Send what the peer does not take at once, until it is gone, takes nothing, or its leg is closed.

        Beside all else, and beyond its end: a message that is cut off in its middle leaves no room for a goodbye.
        """
        try:
            await self.leg.write()
        except LegStalled as stalled:
            self.dismiss(STALLED, str(stalled))
        except LegClosed:
            pass  # the reader finds it out as well

    async def _pass_on_to(self, other: Leg) -> None:
        while True:
            for message in await self.leg.receive():
                other.send(message.data, text=message.text)
            await other.wait_room()

    async def _pass_on_from(self, other: Leg) -> None:
        try:
            while True:
                self.send([Raw(message.data) for message in await other.receive()])
                await self.leg.wait_room()
        except LegClosed as closed:
            self.dismiss(closed.code, closed.reason)

    async def _read(self, stage: "Stage") -> None:
        with self._reading:
            while True:
                for message in await self.leg.receive():
                    stage.take(message, self)
        if self._half_open:
            await trio.sleep(self._half_open.seconds)
            self.dismiss(DROPPED, "half open for long enough")


class Stage:
    """A conversation and its listeners. `run` plays it; nobody else advances it."""

    def __init__(
        self,
        conversation: ScriptedConversation,
        pace_s: float,
        *,
        referee: Referee | None = None,
        settle: Callable[[], Awaitable[None]] = trio.lowlevel.checkpoint,
        on_over: Callable[[], None] = lambda: None,
    ) -> None:
        self.conversation, self.pace_s, self.referee = conversation, pace_s, referee
        self.listening: list[Listening] = []
        self.asked: Counter[str] = Counter()  # what listeners had done, by the events' types; and `refused`
        self.ended, self.ended_by = trio.Event(), ""  # by the provider's side
        self._on_over = on_over
        self._settle = settle  # lets clients have their say before the next beat
        self._moved = trio.lowlevel.ParkingLot()

    async def run(self) -> None:
        """Each thing at its time; returns never."""
        due: dict[str, float] = {}
        while True:
            now, pending = trio.current_time(), self.conversation.pending()
            due = {key: due.get(key, now + (self.pace_s if wait is None else wait)) for key, wait in pending.items()}
            first = min(due.values(), default=None)
            if first is None:
                await self._moved.park()
            elif first > now:
                with trio.move_on_at(first):
                    await self._moved.park()
            else:
                await self._settle()
                still = self.conversation.pending()
                self.tell(self.conversation.advance([key for key, at in due.items() if at <= now and key in still]))

    def greet(self, listener: Listening) -> None:
        """What the one socket of its own conversation hears first."""
        said = self.conversation.greeting()
        if self.referee:
            self.referee.told(trio.current_time(), said)
        listener.send(said)

    def over(self, why: str) -> None:
        """It has ended; the first reason counts."""
        if self.referee:
            self.referee.ended(trio.current_time(), why)
        self._on_over()

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
        if self.referee:
            self.referee.sent(trio.current_time(), message.data, told)
        self._note_end(told.sender)
        sender.send(told.sender)
        self.tell(told.everybody)

    def tell(self, outs: Iterable[Out]) -> None:
        """Everybody hears these."""
        said = list(outs)
        if self.referee:
            self.referee.told(trio.current_time(), said)
        self._note_end(said)
        for listener in list(self.listening):
            listener.send(said)
        self._moved.unpark_all()

    def _note_end(self, outs: Iterable[Out]) -> None:
        for out in outs:
            if isinstance(out, Close) and out.by and not self.ended_by:
                self.ended_by = out.by
                self.ended.set()

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
