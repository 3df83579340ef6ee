"""TLS on a kernel socket of our own: nothing is copied through a stream's buffers, and a send says what was taken.

A stream wrapper costs some 20 us more for each message (docs/capacity.md): two more steps through the scheduler.
"""

import ssl

import attrs
import trio

from octi.websocket.transport import RECEIVE_BYTES, take_socket


@attrs.define(eq=False)
class TlsTransport:
    """One side of TLS over a non-blocking TCP socket that is ours alone. Closes it.

    `holding`: a record is encrypted and half way, so that the same bytes must be sent again, and no others.
    """

    _socket: ssl.SSLSocket
    torn: bool = False
    holding: bool = False

    def send_nowait(self, data: bytes | memoryview) -> int:
        """What TLS and the kernel take now."""
        try:
            taken = self._socket.send(data)
        except ssl.SSLWantWriteError:
            self.holding = True
            return 0
        except OSError as error:  # with every other error of TLS's
            raise trio.BrokenResourceError(str(error)) from error
        self.holding = False
        return taken

    async def send_some(self, data: memoryview) -> int:
        """Wait for the kernel. Cancelled: nothing more was sent than is `holding`."""
        while True:
            await trio.lowlevel.wait_writable(self._socket)
            if sent := self.send_nowait(data):
                return sent

    async def receive_some(self) -> bytes:
        """Wait for a record's bytes. b"" if the peer said that it ends."""
        while True:
            await trio.lowlevel.wait_readable(self._socket)
            if (data := self.receive_nowait()) is not None:
                return data

    @property
    def pollable(self) -> int | None:
        """The socket's."""
        return self._socket.fileno()

    def receive_nowait(self) -> bytes | None:
        """One record's bytes, all of them."""
        try:
            return self._socket.recv(RECEIVE_BYTES)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None  # half a record, or one of TLS's own
        except OSError as error:
            raise trio.BrokenResourceError(str(error)) from error

    def send_eof(self) -> None:
        """TLS cannot half-close; closing says it."""

    async def aclose(self) -> None:
        """Close without a goodbye; whoever waits on the socket is told."""
        if self._socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()


async def secured(stream: trio.SocketStream, tls: ssl.SSLContext, host: str) -> TlsTransport:
    """Take the socket out of a stream and shake hands on it. Raises trio.BrokenResourceError; closes it if it fails."""
    taken = take_socket(stream).socket
    try:
        wrapped = tls.wrap_socket(
            taken, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
    except BaseException:  # whatever it was, nobody else has the socket any more
        taken.close()
        raise
    try:
        await _shake_hands(wrapped)
    except BaseException:  # cancellation too
        wrapped.close()
        raise
    return TlsTransport(wrapped)


async def _shake_hands(wrapped: ssl.SSLSocket) -> None:
    while True:
        try:
            wrapped.do_handshake()
        except ssl.SSLWantReadError:
            await trio.lowlevel.wait_readable(wrapped)
        except ssl.SSLWantWriteError:
            await trio.lowlevel.wait_writable(wrapped)
        except OSError as error:
            raise trio.BrokenResourceError(str(error)) from error
        else:
            return
