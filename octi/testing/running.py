"""A simulator in a thread of its own, for tests on any event loop or none."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any

import attrs
import trio

from octi.simulator.report import Report
from octi.simulator.script import Script
from octi.simulator.server import Simulator, open_simulator

START_S, STOP_S = 10.0, 10.0
GRACE_S = 0.5  # for clients that have just left: what they sent last counts


@attrs.frozen
class _Under:
    """What the thread has, once it serves."""

    simulator: Simulator
    token: trio.lowlevel.TrioToken
    stop: trio.Event


@attrs.define(eq=False)
class Running:
    """A simulator under way, from `run` until `stop`. `url`: as OCTI_UPSTREAM_URL has it."""

    script: Script
    key: str = attrs.field(default="", repr=False)
    pace_s: float = 0.0
    judge: bool = True  # whether the test fails if the scenario did
    url: str = ""
    _under: _Under | None = None
    _thread: Thread | None = None
    _report: Report | None = None

    @property
    def ws_url(self) -> str:
        """Where its sockets are, without a model."""
        return f"{self.url.replace('http', 'ws', 1)}/v1/realtime"

    def run(self) -> None:
        """Return when it serves. Raises OSError, TimeoutError."""
        serves: Future[_Under] = Future()
        self._thread = Thread(target=self._thread_main, args=(serves,), name="octi simulator", daemon=True)
        self._thread.start()
        self._under = serves.result(START_S)
        self.url = self._under.simulator.url

    def _thread_main(self, serves: "Future[_Under]") -> None:
        try:
            trio.run(self._serve, serves)
        except Exception as error:  # told to whoever waits for it to serve; later nobody does
            if not serves.done():
                serves.set_exception(error)

    async def _serve(self, serves: "Future[_Under]") -> None:
        async with open_simulator(self.script, key=self.key, pace_s=self.pace_s) as simulator:
            under = _Under(simulator, trio.lowlevel.current_trio_token(), trio.Event())
            serves.set_result(under)
            await under.stop.wait()
            with trio.move_on_after(GRACE_S):
                await simulator.house.stages.wait_all_over()
            self._report = simulator.report()

    def report(self) -> Report | None:
        """What came of the scenario, up to now or to the end; None for a script without one."""
        return self._in_thread(lambda under: under.simulator.report()) if self._under else self._report

    def stop(self) -> None:
        """End it. A second time it does nothing."""
        if self._under and self._thread:
            self._in_thread(lambda under: under.stop.set())
            self._thread.join(STOP_S)
            self._under = None

    def _in_thread(self, do: Callable[[_Under], Any]) -> Any:
        return trio.from_thread.run_sync(do, self._under, trio_token=self._under.token) if self._under else None
