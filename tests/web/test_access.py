"""One line for each request, with what an operator wants to know and nothing that is the client's secret."""

from ipaddress import ip_network
from typing import Any

import pytest
import structlog
import trio
from quart_trio import QuartTrio
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.observe.base import Meter
from octi.web.access import Receive, Scope, Send, logged, tell_routes

GET: Scope = {"type": "http", "method": "GET", "path": "/health", "query_string": b"token=secret"}


async def nothing_comes() -> Any:
    raise AssertionError("nobody reads here")


async def goes_nowhere(message: Any) -> None:
    await trio.lowlevel.checkpoint()


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Takes a quarter of a second, and is not there."""
    await trio.sleep(0.25)
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(autouse=True)
def _fresh_log() -> None:
    structlog.reset_defaults()


async def test_a_request_is_one_line(autojump_clock: MockClock) -> None:
    """Method, path without its query, status, milliseconds, client."""
    with capture_logs() as lines:
        await logged(answer)(GET, nothing_comes, goes_nowhere)
    (line,) = lines
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/health",
        "status": 404,
        "duration_ms": 250.0,
        "client": "",
    }


async def test_a_request_through_a_proxy_names_its_client(autojump_clock: MockClock) -> None:
    """If the proxy is trusted; anybody else is named himself, whatever he says."""
    told: Scope = {**GET, "client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", b"203.0.113.7")]}
    with capture_logs() as lines:
        await logged(answer, [ip_network("10.0.0.0/8")])(told, nothing_comes, goes_nowhere)
        await logged(answer)(told, nothing_comes, goes_nowhere)
    assert [line["client"] for line in lines] == ["203.0.113.7", "10.0.0.1"]


async def test_the_answer_passes_through(autojump_clock: MockClock) -> None:
    """Nothing is kept back, and nothing added."""
    passed: list[str] = []

    async def note(message: Any) -> None:
        passed.append(message["type"])

    await logged(answer)(GET, nothing_comes, note)
    assert passed == ["http.response.start", "http.response.body"]


async def test_a_request_has_a_name(autojump_clock: MockClock) -> None:
    """The client's own, or one of octi's; its answer tells it, and so does all that is logged meanwhile."""
    named, heads = [], []

    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        named.append(get_contextvars()["request"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})

    async def note(message: Any) -> None:
        heads.append(dict(message["headers"]))

    asked: Scope = {**GET, "headers": [(b"x-request-id", b"shop-7")]}
    for scope in (asked, GET):
        await logged(answers)(scope, nothing_comes, note)
    assert named[0] == "shop-7" != named[1]
    assert heads == [{b"a": b"b", b"x-request-id": name.encode()} for name in named]
    assert "request" not in get_contextvars()


@pytest.mark.parametrize(
    ("path", "status", "level"),
    [("/health", 200, "info"), ("/readyz", 200, "debug"), ("/readyz", 503, "warning"), ("/x", 404, "info")],
)
async def test_what_machines_ask_is_logged_for_who_looks_closely(path: str, status: int, level: str) -> None:
    """Every few seconds; and failures stand out."""

    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status})

    with capture_logs() as lines:
        await logged(answers)({**GET, "path": path}, nothing_comes, goes_nowhere)
    assert [line["log_level"] for line in lines] == [level]


async def test_a_crash_is_logged_as_what_the_client_sees(autojump_clock: MockClock) -> None:
    """A 500, and the error goes on to whoever answers it."""

    async def crash(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("boom")

    with capture_logs() as lines, pytest.raises(ValueError, match="boom"):
        await logged(crash)(GET, nothing_comes, goes_nowhere)
    assert [line["status"] for line in lines] == [500]


async def test_a_request_that_is_cancelled_has_its_line(autojump_clock: MockClock) -> None:
    """The client left, or octi stops; how long it had taken is worth knowing."""
    with capture_logs() as lines, trio.move_on_after(0.1):
        await logged(answer)(GET, nothing_comes, goes_nowhere)
    assert [line["duration_ms"] for line in lines] == [100.0]


async def test_what_is_no_request_is_not_logged() -> None:
    """The server's beginning and end pass through the same application."""
    seen: list[str] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    with capture_logs() as lines:
        await logged(note)({"type": "lifespan"}, nothing_comes, goes_nowhere)
    assert (seen, lines) == (["lifespan"], [])


async def test_a_request_is_counted_by_the_route_that_took_it(autojump_clock: MockClock) -> None:
    """As it was registered, so that no id stands in a metric; of an unknown path nothing is told."""
    counted: list[tuple[str, str, int, float]] = []

    class Counts(Meter):
        def requested(self, method: str, route: str, status: int, seconds: float) -> None:
            counted.append((method, route, status, seconds))

    app = QuartTrio("test")
    tell_routes(app)

    @app.get("/things/<name>")
    async def thing(name: str) -> str:
        if name == "lost":
            raise LookupError
        await trio.sleep(0.25)
        return name

    app.asgi_app = logged(app.asgi_app, meter=Counts())  # type: ignore[assignment, method-assign, arg-type]  # looser
    client = app.test_client()
    for method, path in (("GET", "/things/5"), ("POST", "/things/5"), ("GET", "/secret/9"), ("GET", "/things/lost")):
        await getattr(client, method.lower())(path)
    assert [each[:3] for each in counted] == [
        ("GET", "/things/<name>", 200),
        ("POST", "other", 405),
        ("GET", "other", 404),
        ("GET", "/things/<name>", 500),
    ]
    assert counted[0][3] == 0.25
