"""A simulated provider in memory, for clients on Trio. On virtual time its order of events is the same every time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio
from trio.testing import memory_stream_pair, wait_all_tasks_blocked

from octi.clock import Now
from octi.simulator.house import House, build
from octi.simulator.http import serve_connection
from octi.simulator.opening import Opening
from octi.simulator.report import Report
from octi.simulator.routes import Routes
from octi.simulator.sockets import Sockets, converse
from octi.simulator.stage import Listening
from octi.testing.verdict import Named, check, script_of
from octi.websocket.base import Leg
from octi.websocket.memory import memory_legs

EPOCH = 1_790_000_000.0  # when a conversation in memory begins, if nobody says otherwise; seconds since 1970


@attrs.frozen
class Provider:
    """A provider in this process, as an `upstream.base.Upstream` as well."""

    house: House
    _nursery: trio.Nursery
    name: str = "simulated"

    @asynccontextmanager
    async def open(self, model: str = "gpt-realtime") -> AsyncIterator[Leg]:
        """A leg to a conversation of its own; closed at the end of the block."""
        near, far = memory_legs()
        over = trio.Event()
        self._nursery.start_soon(self._converse, far, model, over, name="simulated conversation in memory")
        try:
            yield near
        finally:
            await near.close(1000, "")  # noqa: ASYNC102  in memory it never waits
        with trio.move_on_after(1):  # so that what was sent last counts; a provider that plays dead is left
            await over.wait()

    async def _converse(self, leg: Leg, model: str, over: trio.Event) -> None:
        listener = Listening(leg)
        stage = self.house.stages.open(Opening(model, self.house.now()), call=False)
        await converse(stage, listener)
        await leg.close(*listener.goodbye)
        over.set()

    def connect(self) -> trio.abc.HalfCloseableStream:
        """A stream as if to the provider's port: HTTP, or a WebSocket's handshake. One request each."""
        near, far = memory_stream_pair()
        serve = serve_connection
        self._nursery.start_soon(serve, far, Routes(self.house), Sockets(self.house), name="simulated connection")
        return near

    def report(self) -> Report | None:
        """What came of the scenario up to now."""
        return self.house.stages.report()


@asynccontextmanager
async def in_memory(
    scenario: Named, *, key: str = "", folder: Path = Path(), now: Now | None = None, judge: bool = True
) -> AsyncIterator[Provider]:
    """A provider that plays a scenario (text, file or Script) until the block ends.

    `now`: its wall clock; by default one that begins at EPOCH and goes with Trio's. Raises ScenarioFailed behind the
    block if the client did not do what the scenario says, unless it is not to `judge`.
    """
    script, began = script_of(scenario, folder), trio.current_time()
    clock = now or (lambda: EPOCH + trio.current_time() - began)
    problem: Exception | None = None
    report: Report | None = None
    async with trio.open_nursery() as nursery:
        house = build(script, nursery, key=key, pace_s=0.0, now=clock, settle=wait_all_tasks_blocked)
        provider = Provider(house, nursery)
        try:
            yield provider
        except Exception as error:  # it leaves bare: the nursery is our affair
            problem = error
        report = provider.report()
        nursery.cancel_scope.cancel(reason="the test is over")
    if problem:
        raise problem
    if judge:
        check(report)
