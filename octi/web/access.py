"""One log line for each request."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import trio

log = structlog.get_logger("octi.http")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def logged(app: App) -> App:
    """The ASGI application, with a line for each request: method, path (never its query), status, milliseconds."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        status, began = 500, trio.current_time()

        async def noting(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, noting)
        finally:
            took = round((trio.current_time() - began) * 1000, 1)
            log.info("request", method=scope["method"], path=scope["path"], status=status, duration_ms=took)

    return serve
