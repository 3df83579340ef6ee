"""octi's whole stack in memory, on virtual time: a client's library, octi's front, a session, octi's dialling, a
simulated provider (`providers.net_to`). Only the kernel's sockets are replaced, by streams with small windows.
"""

import attrs
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.worker_context import WorkerContext
from quart_trio import QuartTrio

from octi.front import Connection, Limits, hypercorn_config
from octi.services import Services
from octi.session.live import LiveSessions
from octi.store.memory import MemoryStore
from octi.upstream.base import Upstream
from octi.web.sockets import Sockets
from tests.parts import node
from tests.streams import WindowStream, window_stream_pair


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
