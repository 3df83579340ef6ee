"""One request on one connection, over streams in memory."""

import pytest
import trio

from octi.errors import BadMessage
from octi.simulator.http import Request, response_bytes, serve_connection
from octi.simulator.replies import Reply, refuses
from octi.websocket.handshake import Upgrade
from tests.streams import window_stream_pair


async def asked(data: bytes) -> tuple[bytes, list[Request | Upgrade]]:
    """What the server answers to some bytes, and what it was asked."""
    seen: list[Request | Upgrade] = []

    async def answer(request: Request) -> Reply | None:
        seen.append(request)
        return None if request.path == "/drop" else Reply(200, request.body, {"X-Here": "1"})

    async def upgrade(asked: Upgrade, stream: trio.abc.Stream) -> None:
        seen.append(asked)
        await stream.send_all(b"upgraded")

    near, far = window_stream_pair(1 << 20)
    await near.send_all(data)
    await near.send_eof()
    with trio.fail_after(5):
        await serve_connection(far, answer, upgrade)
        return b"".join([chunk async for chunk in near]), seen


async def test_a_request_is_answered_and_the_connection_ends() -> None:
    """With its length, and what browsers need."""
    told, seen = await asked(b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-Case: Y\r\n\r\nhi")
    head, _, body = told.partition(b"\r\n\r\n")
    assert (head.splitlines()[0], body) == (b"HTTP/1.1 200 OK", b"hi")
    for line in (b"connection: close", b"content-length: 2", b"access-control-allow-origin: *", b"x-here: 1"):
        assert line in head.lower()
    (request,) = seen
    assert isinstance(request, Request)
    assert (request.path, request.target, request.headers["x-case"]) == ("/a", "/a?b=c", "Y")


async def test_a_request_can_be_left_without_an_answer() -> None:
    """The connection ends, not a byte is sent."""
    assert (await asked(b"GET /drop HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == b""


async def test_an_upgrade_is_handed_over_with_what_came_behind_it() -> None:
    """Its head is read, nothing else."""
    told, seen = await asked(b"GET /s?model=m HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\nframes")
    (upgrade,) = seen
    assert isinstance(upgrade, Upgrade)
    assert (told, upgrade.leftover, upgrade.query) == (b"upgraded", b"frames", {"model": "m"})


async def test_what_is_not_http_is_refused() -> None:
    """And nobody is asked."""
    told, seen = await asked(b"hello\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 400 ")
    assert seen == []


async def test_a_client_that_waits_for_a_go_ahead_gets_it() -> None:
    """As curl does for a large body."""
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    assert (await asked(head))[0].startswith(b"HTTP/1.1 100 ")


async def test_silence_is_no_request() -> None:
    """Nothing is answered to nothing."""
    assert await asked(b"") == (b"", [])


def test_a_form_is_read_by_its_parts() -> None:
    """With and without content types of theirs, as browsers and SDKs send it."""
    body = (
        b'--B\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\ns=-\r\n\r\n'
        b'--B\r\nContent-Disposition: form-data; name="session"\r\nContent-Type: application/json\r\n\r\n{"a":1}'
        b"\r\n--B--\r\n"
    )
    form = Request("POST", "/", {"content-type": "multipart/form-data; boundary=B"}, body).form()
    assert form["session"] == b'{"a":1}'
    assert form["sdp"].split() == [b"v=0", b"s=-"]
    assert Request("POST", "/", {"content-type": "application/sdp"}, b"v=0").form() == {}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 5000])
def test_a_body_that_is_not_json_is_a_bad_message(body: bytes) -> None:
    """No body at all is an empty object."""
    with pytest.raises(BadMessage):
        Request("POST", "/", {}, body).json()
    assert Request("POST", "/", {}, b" ").json() == {}


def test_a_refused_upgrade_is_a_whole_answer() -> None:
    """With length and end."""
    data = response_bytes(refuses(404, "No.", code="call_id_not_found"))
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
