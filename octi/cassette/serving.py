"""A replay at an address: every WebSocket that comes gets the next leg, or is refused where that one was."""

import signal
from collections.abc import Callable
from functools import partial

import attrs
import trio

from octi.cassette.failing import as_request_fault
from octi.cassette.format import Failure, Goodbye
from octi.cassette.replaying import Replay
from octi.errors import BadMessage
from octi.simulator.http import LINGER_S, Request, response_bytes, serve_connection
from octi.simulator.replies import Reply, refuses, scripted
from octi.websocket.handshake import Accepted, Upgrade, answer
from octi.websocket.link import Link, outbox_for
from octi.websocket.transport import Transport, transport_over

LARGEST_MESSAGE_BYTES = 64 << 20
ANSWER_S = 5.0
DROPPED = 1006  # no code that can be sent: leave without a goodbye


async def serve_replay(replay: Replay, say: Callable[[str], None], *, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve it, at any path, until all legs were played, or SIGINT or SIGTERM. Raises OSError, BadMessage."""
    if not replay.legs:
        raise BadMessage(f"the cassette has no leg of a {replay.side}; see --leg")
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        listeners = await trio.open_tcp_listeners(port, host=host)
        async with trio.open_nursery() as nursery:
            serve = partial(serve_connection, answer=_no_requests, upgrade=Door(replay))
            await nursery.start(partial(trio.serve_listeners, serve, listeners), name="replay")
            _tell(replay, say, _address(listeners[0], host))

            async def watch() -> None:
                await replay.over.wait()
                nursery.cancel_scope.cancel(reason="all was played")

            nursery.start_soon(watch)
            await anext(signals)
            nursery.cancel_scope.cancel(reason="told to stop")


def _tell(replay: Replay, say: Callable[[str], None], address: str) -> None:
    octis = replay.side == "client" and replay.cassette.header.door == "octi"
    say(f"the cassette's {replay.side} side is ready: ws://{address}{'/ws/realtime' if octis else '/v1/realtime'}")
    if replay.side == "provider":
        say(f"to have octi speak to it: OCTI_UPSTREAM=compatible OCTI_UPSTREAM_URL=http://{address}")


def _address(listener: trio.SocketListener, host: str) -> str:
    port = listener.socket.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{shown}]:{port}" if ":" in shown else f"{shown}:{port}"


async def _no_requests(request: Request) -> Reply:
    await trio.lowlevel.checkpoint()
    return refuses(404, "A replay has WebSockets only.")


@attrs.frozen
class Door:
    """Takes upgrades. Their streams are closed by who hands them on."""

    replay: Replay

    async def __call__(self, upgrade: Upgrade, stream: trio.abc.Stream) -> None:
        """Play the next leg to whoever asks for a WebSocket."""
        if failure := self.replay.next_failure():
            with self.replay.failing(failure):
                await self._fail(failure, stream)
            return
        accepted = answer(upgrade, max_message_bytes=LARGEST_MESSAGE_BYTES)
        with trio.fail_after(ANSWER_S):
            await stream.send_all(accepted.response)
        if isinstance(accepted, Accepted):
            transport = transport_over(stream)
            link = Link(accepted.codec, transport, outbox_for(LARGEST_MESSAGE_BYTES))
            link.feed(upgrade.leftover)
            await self._play(link, transport)

    async def _play(self, link: Link, transport: Transport) -> None:
        goodbye = Goodbye(1001, "the replay was told to stop")
        try:
            goodbye = await self.replay.play(link)
        finally:
            if goodbye.code == DROPPED:
                await transport.aclose()  # noqa: ASYNC102  never waits
            else:
                await link.close(goodbye.code, goodbye.reason)  # noqa: ASYNC102  shielded itself, with a deadline

    async def _fail(self, failure: Failure, stream: trio.abc.Stream) -> None:
        fault = as_request_fault(failure)
        await self.replay.pause(fault.stall_s)
        if fault.status is not None:
            await _refuse(stream, scripted(fault.status, fault.headers, fault.body))


async def _refuse(stream: trio.abc.Stream, reply: Reply) -> None:
    with trio.fail_after(ANSWER_S):
        await stream.send_all(response_bytes(reply))
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
    with trio.move_on_after(LINGER_S):  # so that a reset does not overtake the answer
        while await stream.receive_some():
            pass
