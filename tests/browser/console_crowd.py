"""Clients at octi's socket, in a thread of their own: Playwright's synchronous interface has the test's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import attrs
import msgspec
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from tests.providers import VOICE

OPEN_S = 60.0  # for all of them to be let in, on a busy machine
CHUNK = 4800  # bytes: 100 ms


@attrs.define(eq=False)
class Crowd:
    """So many clients, each in a session of its own. Safe to be told what to do from the test's thread."""

    base: str
    count: int
    closed: list[int] = attrs.field(factory=list)  # those whose sockets octi has closed, in that order
    _orders: list["trio.MemorySendChannel[str | bytes]"] = attrs.field(factory=list)
    _token: trio.lowlevel.TrioToken | None = None
    _there: threading.Event = attrs.field(factory=threading.Event)
    _leaving: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def type(self, client: int, text: str) -> None:
        """Have a client send a typed message."""
        self._order(client, msgspec.json.encode({"type": "user_text", "text": text}).decode())

    def speak(self, client: int) -> None:
        """Have a client say a word aloud, in real time, and be silent behind it."""
        self._order(client, VOICE)

    def wait_open(self) -> None:
        """Until all have been let in."""
        assert self._there.wait(OPEN_S), "not all were let in"

    def leave(self) -> None:
        """All of them."""
        if self._token is not None:
            with suppress(trio.RunFinishedError):  # octi has closed them all
                self._token.run_sync_soon(lambda: self._leaving.cancel(reason="the test is over"))

    def _order(self, client: int, what: str | bytes) -> None:
        assert self._token is not None, "wait for them"
        self._token.run_sync_soon(self._orders[client].send_nowait, what)

    async def run(self) -> None:
        """Come, and stay until told to leave."""
        self._token = trio.lowlevel.current_trio_token()
        channels = [trio.open_memory_channel[str | bytes](100) for _ in range(self.count)]
        self._orders = [send for send, _ in channels]
        with self._leaving:
            async with trio.open_nursery() as nursery:
                for number, (_, orders) in enumerate(channels):
                    await nursery.start(self._stay, number, orders)
                self._there.set()

    async def _stay(
        self,
        number: int,
        orders: "trio.MemoryReceiveChannel[str | bytes]",
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        host, _, port = self.base.removeprefix("http://").partition(":")
        async with await trio.open_tcp_stream(host, int(port)) as stream, trio.open_nursery() as nursery:
            socket = await wrap_client_stream(nursery, stream, host, "/ws/realtime")
            await socket.get_message()  # it is ready
            task_status.started()
            nursery.start_soon(self._obey, socket, orders)
            try:
                while True:
                    await socket.get_message()
            except ConnectionClosed:
                self.closed.append(number)
            nursery.cancel_scope.cancel(reason="octi has closed it")

    async def _obey(self, socket: WebSocketConnection, orders: "trio.MemoryReceiveChannel[str | bytes]") -> None:
        async for order in orders:
            if isinstance(order, str):
                await socket.send_message(order)
                continue
            for start in range(0, len(order), CHUNK):
                await socket.send_message(order[start : start + CHUNK])
                await trio.sleep(0.1)


@contextmanager
def crowd_at(base: str, count: int) -> Iterator[Crowd]:
    """So many clients, let in; they leave behind the block."""
    crowd = Crowd(base, count)
    thread = threading.Thread(target=trio.run, args=[crowd.run], name="crowd", daemon=True)
    thread.start()
    try:
        crowd.wait_open()
        yield crowd
    finally:
        crowd.leave()
        thread.join(OPEN_S)
        assert not thread.is_alive()
