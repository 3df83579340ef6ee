"""Plays one side of a recorded leg to whoever has the other: sends what was sent, and compares what comes."""

from collections import Counter
from collections.abc import Sequence

import attrs
import trio

from octi.cassette.format import Goodbye
from octi.cassette.inbox import Inbox
from octi.cassette.renaming import Names
from octi.cassette.steps import Step, difference, is_piece, kind_of, streams, unplayed
from octi.websocket.base import Leg, LegStalled, Message

PATIENCE_S = 30.0
MOST_SHOWN = 50
OVER = "the cassette is over"


@attrs.frozen(kw_only=True)
class How:
    """How a cassette is played. `speed`: times real time; 0: without any pause. `strict`: every message must be the
    recorded one, in order; else one of its type must have come by then, and others may come between."""

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
    failed: str = ""  # it was not to be opened, as then, and why

    @property
    def passed(self) -> bool:
        """Did they do as they did then?"""
        return not self.differences


@attrs.define(eq=False)
class Player:
    """Plays the steps of one leg, once."""

    leg: Leg
    steps: Sequence[Step]
    how: How
    result: Played
    _names: Names = attrs.field(init=False)
    _inbox: Inbox = attrs.field(init=False)
    _then: tuple[float, float] = attrs.field(init=False)  # when, in the recording and now, something was done last
    _streamed: set[str] = attrs.field(factory=set)  # of which pieces have come since it was anybody's turn
    _spare: Counter[str] = attrs.field(factory=Counter)  # by type, what came before it was waited for

    def __attrs_post_init__(self) -> None:
        self._names = Names.of(self.steps)
        self._inbox = Inbox(self.leg, self._note)
        self._then = (self.steps[0].at_s if self.steps else 0.0, trio.current_time())

    async def play(self) -> Goodbye:
        """To the end, or until they leave or stay silent; how to leave them. Runs both of the leg's tasks.

        Whoever opened the leg closes it then.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._inbox.fill, name="replay reader")
            nursery.start_soon(self._inbox.drain, name="replay writer")
            goodbye = await self._play()
            with trio.move_on_after(self.how.patience_s):
                await self.leg.wait_room()  # closing waits two seconds for what is left
            nursery.cancel_scope.cancel(reason=OVER)
        self._judge_rest()
        return goodbye

    async def _play(self) -> Goodbye:
        for number, step in enumerate(self.steps):
            if step.ours:
                await self._wait_until_due(step)
                if not self._inbox.is_over and step.close:
                    return step.close
                going_on = not self._inbox.is_over and self._send(step)
            elif step.close:
                going_on = await self._await_close()
            else:
                going_on = await self._await(step)
            if not going_on:
                self._judge_leaving(self.steps[number:])
                break
        return Goodbye(1000, OVER)

    # What we do

    async def _wait_until_due(self, step: Step) -> None:
        """Unless they are gone: then there is nobody to be waited for."""
        then, now = self._then
        if self.how.speed:
            with trio.move_on_at(now + max(0.0, step.at_s - then) / self.how.speed):
                await self._inbox.wait_gone()
        else:
            await trio.lowlevel.checkpoint()

    def _done(self, step: Step) -> None:
        self._then = (step.at_s, trio.current_time())

    def _send(self, step: Step) -> bool:
        """True: we go on."""
        assert step.message is not None
        self._done(step)
        self.result.sent += 1
        if step.kind == "response.done":
            self._streamed.clear()
        try:
            self.leg.send(self._translated(step, step.message), text=step.message.text)
        except LegStalled as stalled:
            self._differ(f"they take nothing: {stalled}")
            return False
        return True

    def _translated(self, step: Step, message: Message) -> bytes:
        if not message.text:
            return message.data
        frame, missing = self._names.translated(message.data)
        for name in missing:
            self._differ(f"{step.kind} is about {name}, and they have given nothing like it: it was sent as it was")
        return frame

    # What they do

    def _note(self, message: Message) -> None:
        if message.text:
            self._names.learn(message.data)

    async def _await(self, step: Step) -> bool:
        """Wait for what they did then. False: they are gone, or silent."""
        if not self.how.strict and (is_piece(step.kind) or step.kind in self._streamed or self._came_before(step)):
            return True
        with trio.move_on_after(self.how.patience_s):
            while (message := await self._inbox.wait()) is not None:
                if self.how.strict or kind_of(message) == step.kind:
                    self._take(step, message)
                    return True
                self._set_aside(message)
            return False
        self._differ(f"nothing came within {self.how.patience_s:g} s: should be {step.kind}")
        return False

    def _came_before(self, step: Step) -> bool:
        """Did it come before something that it came after then?"""
        if not self._spare[step.kind]:
            return False
        self._spare[step.kind] -= 1
        self.result.extra -= 1
        self.result.matched += 1
        self._done(step)
        return True

    def _set_aside(self, message: Message) -> None:
        kind = kind_of(message)
        if not streams(kind):
            self._spare[kind] += 1
            self.result.extra += 1

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

    async def _await_close(self) -> bool:
        """False: they were gone, or should have been."""
        with trio.move_on_after(self.how.patience_s):
            while (message := await self._inbox.wait()) is not None:
                if self.how.strict:
                    self._differ(f"{kind_of(message)} came: they should have left")
                else:
                    self._set_aside(message)
            return False
        self._differ(f"they did not leave within {self.how.patience_s:g} s, as they did then")
        return False

    # What it means

    def _judge_leaving(self, rest: Sequence[Step]) -> None:
        if self._inbox.closed is None:
            return
        missing = unplayed(rest)
        if missing:
            self._differ(f"they left ({self._inbox.closed}): should have sent {missing[0]} and {len(missing) - 1} more")
        elif self.how.strict and any(step.ours and step.message for step in rest):
            self._differ(f"they left ({self._inbox.closed}) before they were told everything")

    def _judge_rest(self) -> None:
        if self.how.strict and not self.result.differences:
            for message in self._inbox.messages:
                self._differ(f"{kind_of(message)} came: there should be nothing more")

    def _differ(self, what: str) -> None:
        if len(self.result.differences) < MOST_SHOWN:
            done = self.result.sent + self.result.matched
            self.result.differences.append(f"{self.result.leg}, after {done} messages: {what}")
