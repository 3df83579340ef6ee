"""Serves: opens the node, listens, drains when told to stop, and closes everything in reverse."""

import signal
import ssl
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper

from octi.config import Config, UpstreamKind
from octi.errors import BadConfig, StoreFailed
from octi.front import Listener, open_listeners, serve
from octi.listen_config import TlsFiles
from octi.opening import open_services
from octi.services import Services
from octi.session.live import LiveSessions
from octi.settings import masked
from octi.web.access import logged
from octi.web.app import create_app
from octi.web.sockets import Sockets

log = structlog.get_logger("octi.serve")

DRAIN_S = 10.0  # how long live sessions may take to say goodbye

Say = Callable[[str], None]


async def run(config: Config, say: Say) -> None:
    """Serve until SIGTERM or SIGINT; a second one hurries. `say` tells a person where octi is and what it uses.

    Raises BadConfig, StoreFailed, OSError (the address is taken or not ours, a TLS file is no such thing).
    """
    tls = None if config.listen.tls is None else tls_context(config.listen.tls)
    listeners = await open_listeners(config.listen.host, config.listen.port, tls)
    live, stopping, opened, opening = LiveSessions(), trio.Event(), trio.Event(), trio.CancelScope()
    problem: BadConfig | StoreFailed | None = None
    async with trio.open_nursery() as nursery:
        await nursery.start(obey_signals, live, stopping)  # before anything is opened: that takes seconds
        try:
            with opening:
                nursery.start_soon(give_up_opening, stopping, opened, opening)
                async with open_services(config, live) as services:
                    opened.set()
                    await serve_services(services, listeners, stopping, say)
        except (BadConfig, StoreFailed) as error:  # it leaves bare: the nursery is our affair
            problem = error
        finally:
            for listener in listeners:
                await trio.aclose_forcefully(listener)
        nursery.cancel_scope.cancel(reason="octi has stopped")
    if problem is not None:
        raise problem
    log.info("octi has stopped")


async def give_up_opening(stopping: trio.Event, opened: trio.Event, opening: trio.CancelScope) -> None:
    """A signal while octi opens ends it there and then: the speech workers may take seconds. Later it drains."""
    await stopping.wait()
    if not opened.is_set():
        opening.cancel(reason="stopped before it was ready")


async def serve_services(
    services: Services, listeners: list[Listener], stopping: trio.Event, say: Say = lambda line: None
) -> None:
    """Serve what is open until `stopping`."""
    app = ASGIWrapper(logged(create_app(services)))  # type: ignore[arg-type]  # our ASGI types are looser than its own
    async with trio.open_nursery() as serving:
        await serving.start(partial(serve, app, listeners, sockets=Sockets(services), stopping=stopping))
        for line in banner(services, listeners):
            say(line)


async def obey_signals(
    live: LiveSessions, stopping: trio.Event, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """The first SIGTERM or SIGINT drains, then stops; a second one stops at once. Ends when cancelled."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async with trio.open_nursery() as draining:
            async for number in signals:
                log.info("signal", name=signal.Signals(number).name, live=len(live))
                if live.draining.is_set():
                    stopping.set()
                else:
                    live.draining.set()
                    draining.start_soon(drain, live, stopping)


async def drain(live: LiveSessions, stopping: trio.Event) -> None:
    """Let every session say goodbye, within limits."""
    with trio.move_on_after(DRAIN_S):
        await live.wait_empty()
    stopping.set()


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Serve https and wss, HTTP/1.1 only. Raises OSError for what are no such files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(files.cert, files.key, password="")  # an encrypted key is an error, not a question
    except ssl.SSLError as error:
        why = f"{files.cert} and {files.key} are no certificate and its key, in PEM and not encrypted"
        raise OSError(f"{why} ({error.reason})") from error
    context.set_alpn_protocols(["http/1.1"])
    return context


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
        f"  talk to it        {command_line()} talk --mic --url ws{s}{base}/ws/realtime",
    ]
    if services.engine_problem:
        lines.append(f"  ! typed conversations only: {services.engine_problem}")
    return lines


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
