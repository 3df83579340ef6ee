"""An octi over HTTP, as the clients of a soak ask it: every answer is counted, and none of them is a surprise."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs
import httpx2
import trio

PATIENCE_S = 20.0
MOST_CONNECTIONS = 1000


@attrs.frozen
class Asker:
    """One octi. `answers` counts routes and statuses; a route without one got no answer."""

    base: str
    http: httpx2.AsyncClient
    answers: Counter[str] = attrs.field(factory=Counter)

    async def ask(self, method: str, path: str, route: str = "", **what: Any) -> dict[str, Any]:
        """The JSON of a good answer; empty if it is another. route: what it is counted as."""
        try:
            answer = await self.http.request(method, self.base + path, **what)
        except httpx2.TransportError as error:
            self.answers[f"{method} {route or path}: {type(error).__name__}"] += 1
            return {}
        self.answers[f"{method} {route or path}: {answer.status_code}"] += 1
        found: dict[str, Any] = answer.json() if answer.is_success and answer.content[:1] == b"{" else {}
        return found

    async def of(self, session: str, method: str = "GET", what: str = "", **more: Any) -> dict[str, Any]:
        """The same of a session."""
        return await self.ask(method, f"/sessions/{session}{what}", f"/sessions/…{what}", **more)

    async def follow(self, session: str, reads: bool, stays_s: float) -> None:
        """Its events, for a while."""
        with suppress(httpx2.TransportError), trio.move_on_after(stays_s):
            async with self.http.stream("GET", f"{self.base}/sessions/{session}/events") as answer:
                if not reads:
                    await trio.sleep_forever()
                async for _ in answer.aiter_bytes():
                    pass

    def bugs(self) -> list[str]:
        """The answers that no client should ever get."""
        return [said for said in sorted(self.answers) if said.endswith((": 500", ": ReadTimeout"))]


@asynccontextmanager
async def open_http() -> AsyncIterator[httpx2.AsyncClient]:
    """For all of them."""
    limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=0)  # octi would hold them, idle
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_S, limits=limits) as http:
        yield http
