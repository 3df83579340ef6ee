"""One line for each request, with what an operator wants to know and nothing that is the client's secret."""

from typing import Any

import pytest
import structlog
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.web.access import Receive, Scope, Send, logged

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
    """Method, path without its query, status, milliseconds."""
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
    }


async def test_the_answer_passes_through(autojump_clock: MockClock) -> None:
    """Nothing is kept back, and nothing added."""
    passed: list[str] = []

    async def note(message: Any) -> None:
        passed.append(message["type"])

    await logged(answer)(GET, nothing_comes, note)
    assert passed == ["http.response.start", "http.response.body"]


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
