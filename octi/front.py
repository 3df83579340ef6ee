"""The connections of octi's clients: plain HTTP is served by Hypercorn, sockets are taken over before it sees them.

The only place that touches Hypercorn's insides: pinned to one version, and `tests/test_front.py` fails when they
change. What is mended here, for HTTP:
    a protocol error ended the process: it ends its connection
    a write to a client that stopped reading was shielded for ever: it can be cancelled, and has a deadline
    a request body that nobody reads held its connection for ever: reading ends when the answer is out
    a head that never ends was closed without a word: it is answered 408
    one figure was for a head and for the pause before the next: a pause may be longer, a head has its own deadline
And every request to upgrade, the first on its connection or a later one, leaves HTTP for `sockets`.
"""

import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial

import attrs
import trio
from hypercorn.config import Config as HypercornConfig
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import TrioSingleTask, WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState, LifespanState

from octi.accepting import Gate, addresses
from octi.crowd import Crowd, Place
from octi.http import LINGER_S, Http, Refused, TakeOver
from octi.observe.seldom import Seldom
from octi.pauses import Pauses
from octi.vitals import Guard, unguarded
from octi.websocket.handshake import Upgrade

log = logging.getLogger("octi.front")

RECEIVE_BYTES = 65_536
CHUNK_BYTES = 65_536  # what of an answer the client must take within WRITE_S
TLS_HANDSHAKE_S = 10.0
WRITE_S = 10.0  # a client that takes no chunk of an answer for so long is gone
TRACE_S = 10.0  # a connection that an error ended is logged at most so often
APP_PATIENCE_S = 5.0  # how long a handler may run on after its client is gone

Sockets = Callable[[Upgrade, trio.abc.Stream], Awaitable[None]]  # does not close the stream
Listener = trio.abc.Listener[trio.SocketStream] | trio.abc.Listener[trio.SSLStream[trio.SocketStream]]


@attrs.frozen(kw_only=True)
class Limits:
    """How long, how large and how many, for HTTP. Seconds and bytes."""

    head_s: float = 5.0  # for a head: from its first byte, or the first one on a connection from the beginning of that
    keep_alive_s: float = (
        150.0  # how long an answered client may pause: longer than nginx (60), Traefik (90), Caddy (120)
    )
    kept: int = 256  # how many may pause: so many descriptors they hold at most
    head_bytes: int = 16_384
    graceful_s: float = 3.0  # for requests that run when the server ends


@attrs.define(eq=False)
class Shared:
    """What all connections of a server have in common."""

    limits: Limits = attrs.field(factory=Limits)
    traces: Seldom = attrs.field(factory=lambda: Seldom(TRACE_S))
    pauses: Pauses = attrs.field(default=attrs.Factory(lambda self: Pauses(self.limits.kept), takes_self=True))


class Connection:
    """One client's connection, for as long as it lasts. Closes the stream."""

    def __init__(
        self,
        app: AppWrapper,
        config: HypercornConfig,
        context: WorkerContext,
        state: LifespanState,
        sockets: Sockets,
        stream: trio.SocketStream | trio.SSLStream[trio.SocketStream],
        shared: Shared | None = None,
        place: Place | None = None,
    ) -> None:
        self.app, self.config, self.context, self.state = app, config, context, state
        self.sockets, self.stream = sockets, stream
        self.shared = shared or Shared()
        self.place = place or Place(Crowd(), "")
        self.idle_task = TrioSingleTask()
        self.pause = trio.CancelScope()  # the time until the next request
        self.send_lock = trio.Lock()
        self.reading = trio.CancelScope()
        self.torn = False  # a write was cut: nothing sensible can follow it
        self.protocol: Http
        self.group: TaskGroup

    async def run(self) -> None:
        """Serve the client until either side ends it. An error ends this connection and no other."""
        try:
            with self.place.taken():
                if await self._secured() and (upgrade := await self._serve_http()):
                    await self.sockets(upgrade, self.stream)
        except* Exception as errors:
            if (others := self.shared.traces.due(trio.current_time())) is not None:
                log.error("connection dropped (and %d others since the last line)", others, exc_info=errors)
        finally:
            await trio.aclose_forcefully(self.stream)

    async def _secured(self) -> bool:
        if not isinstance(self.stream, trio.SSLStream):
            return True
        try:
            with trio.fail_after(TLS_HANDSHAKE_S):
                await self.stream.do_handshake()
        except (trio.BrokenResourceError, trio.TooSlowError):
            return False
        return True

    async def _serve_http(self) -> Upgrade | None:
        """Serve requests until the connection ends, or leaves HTTP."""
        client, server = addresses(self.stream)
        secure = isinstance(self.stream, trio.SSLStream)
        with trio.CancelScope() as serving:
            async with TaskGroup() as self.group:
                state = ConnectionState(self.state)
                self.protocol = Http(
                    self.app, self.config, self.context, self.group, state, secure, client, server, self._send
                )
                await self.idle_task.restart(self.group, self._idle)
                upgrade = await self._read()
                serving.deadline = trio.current_time() + APP_PATIENCE_S
                if upgrade is None:
                    await self.protocol.handle(Closed())
                    await self.idle_task.stop()
                    if not self.torn:
                        await self._linger()
        return upgrade

    async def _read(self) -> Upgrade | None:
        with self.reading:
            while True:
                data = await self._receive()
                try:
                    await self.protocol.handle(RawData(data))
                except TakeOver as taken:
                    self.place.is_served()
                    return taken.upgrade
                except Refused:
                    return None
                if self.protocol.is_asked:  # a body may be as slow as a head
                    self.place.is_served()
                if self.protocol.head_has_begun:
                    head_by = trio.current_time() + self.shared.limits.head_s
                    self.pause.deadline = min(self.pause.deadline, head_by)
                if not data:
                    break
        return None

    async def _receive(self) -> bytes:
        try:
            return bytes(await self.stream.receive_some(RECEIVE_BYTES))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return b""

    async def _send(self, event: Event) -> None:
        """What Hypercorn's protocol asks of its connection."""
        match event:
            case RawData(data=data):
                await self._write(data)
            case Closed():
                self.reading.cancel(reason="the answer asks for a close")
            case Updated(idle=True):
                # Shielded: this is said in the handler's task, which Quart-Trio cancels once its answer is out.
                self.place.asks()
                with trio.move_on_after(LINGER_S, shield=True):
                    await self.idle_task.restart(self.group, self._idle)
            case Updated():
                await self.idle_task.stop()
            case _:
                raise TypeError(f"Hypercorn sends {event!r}, which this version of it does not know")

    async def _write(self, data: bytes) -> None:
        """Send it whole, or give the client up, cancelled too: half an answer must not be followed by another."""
        async with self.send_lock:
            if not self.torn:
                self.torn = True
                try:
                    await self._write_chunks(memoryview(data))
                    self.torn = False
                except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
                    pass  # the client left, or takes nothing
                finally:
                    if self.torn:
                        self.reading.cancel(reason="an answer was cut")
        if self.torn:
            await trio.sleep_forever()  # a handler that writes on would never rest: it is cancelled with the connection

    async def _write_chunks(self, left: memoryview) -> None:
        while left:
            with trio.fail_after(WRITE_S):
                await self.stream.send_all(left[:CHUNK_BYTES])
            left = left[CHUNK_BYTES:]

    async def _idle(self) -> None:
        """End a connection that asks for nothing, or at once when the server ends."""
        limits = self.shared.limits
        kept = self.protocol.keep_alive_requests > 0 and not self.protocol.head_has_begun
        with (
            trio.move_on_after(limits.keep_alive_s if kept else limits.head_s) as self.pause,
            self.shared.pauses.added(self.pause) if kept else nullcontext(),
        ):
            await self.context.terminated.wait()
        await self.protocol.refuse_slow_head()
        self.reading.cancel(reason="idle")

    async def _linger(self) -> None:
        with trio.move_on_after(LINGER_S):
            try:
                async with self.send_lock:
                    if isinstance(self.stream, trio.abc.HalfCloseableStream):
                        await self.stream.send_eof()
                while await self._receive():
                    pass
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass  # the client was quicker


def hypercorn_config(limits: Limits) -> HypercornConfig:
    """Hypercorn's settings as octi wants them."""
    config = HypercornConfig()
    config.keep_alive_timeout = limits.keep_alive_s
    config.h11_max_incomplete_size = limits.head_bytes
    config.graceful_timeout = limits.graceful_s
    config.include_server_header = False
    config.errorlog = logging.getLogger("octi.http")
    config.accesslog = None  # octi.web logs requests
    return config


async def serve(
    app: AppWrapper,
    listeners: Sequence[Listener],
    *,
    sockets: Sockets,
    stopping: trio.Event,
    limits: Limits | None = None,
    guard: Guard = unguarded,
    crowd: Crowd | None = None,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the listeners until `stopping`; then let what runs end within `graceful_s`. Closes the listeners.

    Hypercorn's `worker_serve` with connections of ours: it takes them from a module global.
    """
    shared, gate = Shared(limits or Limits()), Gate(Crowd() if crowd is None else crowd)
    config = hypercorn_config(shared.limits)
    state: LifespanState = {}
    lifespan, context = Lifespan(app, config, state), WorkerContext(None)

    async def run(stream: trio.SocketStream | trio.SSLStream[trio.SocketStream], place: Place) -> None:
        await Connection(app, config, context, state, sockets, stream, shared, place).run()

    async with trio.open_nursery() as outer:
        await outer.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        async with trio.open_nursery() as connections:
            async with trio.open_nursery() as accepting:
                for listener in listeners:
                    accept = partial(gate.accept, listener, run, connections)
                    accepting.start_soon(guard, "a listener", accept)
                task_status.started()
                await stopping.wait()
                accepting.cancel_scope.cancel(reason="octi is stopping")
            await context.terminated.set()
            connections.cancel_scope.deadline = trio.current_time() + config.graceful_timeout
        await lifespan.wait_for_shutdown()
        outer.cancel_scope.cancel(reason="octi has stopped")


async def open_listeners(host: str, port: int, tls: ssl.SSLContext | None) -> list[Listener]:
    """Listen on every address of `host`; port 0 takes a free one. Raises OSError. The caller closes them."""
    listeners = await trio.open_tcp_listeners(port, host=host)
    if tls is None:
        return list(listeners)
    return [trio.SSLListener(listener, tls, https_compatible=True) for listener in listeners]
