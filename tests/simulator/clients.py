"""Clients of a simulator on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs
import httpx2
import msgspec
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from octi.simulator.script import Script
from octi.simulator.server import Simulator, open_simulator
from octi.websocket.opener import Upgrade, open_websocket
from tests.engine.wire import Event

KEY = "sk-simulated"
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"


@attrs.frozen
class Client:
    """Asks a simulator over HTTP."""

    simulator: Simulator
    http: httpx2.AsyncClient

    async def post(self, path: str, key: str | None = KEY, **what: Any) -> httpx2.Response:
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **what.pop("headers", {})}
        return await self.http.post(self.simulator.url + path, headers=headers, **what)

    async def get(self, path: str) -> Any:
        return (await self.http.get(self.simulator.url + path)).json()

    async def call(self, key: str = KEY, session: Event | None = None) -> str:
        """A new call's id."""
        files = {"sdp": (None, OFFER.encode()), "session": (None, msgspec.json.encode(session or {"type": "realtime"}))}
        made = await self.post("/v1/realtime/calls", key, files=files)
        assert made.status_code == 201, made.text
        return made.headers["location"].rpartition("/")[2]

    @asynccontextmanager
    async def socket(self, query: str, key: str = KEY, *, browser: bool = False) -> AsyncIterator["Socket"]:
        """A WebSocket; `browser`: with its key among the subprotocols."""
        offered = ("realtime", f"openai-insecure-api-key.{key}")
        upgrade = Upgrade(subprotocols=offered) if browser else Upgrade(headers={"Authorization": f"Bearer {key}"})
        url = self.simulator.url.replace("http", "ws", 1) + f"/v1/realtime?{query}"
        async with open_websocket(url, upgrade) as socket:
            yield Socket(socket)


@attrs.frozen
class Socket:
    """Speaks to a simulator."""

    socket: WebSocketConnection

    async def ask(self, *events: Event) -> None:
        for event in events:
            await self.socket.send_message(msgspec.json.encode(event).decode())

    async def next(self) -> Event:
        return msgspec.json.decode(await self.socket.get_message(), type=dict[str, Any])

    async def until(self, kind: str) -> list[Event]:
        """All events up to the next of a kind."""
        events = [await self.next()]
        while events[-1]["type"] != kind:
            events.append(await self.next())
        return events

    async def end(self) -> tuple[list[Event], int, str | None]:
        """All events to the end; its code and reason."""
        events: list[Event] = []
        with suppress(ConnectionClosed):
            while True:
                events.append(await self.next())
        closed = self.socket.closed
        assert closed
        return events, int(closed.code), closed.reason


@asynccontextmanager
async def simulating(script: Script | None = None, *, key: str = KEY, **more: Any) -> AsyncIterator[Client]:
    """A simulator on loopback; the whole block has ten seconds."""
    with trio.fail_after(10):
        async with open_simulator(script, key=key, **more) as simulator, httpx2.AsyncClient(trust_env=False) as http:
            yield Client(simulator, http)
