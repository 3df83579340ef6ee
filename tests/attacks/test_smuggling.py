"""Two requests in one, or one of which a proxy sees another: octi reads it in one way, or ends the connection."""

import pytest
import trio

from tests.attacks.target import GUARDED, SOON_S, Answer, frame, target, upgrade

GET = b"GET /livez HTTP/1.1\r\nHost: o\r\n\r\n"
SECOND = b"GET /sessions HTTP/1.1\r\nHost: o\r\n\r\n"
BODY = b"POST /sessions HTTP/1.1\r\nHost: o\r\n"


@pytest.mark.parametrize(
    "said",
    [
        BODY + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        BODY + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        BODY + b"Transfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n0\r\n\r\n",
        BODY + b"Content-Length: 4, 5\r\n\r\nabcde",
        BODY + b"Content-Length: +4\r\n\r\nabcd",
        BODY + b"Content-Length: 0x4\r\n\r\nabcd",
        BODY + b"Content-Length: -1\r\n\r\n",
        BODY + b"Content-Length: 4 4\r\n\r\nabcd",
        BODY + b"Content-Length:\r\n\r\nabcd",
        BODY + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
        BODY + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        BODY + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        BODY + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        BODY + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        BODY + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        BODY + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        BODY + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        BODY + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
        BODY + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: o\r\nHost: p\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost : o\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHo\x00st: o\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: o\r\nX: a\x00b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: o\r\nX: a\rInjected: b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: o\r\n: nameless\r\n\r\n",
        b"GET  /livez HTTP/1.1\r\nHost: o\r\n\r\n",
        b"GET /livez\tHTTP/1.1\r\nHost: o\r\n\r\n",
        b"GET /livez HTTP/1.1 \r\nHost: o\r\n\r\n",
        b"GET /li vez HTTP/1.1\r\nHost: o\r\n\r\n",
        b"GET /livez HTTP/1,1\r\nHost: o\r\n\r\n",
        b"GET /livez http/1.1\r\nHost: o\r\n\r\n",
    ],
)
async def test_what_can_be_read_in_two_ways_ends_the_connection(said: bytes) -> None:
    """Refused, and nothing behind it is taken for a request."""
    async with target() as octi:
        answer = await octi.say(said + SECOND, ends=False)
        assert 400 <= answer.statuses[0] < 502, answer.raw
        assert b"sessions" not in answer.body
        assert len(answer.statuses) == 1
        await octi.is_well()


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
async def test_bare_line_ends_hide_no_header(end: bytes) -> None:
    """Read as line ends wherever they stand, as RFC 9112 2.2 allows: so a length in one of them counts."""
    said = end.join([b"POST /session HTTP/1.1", b"Host: o", b"Content-Length: 33", b"", b""]) + SECOND
    async with target(GUARDED) as octi:
        answer = await octi.say(said, ends=True)
        assert answer.statuses in ([401], [400], [401, 400])


@pytest.mark.parametrize("line", [b"Authorization: Bearer x", b"Content-Length: 100", b"Transfer-Encoding: chunked"])
async def test_a_folded_header_is_one_header(line: bytes) -> None:
    """What stands on its second line belongs to its first (RFC 9112 5.2), and is no header of its own."""
    said = b"GET /sessions HTTP/1.1\r\nHost: o\r\nX: y\r\n " + line + b"\r\nConnection: close\r\n\r\n"
    async with target(GUARDED) as octi:
        assert (await octi.say(said, ends=False)).statuses == [401]


# Upgrades


@pytest.mark.parametrize(
    "head",
    [
        upgrade(more="Content-Length: 40\r\n"),
        upgrade(more="Transfer-Encoding: chunked\r\n"),
        upgrade(more="Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
        upgrade(more="Content-Length: 0\r\nContent-Length: 40\r\n"),
        upgrade().replace(b"HTTP/1.1", b"HTTP/1.0"),
        upgrade().replace(b"GET", b"POST"),
        upgrade().replace(b"GET", b"CONNECT"),
        upgrade().replace(b"Connection: Upgrade\r\n", b""),
        upgrade().replace(b"Connection: Upgrade", b"Connection: keep-alive"),
        upgrade().replace(b"Version: 13", b"Version: 777"),
        upgrade().replace(b"Sec-WebSocket-Version: 13\r\n", b""),
        upgrade().replace(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b""),
        upgrade().replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short"),
        upgrade(more="Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"),
        upgrade().replace(b"websocket", b"h2c, websocket"),
        upgrade(more="Host: other.example\r\n"),
        upgrade().replace(b"Host: octi.example\r\n", b""),
    ],
)
async def test_an_upgrade_that_is_none_opens_no_tunnel(head: bytes) -> None:
    """A proxy that has taken the refusal for a tunnel would let these requests by: octi answers none of them.

    Where two readings of an upgrade are possible, it is not accepted either.
    """
    async with target() as octi:
        answer = await octi.say(head + SECOND + SECOND, ends=False)
        assert len(answer.statuses) == 1
        assert 400 <= answer.status < 500, answer.raw
        await octi.is_well()


@pytest.mark.parametrize("connection", ["Upgrade", "close, Upgrade", "keep-alive, upgrade", "Upgrade, close"])
async def test_behind_an_upgrade_stand_frames_and_no_requests(connection: str) -> None:
    """A request there is no frame: the socket is failed, and nothing of it is answered."""
    head = upgrade().replace(b"Connection: Upgrade", f"Connection: {connection}".encode())
    async with target() as octi:
        answer = await octi.say(head.replace(b"octi.example", octi.host.encode()) + SECOND, ends=False)
        assert answer.statuses == [101]
        assert b"sessions" not in answer.body
        assert answer.body.startswith(b"\x88")  # a close frame: 1002
        await octi.is_well()


async def test_an_upgrade_on_a_used_connection_is_as_any_other() -> None:
    """And what stands before it is answered first."""
    async with target() as octi, await octi.connect() as stream:
        await stream.send_all(GET.replace(b"Host: o", b"Host: %b" % octi.host.encode()) * 2 + upgrade(host=octi.host))
        heard = b""
        with trio.fail_after(SOON_S):
            while b"HTTP/1.1 101" not in heard:
                heard += await stream.receive_some()
        assert Answer(heard).statuses[:3] == [200, 200, 101]
        await stream.send_all(frame(b'{"type":"start_conversation"}'))
        assert await stream.receive_some()


@pytest.mark.parametrize(
    "said",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100),
        b"GET /livez HTTP/1.1\r\nHost: o\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: o\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=["prior knowledge", "h2c", "TLS"],
)
async def test_no_other_protocol_is_switched_to(said: bytes) -> None:
    """Hypercorn would: octi speaks HTTP/1.1 and WebSocket."""
    async with target() as octi:
        answer = await octi.say(said, ends=False) if said.startswith(b"PRI") else await octi.say(said)
        assert 101 not in answer.statuses
        await octi.is_well()


async def test_an_expectation_is_met_once() -> None:
    """100 Continue for a request, and then its answer; none for a socket."""
    async with target() as octi:
        expecting = BODY.replace(b"Host: o", b"Host: %b" % octi.host.encode()) + b"Expect: 100-continue\r\n"
        answer = await octi.say(expecting + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", ends=False)
        assert answer.statuses[-1] < 300
        refused = await octi.say(upgrade("/nowhere", octi.host, "Expect: 100-continue\r\n"), ends=False)
        assert refused.statuses == [404]
