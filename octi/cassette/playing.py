"""Plays one side of a recorded leg to whoever has the other: sends what was sent, and compares what comes."""

from collections import deque
from collections.abc import Sequence

import attrs
import trio

from octi.cassette.steps import Step, difference, kind_of, streams, unplayed
from octi.websocket.base import Leg, LegClosed, LegStalled, Message

PATIENCE_S = 30.0
MOST_SHOWN = 50
OVER = "the cassette is over"


@attrs.frozen(kw_only=True)
class How:
    """How a cassette is played. `speed`: times real time; 0: without any pause. `strict`: every message must be the
    recorded one, in order; else its type must come, and others may come between."""

    strict: bool = True
    speed: float = 1.0
    patience_s: float = PATIENCE_S  # for what they must send
    voices: bool = True  # compare sound


@attrs.define
class Played:
    """What came of one leg."""

    leg: str
    sent: int = 0
    matched: int = 0
    extra: int = 0  # events that nobody waited for; by type only
    differences: list[str] = attrs.field(factory=list)

    @property
    def passed(self) -> bool:
        """Did they do as they did then?"""
        return not self.differences


@attrs.define(eq=False)
class _Inbox:
    """What they have sent, and whether they are gone."""

    leg: Leg
    messages: deque[Message] = attrs.field(factory=deque)
    closed: LegClosed | None = None
    _moved: trio.Event = attrs.field(factory=trio.Event)

    async def fill(self) -> None:
        while self.closed is None:
            try:
                self.messages += await self.leg.receive()
            except LegClosed as closed:
                self.closed = closed
            except LegStalled as stalled:
                self.closed = LegClosed(1006, str(stalled))
            self._moved.set()

    async def wait(self) -> Message | None:
        """The next message; None: they are gone."""
        while not self.messages and self.closed is None:
            self._moved = trio.Event()
            await self._moved.wait()
        return self.messages.popleft() if self.messages else None


@attrs.define(eq=False)
class Player:
    """Plays the steps of one leg, once."""

    leg: Leg
    steps: Sequence[Step]
    how: How
    result: Played
    _inbox: _Inbox = attrs.field(init=False)
    _then: tuple[float, float] = attrs.field(init=False)  # when, in the recording and now, something was done last
    _streamed: set[str] = attrs.field(factory=set)  # of which pieces have come since it was anybody's turn

    def __attrs_post_init__(self) -> None:
        self._inbox = _Inbox(self.leg)
        self._then = (self.steps[0].at_s if self.steps else 0.0, trio.current_time())

    async def play(self) -> Played:
        """To the end, or until they leave or stay silent. Closes the leg."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._inbox.fill, name="replay reader")
            closed = await self._play()
            if not closed:
                await self.leg.close(1000, OVER)
            nursery.cancel_scope.cancel(reason=OVER)
        self._judge_rest()
        return self.result

    async def _play(self) -> bool:
        """True: the leg was closed, by us or by them."""
        for number, step in enumerate(self.steps):
            if step.ours:
                await self._wait_until_due(step)
                if self._inbox.closed and not self._inbox.messages:
                    return self._left(self.steps[number:])
                if step.close:
                    await self.leg.close(step.close.code, step.close.reason)
                    return True
                self._send(step)
            elif step.close:
                await self._await_close()
                return self._inbox.closed is not None
            elif not await self._await(step):
                return self._left(self.steps[number:]) if self._inbox.closed else False
        return False

    async def _wait_until_due(self, step: Step) -> None:
        then, now = self._then
        if self.how.speed:
            await trio.sleep_until(now + max(0.0, step.at_s - then) / self.how.speed)
        else:
            await trio.lowlevel.checkpoint()

    def _done(self, step: Step) -> None:
        self._then = (step.at_s, trio.current_time())

    def _send(self, step: Step) -> None:
        assert step.message is not None
        self._done(step)
        self.result.sent += 1
        if step.kind == "response.done":
            self._streamed.clear()
        try:
            self.leg.send(step.message.data, text=step.message.text)
        except LegStalled as stalled:
            self._differ(f"they take nothing: {stalled}")

    async def _await(self, step: Step) -> bool:
        """Wait for what they did then. False: they are gone, or silent."""
        if not self.how.strict and step.kind in self._streamed:
            return True
        with trio.move_on_after(self.how.patience_s):
            while (message := await self._inbox.wait()) is not None:
                if self.how.strict or kind_of(message) == step.kind:
                    self._take(step, message)
                    return True
                self.result.extra += not streams(kind_of(message))
            return False
        self._differ(f"nothing came within {self.how.patience_s:g} s: should be {step.kind}")
        return False

    def _take(self, step: Step, message: Message) -> None:
        assert step.message is not None
        self._done(step)
        self._streamed = self._streamed | {step.kind} if streams(step.kind) else set()
        wanted, got = step.kind, kind_of(message)
        if wanted != got:
            self._differ(f"{got} came: should be {wanted}")
        elif self.how.strict and (other := difference(step.message, message, voices=self.how.voices)):
            self._differ(f"{got}: {other}")
        else:
            self.result.matched += 1

    async def _await_close(self) -> None:
        with trio.move_on_after(self.how.patience_s):
            while (message := await self._inbox.wait()) is not None:
                self._take_extra(message)
            return
        self._differ(f"they did not leave within {self.how.patience_s:g} s, as they did then")

    def _take_extra(self, message: Message) -> None:
        if self.how.strict:
            self._differ(f"{kind_of(message)} came: they should have left")
        else:
            self.result.extra += not streams(kind_of(message))

    def _left(self, rest: Sequence[Step]) -> bool:
        missing = unplayed(rest)
        if missing:
            self._differ(f"they left ({self._inbox.closed}): should have sent {missing[0]} and {len(missing) - 1} more")
        elif self.how.strict and any(step.ours and step.message for step in rest):
            self._differ(f"they left ({self._inbox.closed}) before they were told everything")
        return True

    def _judge_rest(self) -> None:
        if self.how.strict and not self.result.differences:
            for message in self._inbox.messages:
                self._differ(f"{kind_of(message)} came: there should be nothing more")

    def _differ(self, what: str) -> None:
        if len(self.result.differences) < MOST_SHOWN:
            done = self.result.sent + self.result.matched
            self.result.differences.append(f"{self.result.leg}, after {done} messages: {what}")
