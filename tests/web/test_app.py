"""The HTTP application, as a client sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from hypercorn.app_wrappers import ASGIWrapper
from quart import request
from quart.typing import ResponseReturnValue
from quart_trio import QuartTrio
from structlog.testing import capture_logs

from octi import __version__
from octi.errors import UpstreamLost
from octi.front import open_listeners, serve
from octi.serve import address_of
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.web.access import logged
from octi.web.app import LARGEST_BODY_BYTES, create_app
from octi.websocket.handshake import Upgrade
from tests.web.standins import StandIn


def new_app() -> QuartTrio:
    """octi's application, and a few routes that octi has not."""
    upstream = Dialled(provider=compatible(None, "http://h.example:9"), max_message_bytes=1024)
    app = create_app(StandIn(upstream=upstream).services)

    @app.post("/echo")
    async def echo() -> ResponseReturnValue:
        return {"length": len(await request.get_data())}

    @app.get("/lost")
    async def lost() -> ResponseReturnValue:
        raise UpstreamLost("p", "no route")

    @app.get("/broken")
    async def broken() -> ResponseReturnValue:
        raise ZeroDivisionError

    return app


async def test_the_front_page_says_what_is_here() -> None:
    """The version, the upstream by its name, the sockets, the pages."""
    answer = await new_app().test_client().get("/")
    body = await answer.get_json()
    assert answer.status_code == 200
    assert (body["service"], body["version"], body["upstream"]) == ("octi", __version__, "h.example:9")
    assert set(body["sockets"]) == {"/ws/realtime", "/v1/realtime"}


async def test_the_pages_that_are_named_are_there() -> None:
    """None of them is a promise."""
    client = new_app().test_client()
    for path in (await (await client.get("/")).get_json())["http"]:
        assert (await client.get(path)).status_code == 200
    for path in (await (await client.get("/")).get_json())["post"]:
        assert (await client.get(path)).status_code in {200, 405}


async def test_an_unknown_path_is_answered_as_json() -> None:
    """404."""
    answer = await new_app().test_client().get("/nowhere")
    assert answer.status_code == 404
    assert (await answer.get_json()).keys() == {"error"}


async def test_a_wrong_method_is_told_the_right_ones() -> None:
    """405, and HTTP wants them in `Allow`."""
    answer = await new_app().test_client().post("/health")
    assert answer.status_code == 405
    assert (await answer.get_json()).keys() == {"error"}
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


async def test_a_body_at_the_limit_is_taken() -> None:
    """To the byte."""
    answer = await new_app().test_client().post("/echo", data=b"x" * LARGEST_BODY_BYTES)
    assert await answer.get_json() == {"length": LARGEST_BODY_BYTES}


async def test_a_body_over_the_limit_is_refused() -> None:
    """413."""
    answer = await new_app().test_client().post("/echo", data=b"x" * (LARGEST_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert (await answer.get_json()).keys() == {"error"}


async def test_an_error_of_octis_out_of_a_route_is_answered_by_the_table() -> None:
    """See `test_replies`."""
    answer = await new_app().test_client().get("/lost")
    assert answer.status_code == 502
    assert await answer.get_json() == {"error": "p is not there: no route", "code": "upstream_lost"}


async def test_a_bug_is_answered_as_json() -> None:
    """500, and no more than that."""
    answer = await new_app().test_client().get("/broken")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in await answer.get_data(as_text=True)


# Over a real socket


async def no_sockets(upgrade: Upgrade, stream: trio.abc.Stream) -> None:
    """Nobody upgrades here."""


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The application on loopback; its address."""
    listeners = await open_listeners("127.0.0.1", 0, None)
    stopping = trio.Event()
    app = ASGIWrapper(logged(new_app()))  # type: ignore[arg-type]  # our ASGI types are looser than its own
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: serve(app, listeners, sockets=no_sockets, stopping=stopping))
        yield address_of(listeners[0], "127.0.0.1")
        stopping.set()


async def asked(address: str, request: str, body: bytes = b"") -> tuple[int, bytes]:
    """The status and body of the answer to one request on a connection of its own."""
    host, _, port = address.rpartition(":")
    stream = await trio.open_tcp_stream(host, int(port))
    with trio.fail_after(10):
        async with stream:
            head = f"{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            await stream.send_all(head.encode())
            await stream.send_all(body)
            answer = b"".join([chunk async for chunk in stream])
    head_bytes, _, rest = answer.partition(b"\r\n\r\n")
    return int(head_bytes.split(b" ")[1]), rest


@pytest.mark.parametrize(
    ("line", "path", "status"),
    [
        ("GET /health?key=sk-secret", "/health", 200),
        ("GET /nowhere?key=sk-secret", "/nowhere", 404),
        ("POST /health", "/health", 405),
        ("GET /lost", "/lost", 502),
        ("GET /broken", "/broken", 500),
    ],
)
async def test_each_request_is_one_line_in_the_log(line: str, path: str, status: int) -> None:
    """Method, path, status, duration; never the query, where keys are put."""
    async with served() as address:
        with capture_logs() as logs:
            assert (await asked(address, line))[0] == status
            await trio.testing.wait_all_tasks_blocked(0.01)
    (entry,) = [entry for entry in logs if entry["event"] == "request"]
    assert (entry["method"], entry["path"], entry["status"]) == (line.split()[0], path, status)
    assert entry["duration_ms"] >= 0
    assert "sk-secret" not in str(logs)


async def test_a_body_over_the_limit_is_refused_on_the_wire() -> None:
    """The client gets the answer, although it is still sending."""
    async with served() as address:
        status, body = await asked(address, "POST /echo", b"x" * (LARGEST_BODY_BYTES + 200_000))
    assert status == 413
    assert body.startswith(b'{"error":')


async def test_a_path_may_be_asked_for_its_head_alone() -> None:
    """As probes do."""
    async with served() as address:
        assert await asked(address, "HEAD /health") == (200, b"")


# By path: what makes something new, and what is only about what is there.
MAKES = {
    "/sessions",
    "/token",
    "/session",
    "/session/call",
    "/session/renew",
    "/api/client-secret",
    "/v1/realtime/client_secrets",
    "/v1/realtime/calls",
    "/v1/realtime/calls/<call_id>/accept",
}
KEEPS = {
    "/session/close",
    "/extract-profile",
    "/sessions/<session_id>/instructions",
    "/sessions/<session_id>/extract",
    "/sessions/<session_id>/heartbeat",
    "/v1/realtime/calls/<call_id>/hangup",
    "/v1/realtime/calls/<call_id>/refer",
    "/v1/realtime/calls/<call_id>/reject",
}


async def test_whatever_makes_something_is_refused_while_octi_drains() -> None:
    """Every route that changes anything is one or the other; a client is told when to come back."""
    node = StandIn()
    node.live.draining.set()
    app = create_app(node.services)
    assert {str(rule) for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())} == MAKES | KEEPS
    for path in MAKES:
        answer = await app.test_client().post(path, json={"sessionId": "s", "callId": "c"})
        assert (path, answer.status_code, answer.headers.get("Retry-After")) == (path, 503, "5")
