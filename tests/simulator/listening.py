"""A listener of a stage, in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import msgspec
import trio

from octi.simulator.conversation import ScriptedConversation
from octi.simulator.ids import Ids
from octi.simulator.opening import Opening
from octi.simulator.script import AgentStep, Fault
from octi.simulator.stage import Listening, Stage
from octi.websocket.base import LegClosed
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.engine.wire import Event


def stage(*agent: AgentStep, pace_s: float = 0.0) -> Stage:
    """A call's stage."""
    return Stage(ScriptedConversation(Opening("m", 0.0), Ids(), agent, (), call=True), pace_s)


@attrs.define(eq=False)
class Sideband:
    """The client's end."""

    leg: MemoryLeg
    heard: list[Event] = attrs.field(factory=list)

    def ask(self, event: Event) -> None:
        self.leg.send(msgspec.json.encode(event))

    async def until(self, kind: str) -> Event:
        """The next event of a kind."""
        while True:
            for number, event in enumerate(self.heard):
                if event["type"] == kind:
                    del self.heard[: number + 1]
                    return event
            self.heard += [msgspec.json.decode(message.data) for message in await self.leg.receive()]

    async def end(self) -> tuple[list[str], LegClosed]:
        """All kinds of events to the end, and how it ended."""
        told = [event["type"] for event in self.heard]
        try:
            while True:
                told += [msgspec.json.decode(message.data)["type"] for message in await self.leg.receive()]
        except LegClosed as closed:
            return told, closed


@asynccontextmanager
async def attending(on: Stage, fault: Fault | None = None) -> AsyncIterator[tuple[Sideband, Listening]]:
    """A sideband to a stage, both ends; it leaves at the end of the block."""
    near, far = memory_legs()
    listener = Listening(far, fault)

    async def attend() -> None:
        await listener.attend(on)
        on.leave(listener)
        await far.close(*listener.goodbye)

    async with trio.open_nursery() as nursery:
        on.enter(listener)
        nursery.start_soon(attend)
        yield Sideband(near), listener
        await near.close(1000, "")
