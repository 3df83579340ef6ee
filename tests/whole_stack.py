"""octi's whole stack in memory, on virtual time: a client's library, octi's front, a session, octi's dialling, a
provider's library. Only the two kernel sockets are replaced, by streams with small windows.
"""

import attrs
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.worker_context import WorkerContext
from quart_trio import QuartTrio
from trio_websocket import ConnectionClosed, wrap_server_stream

from octi.front import Connection, Limits, hypercorn_config
from octi.services import Services
from octi.session.live import LiveSessions
from octi.store.memory import MemoryStore
from octi.upstream.base import Upstream
from octi.upstream.dial import Dialled
from octi.upstream.provider import Provider
from octi.web.sockets import Sockets
from tests.fakes import Script, SocketPeer, play
from tests.parts import node
from tests.streams import WindowStream, window_stream_pair

PROVIDER = Provider(name="scripted", base="ws://provider/v1", key="sk-secret")


@attrs.define(eq=False)
class ScriptedNet:
    """Where octi's dialling leads to: a provider that follows a script, behind a stream in memory."""

    script: Script
    outside: trio.Nursery  # where the provider lives: it is nobody's child in octi
    window: int = 2048
    streams: list[WindowStream] = attrs.field(factory=list)  # octi's ends
    _answering: int = 0
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    async def wait_left(self) -> None:
        """Return when octi has left every provider."""
        while self._answering:
            await self._moved.park()

    def upstream(self) -> Upstream:
        """octi's real dialling, into this net."""
        return Dialled(provider=PROVIDER, max_message_bytes=1 << 20, connect=self.connect)

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        """A connection to the provider."""
        await trio.lowlevel.checkpoint()
        near, far = window_stream_pair(self.window)
        self.streams.append(near)
        self.outside.start_soon(self._provide, far)
        return near

    async def _provide(self, stream: WindowStream) -> None:
        self._answering += 1
        try:
            async with trio.open_nursery() as sockets:
                with trio.move_on_after(5) as hello:  # it waits for ever for a client that leaves first
                    request = await wrap_server_stream(sockets, stream)
                if not hello.cancelled_caught:
                    await play(self.script, SocketPeer(await request.accept()))
                sockets.cancel_scope.cancel()
        except* (ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            stream.close()
            self._answering -= 1
            self._moved.unpark_all()


@attrs.define(eq=False)
class Stack:
    """One octi in memory, with one way in."""

    upstream: Upstream
    store: MemoryStore = attrs.field(factory=MemoryStore)
    live: LiveSessions = attrs.field(factory=LiveSessions)

    def services(self) -> Services:
        """The node's parts."""
        return node(self.upstream, store=self.store, live=self.live)

    def connect(self, window: int = 4096) -> tuple[WindowStream, WindowStream, Connection]:
        """A client's end, octi's end, and the connection that serves it once it is run."""
        near, far = window_stream_pair(window)
        app, config = ASGIWrapper(QuartTrio("octi")), hypercorn_config(Limits())
        serving = Connection(app, config, WorkerContext(None), {}, Sockets(self.services()), far)  # type: ignore[arg-type]
        return near, far, serving
