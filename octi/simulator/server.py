"""The simulator as a server: on one port, until it is left or told to stop."""

import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import attrs
import structlog
import trio

from octi.clock import Now, wall_clock
from octi.simulator.house import House, build
from octi.simulator.http import serve_connection
from octi.simulator.report import Report
from octi.simulator.routes import Routes
from octi.simulator.script import Script
from octi.simulator.sockets import Sockets
from octi.simulator.stages import Stages
from octi.upstream.embedded import Converse

HOST = "127.0.0.1"
WAIT_S = 60.0

log = structlog.get_logger("octi.simulator")


@attrs.frozen
class Simulator:
    """A simulator under way."""

    url: str  # as OCTI_UPSTREAM_URL has it
    house: House

    def report(self) -> Report | None:
        """What came of the scenario up to now; None for a script without one."""
        return self.house.stages.report()


@asynccontextmanager
async def open_simulator(
    script: Script | None = None,
    *,
    key: str = "",
    host: str = HOST,
    port: int = 0,
    pace_s: float = 0.0,
    now: Now = wall_clock,
    tls: ssl.SSLContext | None = None,
    converse: Converse | None = None,
    transcribe: Converse | None = None,
) -> AsyncIterator[Simulator]:
    """A simulator that serves until the block ends. port 0: any that is free. key "": any key is taken.

    `converse` answers sockets of their own in place of the script, `transcribe` those that only transcribe.
    Raises OSError if it cannot listen there.
    """
    listeners = await trio.open_tcp_listeners(port, host=host)
    problem: Exception | None = None
    async with trio.open_nursery() as nursery:
        house = build(script or Script(), nursery, key=key, pace_s=pace_s, now=now)
        serve = partial(_serve, answer=Routes(house), upgrade=Sockets(house, converse, transcribe), tls=tls)
        await nursery.start(partial(trio.serve_listeners, serve, listeners), name="simulator")
        try:
            yield Simulator(_url(listeners[0], host, "https" if tls else "http"), house)
        except Exception as error:  # it leaves bare: the nursery is our affair
            problem = error
        nursery.cancel_scope.cancel(reason="the simulator is left")
    if problem is not None:
        raise problem


async def _serve(stream: trio.SocketStream, *, answer: Routes, upgrade: Sockets, tls: ssl.SSLContext | None) -> None:
    """One connection. What goes wrong in it ends it, and no other."""
    try:
        over = trio.SSLStream(stream, tls, server_side=True, https_compatible=True) if tls else stream
        await serve_connection(over, answer, upgrade)
    except* Exception as errors:  # a bug: it is logged, and the other connections go on
        log.exception("a simulated connection crashed", exc_info=errors)


def _url(listener: trio.SocketListener, host: str, scheme: str) -> str:
    name, port, *_ = listener.socket.getsockname()
    shown = {"0.0.0.0": HOST, "::": "::1"}.get(name, host)
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"


@attrs.frozen(kw_only=True)
class Serving:
    """How a simulator is served to people. `once`: until the first session has ended, or none has begun in `wait_s`."""

    key: str = attrs.field(default="", repr=False)
    host: str = HOST
    port: int = 0
    pace_s: float = 0.0
    tls: ssl.SSLContext | None = None
    once: bool = False
    wait_s: float = WAIT_S


@attrs.frozen
class Outcome:
    """What came of it. `report` None: there was no scenario. `missed`: nobody came, and one session was wanted."""

    report: Report | None
    missed: bool = False

    @property
    def passed(self) -> bool:
        """Did the clients do their part?"""
        return not self.missed and (self.report is None or self.report.passed)


async def simulate(
    script: Script,
    serving: Serving,
    say: Callable[[str], None],
    converse: Converse | None = None,
    transcribe: Converse | None = None,
) -> Outcome:
    """Serve until SIGTERM or SIGINT. `say` tells a person where, and how to use it.

    Raises OSError.
    """
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with open_simulator(
            script,
            key=serving.key,
            host=serving.host,
            port=serving.port,
            pace_s=serving.pace_s,
            tls=serving.tls,
            converse=converse,
            transcribe=transcribe,
        ) as simulator:
            for line in banner(simulator.url, key=serving.key):
                say(line)
            stages = simulator.house.stages
            await wait_over(stages, signals, serving)
            return Outcome(simulator.report(), missed=serving.once and not stages.came.is_set())


async def wait_over(stages: Stages, signals: AsyncIterator[int], serving: Serving) -> None:
    """Return at a signal; where one session is wanted, also when one has ended, or none has begun in time."""
    async with trio.open_nursery() as nursery:

        async def watch() -> None:
            with trio.move_on_after(serving.wait_s):
                await stages.came.wait()
            if stages.came.is_set():
                await stages.over.wait()
            nursery.cancel_scope.cancel(reason="the first session has ended, or none has begun")

        if serving.once:
            nursery.start_soon(watch, name="simulator once")
        await anext(signals)
        nursery.cancel_scope.cancel(reason="told to stop")


def banner(url: str, *, key: str) -> list[str]:
    """What a person who started it wants to know. The key is not shown."""
    return [
        f"the simulated provider is ready: {url}",
        "to have octi speak to it:",
        f"  export OCTI_UPSTREAM=openai OCTI_UPSTREAM_URL={url}",
        f"  export OPENAI_API_KEY={'<the key that you gave>' if key else 'sk-simulated'}",
        "  export OCTI_SYSTEM_PROMPT='You are a friendly agent.'",
        "  octi serve",
        f"what it was asked:  {url}/_simulator/requests",
        f"its calls:          {url}/_simulator/calls",
    ]
