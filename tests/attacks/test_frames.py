"""WebSocket frames of every bad kind, behind a good handshake: each ends its own socket, and bounds what it costs."""

import json
from contextlib import suppress

import pytest
import trio

from octi.websocket.link import GOODBYE_S
from tests.attacks.target import SOON_S, Target, frame, resident_bytes, target

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
START = frame(b'{"type":"start_conversation"}')
LIMIT = {"OCTI_MAX_MESSAGE_BYTES": "1048576"}
MEBIBYTE = 1 << 20
DOORS = ("/ws/realtime", "/v1/realtime")
SLACK_BYTES = 48 << 20  # of memory, for whatever else this process does meanwhile


async def close_code(stream: trio.SocketStream, *said: bytes) -> int:
    """The code of the close that octi answers with; 0 for the end of the connection without one."""
    heard = bytearray()
    with trio.fail_after(SOON_S):
        try:
            for each in said:
                await stream.send_all(each)
            while data := await stream.receive_some():
                heard += data
        except trio.BrokenResourceError:
            pass  # it was thrown out while it spoke
    return code_in(bytes(heard))


def code_in(heard: bytes) -> int:
    """The close code among a server's frames."""
    while len(heard) >= 2:
        opcode, size, at = heard[0] & 15, heard[1], 2
        if size > 125:
            at = 4 if size == 126 else 10
            size = int.from_bytes(heard[2:at], "big")
        if opcode == CLOSE:
            return int.from_bytes(heard[at : at + 2], "big")
        heard = heard[at + size :]
    return 0


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("said", "code"),
    [
        (frame(b"{}", masked=False), 1002),
        (frame(b"{}", reserved=4), 1002),
        (frame(b"{}", reserved=2), 1002),
        (frame(b"{}", opcode=3), 1002),
        (frame(b"{}", opcode=11), 1002),
        (frame(b"", CONT), 1002),
        (frame(b"a", fin=False) + frame(b"b"), 1002),
        (frame(b"x", PING, fin=False), 1002),
        (frame(bytes(126), PING), 1002),
        (frame(b"\x03", CLOSE), 1002),
        (frame(b"\x03\xed", CLOSE), 1002),
        (frame(b"\xff\xff", CLOSE), 1002),
        (frame(b"\x03\xe8\xff\xff", CLOSE), 1007),
        (frame(b"\xff\xfe"), 1007),
        (frame(b"a\xc3", fin=False) + frame(b"(", CONT), 1007),
        (b"\x81\xff" + b"\x7f" + b"\xff" * 7 + bytes(4), 1009),
        (b"\x81\xff" + b"\xff" * 8 + bytes(4), 1002),
        (b"\x82\xff" + (2 * MEBIBYTE).to_bytes(8, "big") + bytes(4), 1009),
        (frame(bytes(MEBIBYTE), BINARY, fin=False) + frame(b"x", CONT), 1009),
        (b"GET / HTTP/1.1\r\nHost: o\r\n\r\n" * 10, 1002),
        (b"\x16\x03\x01" + bytes(200), 1002),
    ],
    ids=[
        *("unmasked", "compressed", "reserved bit", "unknown opcode", "unknown control", "a part of nothing"),
        *("a message in a message", "half a ping", "large ping", "short close", "1005", "65535", "bad reason"),
        *("no UTF-8", "half a letter", "2^63 - 1", "2^64 - 1", "large", "large in parts", "HTTP", "TLS"),
    ],
)
async def test_a_broken_frame_ends_its_socket(said: bytes, code: int, door: str) -> None:
    """With the code that says why, and nobody else's."""
    async with target(LIMIT) as octi, octi.socket(door) as stream:
        assert await close_code(stream, said) in {code, 1009 if code == 1002 and said[1:2] == b"\xff" else code}
        await stream.aclose()
        await octi.is_well()


async def test_a_large_frame_is_refused_by_its_head() -> None:
    """Nothing of it is kept, however much comes."""
    before = resident_bytes()
    async with target(LIMIT) as octi, octi.socket() as stream:
        head = b"\x82\xff" + (1 << 30).to_bytes(8, "big") + bytes(4)
        await close_code(stream, head, *[bytes(MEBIBYTE)] * 200)
        assert resident_bytes() - before < SLACK_BYTES
        await stream.aclose()
        await octi.is_well()


@pytest.mark.parametrize("part", [b"", b"x"])
async def test_a_message_without_end_costs_no_more_than_the_largest(part: bytes) -> None:
    """In a hundred thousand parts, empty ones too; others are heard meanwhile."""
    before = resident_bytes()
    async with target(LIMIT) as octi, octi.socket() as stream:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, frame(b"x", fin=False) + frame(part, CONT, fin=False) * 100_000)
            for _ in range(3):
                assert (await octi.get("/livez")).status == 200
        assert resident_bytes() - before < SLACK_BYTES
        await stream.aclose()
        await octi.is_well()


async def test_half_a_frame_holds_nothing_up() -> None:
    """Its socket waits; when its client has left, so has the session."""
    async with target(LIMIT) as octi:
        for cut in range(1, len(START)):
            async with octi.socket() as stream:
                await stream.send_all(START[:cut])
        await octi.is_well()


@pytest.mark.parametrize(
    "flood",
    [frame(b"", TEXT), frame(b"", BINARY), frame(b"\0", BINARY), frame(b"{}"), frame(b"", PONG), frame(b"x", PING)],
    ids=["empty text", "empty sound", "a byte of sound", "no message", "pongs", "pings"],
)
async def test_a_flood_of_tiny_frames_costs_a_bounded_memory(flood: bytes) -> None:
    """Fifty thousand whose answers nobody reads: the flooder may be thrown out, and nobody else is."""
    before = resident_bytes()
    async with target(LIMIT) as octi, octi.socket() as stream:
        with trio.move_on_after(SOON_S):
            with suppress(trio.BrokenResourceError):  # thrown out
                await stream.send_all(flood * 50_000)
        assert (await octi.get("/livez")).status == 200
        assert resident_bytes() - before < SLACK_BYTES
        await stream.aclose()
        await octi.is_well()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "message",
    [
        b"[" * 10**6,
        b"[" * 10**6 + b"]" * 10**6,
        b'{"type":"session.update","session":' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
        b'{"type":"user_text","text":' + b"[" * 100_000,
        b'{"type":"conversation.item.create","item":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"type":"session.update","event_id":"octi_","session":{"tools":[' + b"[" * 980 + b"]" * 980 + b"]}}",
        b'{"type":NaN}',
        b'{"type":"interrupt","played_ms":1e999}',
        b'{"type":"interrupt","played_ms":' + b"9" * 5000 + b"}",
        b'{"type":"conversation.item.truncate","item_id":"\\ud800","audio_end_ms":' + b"9" * 400 + b"}",
        b'{"type":"\\u0000","event_id":"\\u0000"}',
        b"null",
        b'"' + b"\\" * 1001,
    ],
    ids=[
        *("a million brackets", "and closed", "a deep session", "a deep text", "a deep item", "deep tools", "NaN"),
        *("infinite", "huge", "half a pair", "NUL", "null", "backslashes"),
    ],
)
async def test_no_message_brings_a_session_down(message: bytes, door: str) -> None:
    """It is answered with an error, here or by the provider; the session goes on, and so do all others."""
    async with target({"OCTI_MAX_MESSAGE_BYTES": "4000000"}) as octi, octi.socket(door) as stream:
        await stream.send_all(frame(message) + frame(b'{"type":"no_such_type"}'))
        heard = b""
        with trio.fail_after(SOON_S):
            while b"no_such_type" not in heard and b"unknown" not in heard.lower():
                data = await stream.receive_some()
                assert data, "the session ended"
                heard += data
        assert code_in(heard) == 0
        assert len(heard) < 20_000  # it is not said back
        await stream.aclose()
        await octi.is_well()


async def test_a_deep_message_is_named_what_it_is() -> None:
    async with target({"OCTI_MAX_MESSAGE_BYTES": "4000000"}) as octi, octi.socket("/v1/realtime") as stream:
        await stream.send_all(frame(b'{"type":"session.update","session":' + b'{"a":' * 100 + b"1" + b"}" * 101))
        heard = b""
        with trio.fail_after(SOON_S):
            while b"levels deep" not in heard:
                heard += await stream.receive_some()
        told = heard[heard.index(b'{"type":"error"') :].decode(errors="replace")
        error = json.JSONDecoder().raw_decode(told)[0]["error"]  # behind it there may be another frame
        assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_json")


async def talks(octi: Target) -> None:
    async with octi.socket() as stream:
        await stream.send_all(START)
        with trio.fail_after(SOON_S):
            assert await stream.receive_some()


async def test_a_goodbye_is_not_waited_for_by_others() -> None:
    """Fifty who were failed and do not close: others are let in meanwhile, and soon nothing is left of the fifty."""
    async with target(LIMIT) as octi, trio.open_nursery() as nursery:

        async def linger() -> None:
            async with octi.socket() as stream:
                await stream.send_all(frame(b"{}", masked=False))
                await trio.sleep(2 * GOODBYE_S)

        for _ in range(50):
            nursery.start_soon(linger)
        for _ in range(3):
            await talks(octi)
    # behind the block: all have left
