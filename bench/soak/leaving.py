"""How a socket's client leaves octi: as it should, and in all the ways in which it should not."""

import random
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping

import attrs
import msgspec
import trio
from trio_websocket import WebSocketConnection
from websockets.frames import Frame, Opcode

AWAY_S = (0.5, 4.0)  # how long a client that is no longer there keeps its connection
STALLED_S = 12.0  # longer than octi lets a client take nothing
HEARD_S = 3.0  # for octi's own close to come
BYTE_S = 0.005
LARGE_BYTES = 1 << 40
FLOOD = 300


@attrs.frozen
class Leaver:
    """A client that is about to leave."""

    stream: trio.SocketStream
    socket: WebSocketConnection
    realtime: bool
    chance: random.Random

    async def leave(self, how: str) -> None:
        """As is said. The stream may be of no more use afterwards."""
        await WAYS[how](self)

    def event(self, kind: str = "") -> bytes:
        """A message that octi understands, or at least answers."""
        return msgspec.json.encode({"type": kind or ("response.cancel" if self.realtime else "interrupt")})

    async def wait_closed(self) -> None:
        """Until octi closes, or for a while."""
        with trio.move_on_after(HEARD_S):
            while True:
                await self.socket.get_message()

    def reset(self) -> None:
        """The connection ends with a reset."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.socket.close()


async def closes(leaver: Leaver) -> None:
    """With 1000."""
    await leaver.socket.aclose()


async def closes_with_a_code(leaver: Leaver) -> None:
    """One of its own."""
    await leaver.socket.aclose(leaver.chance.choice([1001, 1008, 3001, 4999]), "I have to go")


async def vanishes(leaver: Leaver) -> None:
    """No goodbye, and the kernel says so."""
    await leaver.stream.aclose()


async def resets(leaver: Leaver) -> None:
    """At once."""
    await trio.lowlevel.checkpoint()
    leaver.reset()


async def half_open(leaver: Leaver) -> None:
    """Neither reads nor writes for a while; then it is gone."""
    await trio.sleep(leaver.chance.uniform(*AWAY_S))
    leaver.reset()


async def stalls(leaver: Leaver) -> None:
    """Asks for more than it takes, and takes nothing. See `talking.opened`: its buffers are small."""
    for _ in range(2):
        await leaver.socket.send_message(leaver.event("response.create").decode())
    await trio.sleep(leaver.chance.choice([1.0, STALLED_S]))
    leaver.reset()


async def garbage(leaver: Leaver) -> None:
    """Bytes that are no frames."""
    await leaver.stream.send_all(leaver.chance.randbytes(leaver.chance.randint(1, 3000)))
    await leaver.wait_closed()


async def bad_text(leaver: Leaver) -> None:
    """Text that is not UTF-8."""
    await leaver.stream.send_all(Frame(Opcode.TEXT, b"\xff\xfe{").serialize(mask=True))
    await leaver.wait_closed()


async def unmasked(leaver: Leaver) -> None:
    """As no client may send."""
    await leaver.stream.send_all(Frame(Opcode.TEXT, leaver.event()).serialize(mask=False))
    await leaver.wait_closed()


async def too_large(leaver: Leaver) -> None:
    """At least by what it announces."""
    await leaver.stream.send_all(b"\x82\xff" + LARGE_BYTES.to_bytes(8, "big") + b"\0\0\0\0" + bytes(4000))
    await leaver.wait_closed()


async def half_a_frame(leaver: Leaver) -> None:
    """Gone in the middle of it."""
    whole = Frame(Opcode.TEXT, leaver.event()).serialize(mask=True)
    await leaver.stream.send_all(whole[: leaver.chance.randint(1, len(whole) - 1)])
    await leaver.stream.aclose()


async def slow(leaver: Leaver) -> None:
    """Byte by byte, and then as it should."""
    for byte in Frame(Opcode.TEXT, leaver.event()).serialize(mask=True):
        await leaver.stream.send_all(bytes([byte]))
        await trio.sleep(BYTE_S)
    await leaver.socket.aclose()


async def floods(leaver: Leaver) -> None:
    """More nonsense than anybody says, and gone."""
    nonsense = [b"{", b"[]", b'{"type":"no.such.event"}', b'{"type":7}', leaver.event(), b'"' + b"x" * 2000 + b'"']
    frames = [Frame(Opcode.TEXT, leaver.chance.choice(nonsense)).serialize(mask=True) for _ in range(FLOOD)]
    await leaver.stream.send_all(b"".join(frames))
    await leaver.stream.aclose()


WAYS: Mapping[str, Callable[[Leaver], Awaitable[None]]] = {
    "closes": closes,
    "closes with a code": closes_with_a_code,
    "vanishes": vanishes,
    "resets": resets,
    "half open": half_open,
    "stalls": stalls,
    "garbage": garbage,
    "bad text": bad_text,
    "unmasked": unmasked,
    "too large": too_large,
    "half a frame": half_a_frame,
    "slow": slow,
    "floods": floods,
}
