"""Serves: opens the node, listens, drains when told to stop, and closes everything in reverse."""

import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import attrs
import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper

from octi import __version__
from octi.access_config import Auth
from octi.certificate import follow, tls_context
from octi.config import Config, UpstreamKind
from octi.crowd import Crowd
from octi.descriptors import room_for
from octi.drain import FAILED, Drain, LastResort, requests_s
from octi.errors import BadConfig, StoreFailed
from octi.front import Limits, Listener, open_listeners, serve
from octi.listen_config import Listen
from octi.opening import open_services
from octi.services import Services
from octi.session.live import LiveSessions
from octi.settings import masked
from octi.store.base import Store
from octi.vitals import Upkeep, Vitals
from octi.web.access import logged
from octi.web.app import create_app
from octi.web.sockets import Sockets
from octi.web.traced import traced

log = structlog.get_logger("octi.serve")

# New objects before the youngest are looked through, and how often before the older ones are: Python's own are 700, 10
# and 10. So the second look takes 1 ms instead of 5, and the one at everything comes a seventh as often; what is
# garbage meanwhile is some tens of megabytes at the most.
COLLECT_AFTER = (500, 4, 250)
SWITCH_S = 0.0005  # after which a thread that computes lets another one have the interpreter

Say = Callable[[str], None]


async def run(config: Config, say: Say) -> int:
    """Serve until SIGTERM or SIGINT, or until a part dies that octi is of no use without; the exit code.

    `say` tells a person where octi is and what it uses. Raises BadConfig, StoreFailed, OSError (the address is taken or
    not ours, a TLS file is no such thing).
    """
    tls = None if config.listen.tls is None else tls_context(config.listen.tls)
    listeners = await open_listeners(config.listen.host, config.listen.port, tls)
    live, vitals, books = LiveSessions(), Vitals(), Books()
    resort = LastResort(partial(books.waiting, live))
    drain = Drain(live, config.limits.drain_s, resort.ends_within)
    upkeep = Upkeep(vitals.guard, lambda: drain.times.store)
    opened, opening = trio.Event(), trio.CancelScope()
    problem: BadConfig | StoreFailed | None = None
    async with trio.open_nursery() as nursery:
        await nursery.start(obey_signals, drain, resort)  # before anything is opened: that takes seconds
        nursery.start_soon(drain.run)
        nursery.start_soon(obey_vitals, vitals, drain)
        if tls is not None and config.listen.tls is not None:
            nursery.start_soon(follow, tls, config.listen.tls)
        nursery.start_soon(give_up_opening, drain.stopping, opened, opening)
        try:
            with opening:
                async with open_services(config, live, vitals=vitals, upkeep=upkeep) as services:
                    opened.set()
                    spare_what_stays()
                    share_the_interpreter()
                    with books.kept(services.store):
                        await serve_services(services, listeners, drain.stopping, say)
        except (BadConfig, StoreFailed) as error:  # it leaves bare: the nursery is our affair
            problem = error
        finally:
            for listener in listeners:
                await trio.aclose_forcefully(listener)
            resort.off()
        nursery.cancel_scope.cancel(reason="octi has stopped")
    if problem is not None:
        raise problem
    log.info("octi has stopped", sessions=drain.sessions, turns_cut=live.cut, rows_lost=books.lost)
    return FAILED if vitals.problems() or books.lost else 0


@attrs.define(eq=False)
class Books:
    """What the store still has to keep, and what of it was lost in the end."""

    _store: Store | None = None
    _failed: int = 0

    @contextmanager
    def kept(self, store: Store) -> Iterator[None]:
        """Count from the end of the block: until then whoever had rows was told, and tried again."""
        self._store = store
        try:
            yield
        finally:
            self._failed = store.statistics().get("rows_failed", 0)

    @property
    def lost(self) -> int:
        """How many rows failed since nobody could try again."""
        failed = self._store.statistics().get("rows_failed", 0) if self._store else 0
        return max(0, failed - self._failed)

    def waiting(self, live: LiveSessions) -> dict[str, int]:
        """What would be lost now."""
        kept = self._store.statistics() if self._store else {}
        store = max(kept.get("rows_waiting", 0), kept.get("rows_left", 0))  # the latter are with the database, too
        return {"sessions": len(live), "rows": store + sum(of.get("rows", 0) for of in live.census().values())}


def spare_what_stays() -> None:
    """Have the garbage collector leave alone what is there by now: modules, mostly, and they stay.

    To look through them took it a tenth of a second, in the middle of somebody's sentence. What comes and goes it looks
    through more seldom: hundreds of sessions take it as long, and few of their cycles are garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def share_the_interpreter() -> None:
    """Have threads that compute (the store's) give way to the loop soon.

    The loop lets go of the interpreter with every read and write; whoever takes it then may keep it for a while, by
    default 5 ms, ten times as long as a frame is on its way through octi.
    """
    sys.setswitchinterval(SWITCH_S)


async def give_up_opening(stopping: trio.Event, opened: trio.Event, opening: trio.CancelScope) -> None:
    """A signal while octi opens ends it there and then: the speech workers may take seconds. Later it drains."""
    await stopping.wait()
    if not opened.is_set():
        opening.cancel(reason="stopped before it was ready")


async def serve_services(
    services: Services,
    listeners: list[Listener],
    stopping: trio.Event,
    say: Say = lambda line: None,
    crowd: Crowd | None = None,
) -> None:
    """Serve what is open until `stopping`. crowd: who may be connected at once; None: as configured."""
    pages, proxies, observer = create_app(services), services.config.listen.proxies, services.observer
    watched = logged(pages, proxies, observer.meter)  # type: ignore[arg-type]  # our ASGI types are looser than Quart's
    app = ASGIWrapper(traced(watched, observer.tracer))  # type: ignore[arg-type]  # and than Hypercorn's
    async with trio.open_nursery() as serving:
        limits = Limits(graceful_s=requests_s(services.config.limits.drain_s))
        crowd = crowd_of(services.config.listen) if crowd is None else crowd
        serves = partial(serve, app, listeners, limits=limits, guard=services.vitals.guard, crowd=crowd)
        await serving.start(partial(serves, sockets=Sockets(services), stopping=stopping))
        log.info(
            "octi is ready",
            version=__version__,
            address=address_of(listeners[0], services.config.listen.host),
            upstream=services.upstream.name,
            speech=services.engine_problem is None,
        )
        for line in banner(services, listeners):
            say(line)


def crowd_of(listen: Listen) -> Crowd:
    """Who may be connected at once."""
    return Crowd(room_for(listen.connections), listen.connections_each, listen.proxies)


async def obey_signals(
    drain: Drain, resort: LastResort, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """The first signal of these drains, a second one hurries it, a third ends octi at once. Ends when cancelled."""
    with trio.open_signal_receiver(*ending_signals()) as signals:
        task_status.started()
        for obey in (drain.begin, drain.hurry):
            obey(signal.Signals(await anext(signals)).name)
        number = await anext(signals)
        resort.end_now(signal.Signals(number).name, 128 + number)


def ending_signals() -> list[signal.Signals]:
    """SIGTERM and SIGINT; and SIGHUP, which comes when octi's terminal is closed, unless it runs under `nohup`."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGTERM, signal.SIGINT, *([] if ignored else [signal.SIGHUP])]


async def obey_vitals(vitals: Vitals, drain: Drain) -> None:
    """An octi that is of no use any more ends, in good order."""
    await vitals.failed.wait()
    drain.begin("; ".join(vitals.problems()))


def banner(services: Services, listeners: list[Listener]) -> list[str]:
    """What a person who started octi wants to know."""
    config = services.config
    base = "://" + address_of(listeners[0], config.listen.host)
    s = "s" if config.listen.tls else ""
    lines = [
        f"octi is ready:      http{s}{base}/",
        f"  OCTI protocol     ws{s}{base}/ws/realtime",
        f"  Realtime API      ws{s}{base}/v1/realtime",
        f"  upstream          {upstream_line(services)}",
        f"  transcripts       {masked(config.store_url)}",
        f"  who may           {access_line(services)}",
        f"  talk to it        {command_line()} talk --mic --url ws{s}{base}/ws/realtime",
    ]
    if services.engine_problem:
        lines.append(f"  ! typed conversations only: {services.engine_problem}")
    return lines


def access_line(services: Services) -> str:
    """Who may come in, for people."""
    access, gate = services.config.access, services.gate
    if access.auth is Auth.NONE:
        return "everybody who reaches it, to talk, see and spend (OCTI_AUTH=none)"
    if not gate.guarded:
        return "every program of this machine, and pages that it serves; nobody is asked for a key"
    counted = f"{len(gate.keys)} server key{'' if len(gate.keys) == 1 else 's'}"
    return f"{counted}{', tokens of ' + access.jwt_issuer if access.has_tokens else ''}, and client secrets by them"


def command_line() -> str:
    """How a person runs octi where this process was: `octi` where it is installed, else this Python's module."""
    if Path(sys.argv[0]).name == "octi":
        return "octi"
    python = Path(sys.executable)
    here = Path.cwd()
    return f"{python.relative_to(here) if python.is_relative_to(here) else python} -m octi"


def upstream_line(services: Services) -> str:
    """Who answers, for people."""
    if services.config.upstream.kind is UpstreamKind.EMBEDDED:
        return f"embedded speech engine, brain: {services.config.engine.brain}"
    upstream = services.config.upstream
    return f"{services.upstream.name}, {masked(upstream.url)}, model {upstream.model}"


def address_of(listener: Listener, host: str) -> str:
    """Host and port to open: the port that was taken, and a host that a browser can open."""
    inner = listener.transport_listener if isinstance(listener, trio.SSLListener) else listener
    assert isinstance(inner, trio.SocketListener)
    name, port, *_ = inner.socket.getsockname()
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, host)
    return f"[{shown}]:{port}" if ":" in shown else f"{shown}:{port}"
