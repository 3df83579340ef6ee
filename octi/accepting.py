"""Takes newcomers from a listener, and gives each a place or turns it away.

One in each turn of the loop; and where a turn takes long, because those who are in have much to do, the next one waits
as long again. So in a flood at least half of the time is theirs who are in, and newcomers wait outside, in the kernel.
"""

import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
import structlog
import trio

from octi.crowd import Crowd, Place
from octi.observe.seldom import Seldom

log = structlog.get_logger("octi.front")

# What the kernel says when it has no room for one more; trio's own loop logs a trace for each.
NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
NO_ROOM_S = 0.1  # until octi tries again
TOLD_S = 10.0  # the log tells of trouble at most so often
PATIENCE_S = 0.05  # how long a newcomer waits at most for those who are in
AWAY_S = 0.1  # for the words below to be taken: a fresh connection takes them at once
AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
    b"Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
)

Plain = trio.SocketStream
Secure = trio.SSLStream[trio.SocketStream]
Stream = TypeVar("Stream", bound=Plain | Secure)
Address = tuple[str, int] | None


def addresses(stream: trio.abc.Stream) -> tuple[Address, Address]:
    """Who talks to whom, as (host, port): client and server; None where the stream has no such thing."""
    inner = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    if not isinstance(inner, trio.SocketStream):
        return None, None
    try:
        return inner.socket.getpeername()[:2], inner.socket.getsockname()[:2]
    except OSError:  # the client left between accept and here
        return None, None


@attrs.define(eq=False)
class Gate:
    """Lets newcomers in, for all listeners of a server."""

    crowd: Crowd = attrs.field(factory=Crowd)
    _crowded: Seldom = attrs.field(factory=lambda: Seldom(TOLD_S))
    _no_room: Seldom = attrs.field(factory=lambda: Seldom(TOLD_S))

    async def accept(
        self,
        listener: trio.abc.Listener[Stream],
        serve: Callable[[Stream, Place], Awaitable[None]],
        nursery: trio.Nursery,
    ) -> None:
        """Until cancelled; closes the listener. Each connection is served in the nursery, and closed there."""
        async with listener:
            while True:
                try:
                    stream = await listener.accept()
                except OSError as error:
                    if error.errno not in NO_ROOM:
                        raise
                    await self._wait_for_room(error)
                    continue
                if (place := self._place_for(stream)) is None:
                    await turn_away(stream)
                else:
                    nursery.start_soon(serve, stream, place)
                await let_others_go_first()

    def _place_for(self, stream: Stream) -> Place | None:
        before = self.crowd.displaced, self.crowd.refused
        client, _ = addresses(stream)
        place = self.crowd.enter(client[0] if client else "")
        if before != (self.crowd.displaced, self.crowd.refused):
            self._tell()
        return place

    def _tell(self) -> None:
        if self._crowded.due(trio.current_time()) is not None:
            log.warning(
                "too many connections: those that only ask make room, or newcomers are turned away"
                " (OCTI_MAX_CONNECTIONS, OCTI_MAX_CONNECTIONS_PER_ADDRESS)",
                connections=len(self.crowd),
                made_room=self.crowd.displaced,
                turned_away=self.crowd.refused,
            )

    async def _wait_for_room(self, error: OSError) -> None:
        """No descriptor is left, or no memory in the kernel: newcomers wait outside until somebody has gone."""
        if self._no_room.due(trio.current_time()) is not None:
            log.error(
                "octi can take no more connections; is the limit of open files (ulimit -n) too low?",
                problem=errno.errorcode[error.errno or 0],
                connections=len(self.crowd),
            )
        self.crowd.make_room()
        await trio.sleep(NO_ROOM_S)


async def let_others_go_first() -> None:
    """A turn of the loop; and, if that took long, as long again."""
    began = trio.current_time()
    await trio.lowlevel.checkpoint()
    await trio.sleep(min(trio.current_time() - began, PATIENCE_S))


async def turn_away(stream: trio.abc.Stream) -> None:
    """Say why, where that is readable, and close. Who has much to say already may see a reset instead."""
    with trio.move_on_after(AWAY_S):
        try:
            if isinstance(stream, trio.SocketStream):
                await stream.send_all(AWAY)
                await stream.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # it has left
    await trio.aclose_forcefully(stream)
