"""A request's span: begun in the trace of whoever asks, named after its route, ended with its status."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from octi.observe.base import Tracer, in_span
from octi.observe.labels import OTHER, method_label
from octi.web.access import ROUTE, App, Receive, Scope, Send

PARENT, STATE = "traceparent", "tracestate"
# Asked every few seconds by machines; nobody looks for their traces.
UNTRACED = frozenset({"/health", "/livez", "/readyz", "/metrics"})

Lines = Iterable[tuple[str, str]]


@attrs.define
class Answered:
    """What is found out about a request while it is answered."""

    route: str = ""
    status: int = 500  # unless it is answered otherwise


def traced(app: App, tracer: Tracer) -> App:
    """The ASGI application, with a span for each request that is worth one."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNTRACED:
            await app(scope, receive, send)
            return
        lines = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope.get("headers", ()))
        with request_span(tracer, scope["method"], scope["path"], lines) as answer:

            async def noting(message: Any) -> None:
                if message["type"] == "http.response.start":
                    answer.status = message["status"]
                await send(message)

            try:
                await app(scope, receive, noting)
            finally:
                answer.route = scope.get(ROUTE, "")

    return serve


@contextmanager
def request_span(tracer: Tracer, method: str, path: str, headers: Lines) -> Iterator[Answered]:
    """Answer a request in its span. Of one that no route takes the path is not told: it may be anything."""
    known = method_label(method)
    verb = "HTTP" if known == OTHER else known
    about = {"http.request.method": "_OTHER" if known == OTHER else known}
    span, answer = tracer.root(verb, about, headers=context_in(headers)), Answered()
    try:
        with in_span(span):
            yield answer
    finally:
        if answer.route:
            span.rename(f"{verb} {answer.route}")
            span.note({"http.route": answer.route, "url.path": path})
        span.note({"http.response.status_code": answer.status})
        span.end(error=str(answer.status) if answer.status >= 500 else None)


def context_in(headers: Lines) -> Mapping[str, str]:
    """W3C trace context among a request's headers. Two parents are none; states are put together."""
    found: dict[str, list[str]] = {PARENT: [], STATE: []}
    for name, value in headers:
        if (lower := name.lower()) in found:
            found[lower].append(value)
    if len(found[PARENT]) != 1:
        return {}
    return {PARENT: found[PARENT][0], **({STATE: ",".join(found[STATE])} if found[STATE] else {})}
