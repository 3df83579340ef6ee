"""octi in this process, on loopback, with its engine and a store that is thrown away."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import trio
from hypercorn.app_wrappers import ASGIWrapper

from octi.config import read_config
from octi.front import open_listeners, serve
from octi.opening import open_services
from octi.serve import spare_what_stays
from octi.web.app import create_app
from octi.web.sockets import Sockets


@asynccontextmanager
async def served(**settings: str) -> AsyncIterator[str]:
    """A server for as long as the block lasts; its address, to which a door's path is added."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{folder}/bench.db"
        config = read_config({"OCTI_STORE_URL": store, "OCTI_UPSTREAM": "embedded", **settings})
        async with open_services(config) as services, trio.open_nursery() as nursery:
            listeners = await open_listeners("127.0.0.1", 0, None)
            port = listeners[0].socket.getsockname()[1]  # type: ignore[union-attr]
            spare_what_stays()
            stopping, app = trio.Event(), ASGIWrapper(create_app(services))
            await nursery.start(partial(serve, app, listeners, sockets=Sockets(services), stopping=stopping))
            yield f"ws://127.0.0.1:{port}"
            stopping.set()
