"""Bytes under a WebSocket: a kernel socket of our own, or any Trio stream (TLS, memory).

The difference that matters: a socket says how many bytes it took, so a cancelled send is known to the byte; a stream
that is cancelled in `send_all` has sent some of it, and nothing sensible can follow.
"""

import errno
import socket
from typing import Protocol

import attrs
import trio

RECEIVE_BYTES = 16_384  # as many as a record of TLS has at most: nothing stays decrypted that nobody asks for
CHUNK_BYTES = 65_536  # what one step of a stream sends: progress is seen, and the deadline is for this much


class Transport(Protocol):
    """A two-way stream of bytes. Raises trio.BrokenResourceError when the peer is gone."""

    @property
    def torn(self) -> bool:
        """A send was cut and nobody knows where: only closing is left."""

    @property
    def holding(self) -> bool:
        """Has what was sent last begun to go, though none of it counts as taken? Then it must be sent next."""

    def send_nowait(self, data: bytes | memoryview) -> int:
        """Hand over what can be taken without waiting; how many bytes that was."""

    async def send_some(self, data: memoryview) -> int:
        """Wait until something can be taken, hand it over; how many bytes that was."""

    async def receive_some(self) -> bytes:
        """Wait for bytes; b"" at the end."""

    @property
    def pollable(self) -> int | None:
        """The kernel's number for what can be polled and read with `receive_nowait`; None: there is no such thing."""

    def receive_nowait(self) -> bytes | None:
        """The bytes that are there; None: none yet; b"" at the end."""

    def send_eof(self) -> None:
        """Tell the peer that nothing follows, where the transport can."""

    async def aclose(self) -> None:
        """Let go at once; never waits."""


@attrs.define(eq=False)
class SocketTransport:
    """A non-blocking TCP socket that is ours alone. Closes it."""

    socket: socket.socket
    torn: bool = False
    holding: bool = False

    def send_nowait(self, data: bytes | memoryview) -> int:
        """What the kernel takes now."""
        try:
            return self.socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise trio.BrokenResourceError(str(error)) from error

    async def send_some(self, data: memoryview) -> int:
        """Wait for the kernel. Cancelled: nothing was sent."""
        while True:
            await trio.lowlevel.wait_writable(self.socket)
            if sent := self.send_nowait(data):
                return sent

    async def receive_some(self) -> bytes:
        """Wait for the kernel, up to 16 KiB."""
        while True:
            await trio.lowlevel.wait_readable(self.socket)
            if (data := self.receive_nowait()) is not None:
                return data

    @property
    def pollable(self) -> int | None:
        """The socket's."""
        return self.socket.fileno()

    def receive_nowait(self) -> bytes | None:
        """What the kernel has, up to 16 KiB."""
        try:
            return self.socket.recv(RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise trio.BrokenResourceError(str(error)) from error

    def send_eof(self) -> None:
        """Half-close."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise trio.BrokenResourceError(str(error)) from error

    async def aclose(self) -> None:
        """Close; whoever waits on the socket is told."""
        if self.socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self.socket)
            self.socket.close()


@attrs.define(eq=False)
class StreamTransport:
    """Any Trio stream. Takes nothing at once: every byte goes through `send_some`. Closes the stream."""

    _stream: trio.abc.Stream
    torn: bool = False
    holding: bool = False

    def send_nowait(self, data: bytes | memoryview) -> int:
        """Nothing: a stream may always have to wait."""
        return 0

    async def send_some(self, data: memoryview) -> int:
        """Send a chunk. Cancelled: the stream is torn, unless nothing was sent yet."""
        chunk = data[:CHUNK_BYTES]
        await trio.lowlevel.checkpoint_if_cancelled()  # a writer that is woken and cancelled at once has torn nothing
        self.torn = True
        await self._stream.send_all(chunk)
        self.torn = False
        return len(chunk)

    async def receive_some(self) -> bytes:
        """Wait for bytes, up to 16 KiB."""
        return bytes(await self._stream.receive_some(RECEIVE_BYTES))

    @property
    def pollable(self) -> int | None:
        """None."""
        return None

    def receive_nowait(self) -> bytes | None:
        """None: a stream can only be waited for."""
        return None

    def send_eof(self) -> None:
        """TLS cannot half-close; closing says it."""

    async def aclose(self) -> None:
        """Close without a goodbye. Shielded: who is cancelled already must get past it to close the next thing."""
        with trio.move_on_after(0, shield=True):
            await trio.aclose_forcefully(self._stream)


def take_socket(stream: trio.SocketStream) -> SocketTransport:
    """Take the socket out of a Trio stream that nobody uses at the moment. The stream is of no use afterwards."""
    taken = socket.socket(fileno=stream.socket.detach())
    taken.setblocking(False)
    return SocketTransport(taken)


async def send_whole(transport: Transport, data: bytes) -> None:
    """Send all of it, before anything else is. Raises trio.BrokenResourceError."""
    left = memoryview(data)
    while left:
        left = left[await transport.send_some(left) :]


def transport_over(stream: trio.abc.Stream) -> Transport:
    """The best transport for a stream: its bare socket where it has one, else the stream itself."""
    return take_socket(stream) if isinstance(stream, trio.SocketStream) else StreamTransport(stream)
