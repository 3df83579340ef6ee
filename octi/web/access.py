"""One log line for each request, and one count."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
import trio
from quart import Quart, request
from structlog.contextvars import bound_contextvars

from octi.observe.base import Meter
from octi.observe.labels import OTHER
from octi.settings import Network
from octi.web.forwarded import client_of
from octi.web.request_ids import request_id

log = structlog.get_logger("octi.http")

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
ROUTE = "octi.route"  # in a request's scope: the route that took it, as it was registered

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def logged(app: App, proxies: Sequence[Network] = (), meter: Meter | None = None) -> App:
    """The ASGI application, with a line for each request: method, path (never its query), status, milliseconds, client.

    The request's name is on every line that is logged meanwhile, and in its answer.
    proxies: those whose word is taken for whose client it is. meter: is told of each request.
    """
    counts = meter or Meter()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        status, began, name = 500, trio.current_time(), request_id(said_in(scope, b"x-request-id"))

        async def noting(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", name.encode())]}
            await send(message)

        with bound_contextvars(request=name):
            try:
                await app(scope, receive, noting)
            finally:
                took = trio.current_time() - began
                counts.requested(scope["method"], scope.get(ROUTE, OTHER), status, took)
                log.log(
                    level_of(scope["path"], status),
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    duration_ms=round(took * 1000, 1),
                    client=client_in(scope, proxies),
                )

    return serve


def tell_routes(app: Quart) -> None:
    """Have the application say in a request's scope which route takes it. An unknown path has none."""

    @app.before_request
    async def tell() -> None:
        if request.url_rule is not None:
            scope: Any = request.scope  # typed as if it had the keys of the ASGI specification only
            scope[ROUTE] = request.url_rule.rule


def level_of(path: str, status: int) -> int:
    """How important a request is: machines ask every few seconds whether octi is well, and nobody reads that it is."""
    if status >= 500:
        return logging.WARNING
    return logging.DEBUG if path in PROBES else logging.INFO


def said_in(scope: Scope, header: bytes) -> list[str]:
    """What a request says in its headers of a name."""
    return [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == header]


def client_in(scope: Scope, proxies: Sequence[Network]) -> str:
    """The address of the client whose request it is; "" where that is not known."""
    host, _ = scope.get("client") or ("", 0)
    return client_of(host, said_in(scope, b"x-forwarded-for"), proxies)
