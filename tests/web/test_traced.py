"""octi/web/traced.py: the spans of requests, in the traces of those who ask."""

from contextlib import suppress
from typing import Any

import pytest
from opentelemetry.trace import SpanKind

from octi.observe.base import current_span
from octi.web.access import ROUTE, App, Receive, Scope, Send
from octi.web.traced import PARENT, STATE, context_in, request_span, traced
from tests.observe.spans import Spans, about, failed

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACED = f"00-{TRACE}-{SPAN}-01"


async def nothing(*_: Any) -> None:
    """Nobody reads or writes here."""


def answering(status: int, route: str = "") -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if route:
            scope[ROUTE] = route
        current_span().begin("inside").end()
        await send({"type": "http.response.start", "status": status, "headers": []})

    return answer


def asked(path: str, *headers: tuple[str, str], method: str = "GET") -> Scope:
    lines = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "method": method, "path": path, "headers": lines, "query_string": b"key=sk-secret"}


async def test_a_request_is_a_span_that_is_called_by_its_route() -> None:
    """Not by its path, of which there are any number. What is done for it belongs to it."""
    spans = Spans()
    await traced(answering(201, "/sessions/<session>"), spans.tracer)(asked("/sessions/7"), nothing, nothing)
    (span,) = spans.named("GET /sessions/<session>")
    assert span.kind is SpanKind.SERVER
    assert about(span, "http.request.method", "http.route", "url.path") == ["GET", "/sessions/<session>", "/sessions/7"]
    assert about(span, "http.response.status_code") == [201]
    assert not failed(span)
    assert spans.tree() == ["GET /sessions/<session>", ["inside"]]


async def test_a_request_that_no_route_takes_keeps_its_path_for_itself() -> None:
    """Somebody may have put a key there; and its method may be anything, too."""
    spans = Spans()
    await traced(answering(404), spans.tracer)(asked("/sk-secret", method="SK-SECRET"), nothing, nothing)
    span = spans.only("HTTP")
    assert about(span, "http.request.method") == ["_OTHER"]
    assert "secret" not in str(dict(span.attributes or {})).lower()


async def test_an_error_of_octis_is_a_failed_span() -> None:
    """One that was answered, and one that crashed."""

    async def crash(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("sk-secret")

    spans = Spans()
    await traced(answering(503), spans.tracer)(asked("/x"), nothing, nothing)
    with suppress(ValueError):
        await traced(crash, spans.tracer)(asked("/x"), nothing, nothing)
    assert [(failed(span), about(span, "error.type"), span.events) for span in spans.named("GET")] == [
        (True, ["503"], ()),
        (True, ["500"], ()),
    ]


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics"])
async def test_what_machines_ask_all_day_has_no_span(path: str) -> None:
    """Nor has what is no request."""
    spans = Spans()
    await traced(answering(200), spans.tracer)(asked(path), nothing, nothing)
    await traced(answering(200), spans.tracer)({"type": "lifespan"}, nothing, nothing)
    assert spans.named("GET") == []


async def test_a_request_belongs_to_the_trace_of_who_asks() -> None:
    """With the state that others keep in it."""
    spans = Spans()
    scope = asked("/x", (PARENT, TRACED), (STATE, "a=1"), (STATE, "b=2"))
    await traced(answering(200), spans.tracer)(scope, nothing, nothing)
    span = spans.only("GET")
    assert span.context is not None
    assert span.parent is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    assert dict(span.context.trace_state) == {"a": "1", "b": "2"}


def test_two_parents_are_none() -> None:
    """As the standard says; and a state without a parent is nothing."""
    assert context_in([(PARENT, TRACED), (PARENT, TRACED)]) == {}
    assert context_in([(STATE, "a=1")]) == {}
    assert context_in([("Traceparent", TRACED)]) == {PARENT: TRACED}


def test_a_request_that_is_given_up_has_a_span() -> None:
    """It was not answered: that is octi's fault, as far as anybody can see."""
    spans = Spans()
    with suppress(KeyboardInterrupt), request_span(spans.tracer, "GET", "/x", []):
        raise KeyboardInterrupt
    assert about(spans.only("GET"), "http.response.status_code") == [500]
