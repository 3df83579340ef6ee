"""What floods an octi: strangers who want nothing, at a rate, each in one of these ways. A process of its own.

python -m bench.flooding PORT KIND RATE KEY        until it is ended; prints how many came, each second

KEY opens sockets, for those who misbehave once they are in; the others have none.
"""

import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio

AT_ONCE = 400  # strangers who stay; more come when the first of them go
STAY_S = 3.0
ANSWER_S = 2.0
KINDLY = 19  # the clients who are measured go first on the core that they share with it
UPGRADE = (
    b"GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%b\r\n"
)
PING, EMPTY, TINY = b"\x89\x80\0\0\0\0", b"\x81\x80\0\0\0\0", b"\x81\x82\0\0\0\0{}"
HUGE = b"\x82\xff" + (1 << 40).to_bytes(8, "big") + bytes(4) + bytes(65_536)
DEEP = b"[" * 60_000
TANGLED = b"\x81\xfe" + len(DEEP).to_bytes(2, "big") + bytes(4) + DEEP
GET = b"GET /%b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

Stream = trio.SocketStream
Kind = Callable[[Stream, str], Awaitable[None]]  # with the key


async def opens(stream: Stream, key: str) -> None:
    """Comes, and leaves."""


async def slow_heads(stream: Stream, key: str) -> None:
    """Says half of what it wants, byte by byte."""
    await stream.send_all(GET[:20])
    with trio.move_on_after(STAY_S):
        while True:
            await trio.sleep(0.5)
            await stream.send_all(b"x")


async def garbage(stream: Stream, key: str) -> None:
    """Speaks no HTTP."""
    await stream.send_all(os.urandom(4096))
    await heard(stream)


async def requests(stream: Stream, key: str) -> None:
    """Asks for what is not there."""
    await stream.send_all(GET % b"nowhere")
    await heard(stream)


async def oversize(stream: Stream, key: str) -> None:
    """Sends a head, and then a body, larger than any may be."""
    head = b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n"
    await stream.send_all(head + bytes(65_536))
    await heard(stream)


async def handshakes(stream: Stream, key: str) -> None:
    """Asks for a session, and has no key."""
    await shake_hands(stream, b"")


async def shake_hands(stream: Stream, header: bytes) -> None:
    """Ask for a session, and wait for the answer."""
    await stream.send_all(UPGRADE % header)
    with trio.move_on_after(ANSWER_S):
        await stream.receive_some()


async def enter(stream: Stream, key: str) -> None:
    """Ask for a session with a key."""
    await shake_hands(stream, b"Authorization: Bearer %b\r\n" % key.encode())


async def large_frames(stream: Stream, key: str) -> None:
    """Opens a session, and announces a frame of a tebibyte."""
    await enter(stream, key)
    await stream.send_all(HUGE)
    await heard(stream)


def frames(frame: bytes) -> Kind:
    """Opens a session, and fills it with one small frame again and again."""

    async def flood(stream: Stream, key: str) -> None:
        await enter(stream, key)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(heard, stream)
            with trio.move_on_after(STAY_S):
                while True:
                    await stream.send_all(frame * 50)
                    await trio.sleep(0.05)
            nursery.cancel_scope.cancel()

    return flood


KINDS: dict[str, Kind] = {
    "opens": opens,
    "slow-heads": slow_heads,
    "garbage": garbage,
    "requests": requests,
    "oversize": oversize,
    "handshakes": handshakes,
    "large-frames": large_frames,
    "pings": frames(PING),
    "tiny-frames": frames(TINY),
    "empty-frames": frames(EMPTY),
    "tangled": frames(TANGLED),
}
SLOW = frozenset({"pings", "tiny-frames", "empty-frames", "tangled"})  # whose strangers stay: a twentieth of the rate


async def heard(stream: Stream) -> None:
    """Read what comes, for a moment."""
    with trio.move_on_after(ANSWER_S):
        while await stream.receive_some():
            pass


async def one(port: int, kind: Kind, key: str, told: Counter[str], places: trio.Semaphore) -> None:
    """One stranger."""
    async with places:
        told["came"] += 1
        try:
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await kind(stream, key)
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            told["thrown out"] += 1


async def flood(port: int, kinds: list[str], rate: float, key: str) -> None:
    """So many a second, the kinds in turn. Who finds no place among the strangers does not come."""
    places, told = trio.Semaphore(AT_ONCE), Counter[str]()
    began, number, shown = trio.current_time(), 0, 0
    async with trio.open_nursery() as nursery:
        while True:
            name = kinds[number % len(kinds)]
            number += 20 if name in SLOW and len(kinds) == 1 else 1
            if places.value:
                nursery.start_soon(one, port, KINDS[name], key, told, places)
            await trio.sleep_until(began + number / rate)
            if (second := int(trio.current_time() - began)) > shown:
                shown = second
                with suppress(BrokenPipeError):
                    print(dict(told), flush=True)


def main(port: str, kind: str, rate: str, key: str) -> None:
    """Flood."""
    os.nice(KINDLY)
    trio.run(flood, int(port), list(KINDS) if kind == "all" else [kind], float(rate), key)


if __name__ == "__main__":
    main(*sys.argv[1:])
