"""A way to a server that can be cut, and mended: what a network and a restart do, without touching the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import attrs
import trio


@attrs.define(eq=False)
class Proxy:
    """Passes bytes on. While it is `cut` nobody gets through; while it is `silent` nothing comes back."""

    host: str
    port: int
    own_port: int = 0
    cut: bool = False
    connections: set[trio.SocketStream] = attrs.field(factory=set)
    speaking: trio.Event = attrs.field(factory=trio.Event)

    async def cut_off(self) -> None:
        """Every connection breaks, and new ones break at once."""
        self.cut = True
        for stream in list(self.connections):
            await trio.aclose_forcefully(stream)

    def fall_silent(self) -> None:
        """Connections stay, and nothing comes through them."""
        self.speaking = trio.Event()

    def mend(self) -> None:
        """All is well again."""
        self.cut = False
        self.speaking.set()

    async def serve(self, near: trio.SocketStream) -> None:
        """One connection, until either side leaves."""
        if self.cut:
            return
        far = await trio.open_tcp_stream(self.host, self.port)
        self.connections |= {near, far}
        try:
            async with far, trio.open_nursery() as nursery:
                nursery.start_soon(self._pass, near, far, nursery.cancel_scope)
                nursery.start_soon(self._pass, far, near, nursery.cancel_scope)
        finally:
            self.connections -= {near, far}

    async def _pass(self, source: trio.SocketStream, sink: trio.SocketStream, ending: trio.CancelScope) -> None:
        try:
            while data := await source.receive_some():
                await self.speaking.wait()
                await sink.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        ending.cancel(reason="one side left")


@asynccontextmanager
async def open_proxy(host: str, port: int) -> AsyncIterator[Proxy]:
    """A proxy on a port of its own, to a server."""
    proxy = Proxy(host, port)
    proxy.mend()
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, proxy.serve, 0, host="127.0.0.1"))
        proxy.own_port = listeners[0].socket.getsockname()[1]
        yield proxy
        nursery.cancel_scope.cancel(reason="the test is over")
