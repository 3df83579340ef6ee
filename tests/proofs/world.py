"""octi whole, in memory, on virtual time, to be cut anywhere; the world around it lives on and says what it saw."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

import attrs
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.worker_context import WorkerContext
from quart_trio import QuartTrio

from octi.answerer import Answerer
from octi.config import Config, read_config
from octi.errors import OctiError
from octi.extraction.schema import ProfileSchema
from octi.front import Connection, Limits, hypercorn_config
from octi.hooks.judge import Judge
from octi.observe.base import Observer
from octi.opening import Parts, assemble, open_background, warm_pool
from octi.records import Extraction, SessionRecord, Turn
from octi.services import Services
from octi.session.live import LiveSessions
from octi.steering.extractors import Findings, at_once, by_rules
from octi.units import ItemId, SessionId
from octi.upstream.api import open_api
from octi.upstream.base import Upstream
from octi.upstream.warm_pool import WarmPool, open_warm_pool
from octi.vitals import unguarded
from octi.web.sockets import Sockets
from octi.websocket.poll import Poll
from tests.parts import Counted
from tests.proofs.matrix.caller import Caller, Dialect
from tests.proofs.matrix.storing import EPOCH, Troubled, WallClock
from tests.proofs.matrix.wires import Wire
from tests.proofs.polled import memory_poll
from tests.providers import SIMULATED, Net
from tests.scripted_api import MemoryNetwork
from tests.streams import WindowStream, window_stream_pair

WINDOW = 8192  # less than a word's sound: frames come in pieces, and are cut in the middle
SESSION = SessionId("5ba5842b-0000-4000-8000-000000000001")
EXTRACTING_S = 0.5
APP, CONFIG = ASGIWrapper(QuartTrio("octi")), hypercorn_config(Limits())  # nobody asks it anything: it is left


@attrs.define(eq=False)
class Port(trio.abc.Listener[WindowStream]):
    """Where octi listens. As with a kernel's, who was not accepted when it closes is dropped."""

    ends: list[WindowStream] = attrs.field(factory=list)  # octi's, of all who ever came
    _waiting: deque[WindowStream] = attrs.field(factory=deque)
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _closed: bool = False

    def dial(self, window: int) -> WindowStream:
        """The client's end of a new connection."""
        near, far = window_stream_pair(window)
        self.ends.append(far)
        if self._closed:
            far.close()
        self._waiting.append(far)
        self._moved.unpark()
        return near

    async def accept(self) -> WindowStream:
        await trio.lowlevel.checkpoint()
        while not self._waiting:
            await self._moved.park()
        return self._waiting.popleft()

    async def aclose(self) -> None:
        self._closed = True
        for end in self._waiting:
            end.close()
        await trio.lowlevel.checkpoint()


async def extracts(schema: ProfileSchema, turns: Sequence[Turn], times: Mapping[ItemId, float]) -> Findings:
    """octi's own rules, at the pace of somebody who thinks."""
    await trio.sleep(EXTRACTING_S)
    return await by_rules(at_once)(schema, turns, times)


@attrs.define(eq=False, kw_only=True)
class World:
    """One octi, and who has to do with it. `run` is octi, and all that is cut."""

    net: Net
    outside: trio.Nursery
    store: Troubled = attrs.field(factory=Troubled)
    engine: Callable[["World", AsyncExitStack], Awaitable[Upstream]] | None = None  # None: the provider
    calls: bool = False  # the provider's HTTP endpoints are wanted
    warm: int = 0  # so many legs wait for the next sessions
    window: int = WINDOW
    port: Port = attrs.field(factory=Port)
    live: LiveSessions = attrs.field(factory=LiveSessions)
    callers: list[Caller] = attrs.field(factory=list)
    over: trio.Event = attrs.field(factory=trio.Event)  # the play is
    has_call: bool = False  # octi made a call
    observer: Observer = attrs.field(factory=Observer)
    judge: Judge | None = None
    polled: bool = False
    _services: Services | None = None
    _nursery: trio.Nursery | None = None  # octi's; None: there is no octi any more, or not yet
    _api: MemoryNetwork = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._api = MemoryNetwork(self.outside, self.net)

    # octi

    async def run(self) -> None:
        """Open octi, serve until the play is over, and close it; the port is open before and after, as in `serve`."""
        try:
            async with AsyncExitStack() as opened:
                poll = await opened.enter_async_context(memory_poll(unguarded)) if self.polled else None
                answerer = await self._open_answerer(opened, poll)
                warm = warm_pool(self._config(), answerer, self.observer.meter)
                if warm is not None:
                    await opened.enter_async_context(open_warm_pool(warm, self.live.draining))
                nursery = await opened.enter_async_context(open_background())
                await self._serve_all(self._assembled(answerer, nursery, warm, poll))
        finally:
            await trio.aclose_forcefully(self.port)

    async def _serve_all(self, services: Services) -> None:
        self._services = services
        try:
            async with trio.open_nursery() as self._nursery:
                self._nursery.start_soon(trio.serve_listeners, self._serve, [self.port])
                await self.over.wait()
                self._nursery.cancel_scope.cancel(reason="octi has stopped")
        finally:
            self._nursery = None

    async def _open_answerer(self, opened: AsyncExitStack, poll: Poll | None) -> Answerer:
        if self.engine:
            return Answerer(upstream=await self.engine(self, opened))
        upstream = attrs.evolve(self.net.upstream(), poll=poll)
        if not self.calls:
            return Answerer(upstream=upstream)
        api = open_api(SIMULATED, transport=self._api.transport())
        return Answerer(upstream=upstream, api=await opened.enter_async_context(api))

    def _config(self) -> Config:
        config = read_config({"EXTRACTION_COOLDOWN_SECONDS": "0.001"})
        return attrs.evolve(config, upstream=attrs.evolve(config.upstream, warm_legs=self.warm))

    def _assembled(
        self, answerer: Answerer, nursery: trio.Nursery, warm: WarmPool | None, poll: Poll | None
    ) -> Services:
        return assemble(
            Parts(
                config=self._config(),
                store=self.store,
                answerer=answerer,
                nursery=nursery,
                warm=warm,
                live=self.live,
                now=WallClock(),
                random=Counted(),
                extractor=extracts,
                observer=self.observer,
                judge=self.judge,
                poll=poll,
            )
        )

    async def _serve(self, stream: WindowStream) -> None:
        """As the front serves a connection."""
        assert self._services
        sockets = Sockets(self._services)
        await Connection(APP, CONFIG, WorkerContext(None), {}, sockets, stream).run()  # type: ignore[arg-type]  # as a socket's

    # Who has to do with it

    async def make_session(self, extraction: Extraction = Extraction.REQUEST) -> None:
        """Keep a session, as one that was made over HTTP."""
        record = SessionRecord(
            id=SESSION,
            door="http",
            upstream="simulated",
            model="m",
            voice="alloy",
            config='{"type":"realtime"}',
            extraction=extraction,
            resumable=True,
            created_at=EPOCH,
        )
        await self.store.kept.save([record])

    def dial(self, dialect: Dialect, query: str = "", *, secret: str = "", wire: Callable[..., Wire] = Wire) -> Caller:
        """A client on its way to octi."""
        caller = Caller(
            dialect,
            wire(self.port.dial(self.window), self.outside, masks=True),
            f"{dialect.path}?{query}" if query else dialect.path,
            headers=[("Authorization", f"Bearer {secret}")] if secret else (),
        )
        self.callers.append(caller)
        self.outside.start_soon(self._call, caller)
        return caller

    async def _call(self, caller: Caller) -> None:
        try:
            await caller.call()
        finally:
            caller.wire.end.close()

    async def leave(self, caller: Caller) -> None:
        """A client hangs up, and waits for octi's goodbye."""
        await caller.hang_up()
        await self.wait_over(caller)

    async def wait_over(self, caller: Caller) -> None:
        """Return when a client's socket has ended."""
        while not caller.over:
            await caller.wait("a message that nobody ever says")

    async def ask(self, what: Callable[[Services], Awaitable[None]]) -> None:
        """Have octi do something, as a handler of an HTTP request does. Nothing, if there is no octi any more."""
        if self._nursery is None or self._services is None:
            return
        done = trio.Event()
        self._nursery.start_soon(self._handle, partial(what, self._services), done)
        await done.wait()

    async def _handle(self, handler: Callable[[], Awaitable[None]], done: trio.Event) -> None:
        try:
            await handler()
        except OctiError:
            pass  # its client is told
        finally:
            done.set()

    # What is left of it

    @property
    def provider_ends(self) -> list[WindowStream]:
        """octi's, of all connections to the provider."""
        return [*self.net.streams, *self._api.near]
