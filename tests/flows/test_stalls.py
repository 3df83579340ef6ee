"""Peers that stop in the middle, over the whole stack in memory: who is told what, and when it is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from octi.front import Connection
from octi.records import SessionRecord
from tests.providers import MORNING, QUIET, SPEECH, VOICE, Net, net_to
from tests.streams import WindowStream
from tests.whole_stack import Stack


@attrs.define(eq=False)
class Call:
    """A client's call under way."""

    stack: Stack
    net: Net
    near: WindowStream
    outside: trio.Nursery
    over: trio.Event = attrs.field(factory=trio.Event)
    took_s: float = 0.0

    async def serve(
        self, connection: Connection, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Be octi's end."""
        task_status.started()
        began = trio.current_time()
        await connection.run()
        self.took_s = trio.current_time() - began
        self.over.set()

    async def socket(self) -> WebSocketConnection:
        """The client's library over its end."""
        return await wrap_client_stream(self.outside, self.near, "octi", "/ws/realtime")  # type: ignore[arg-type]

    async def record(self) -> SessionRecord:
        """The session as stored, once it has ended."""
        await self.over.wait()
        (record,) = await self.stack.store.sessions()
        return record


@asynccontextmanager
async def calling(*scenarios: str) -> AsyncIterator[Call]:
    """A connection that octi serves, to providers that follow their scenarios."""
    async with net_to(*scenarios) as net, trio.open_nursery() as outside:
        stack = Stack(net.upstream())
        near, _, connection = stack.connect()
        call = Call(stack, net, near, outside)

        await outside.start(call.serve, connection)
        yield call
        with trio.fail_after(60):
            await call.over.wait()
        outside.cancel_scope.cancel()


HELLO = (
    b"GET /ws/realtime HTTP/1.1\r\nHost: octi\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


TALKS_WITHOUT_END = f"""
[[turn]]
silence_s = 0
say = "{"la " * 250}"
"""


async def test_a_stalled_browser_is_dropped_after_ten_seconds(autojump_clock: MockClock) -> None:
    """It takes not a byte; nobody waits longer for it, and the provider's leg is closed."""
    async with calling(TALKS_WITHOUT_END) as call:
        await call.near.send_all(HELLO)
        record = await call.record()
        await call.net.wait_left()
    assert record.ended_by == "client"
    assert (record.end_reason or "").startswith("the client took nothing for 10 s with ")
    assert call.took_s == pytest.approx(10, abs=0.5)


async def test_a_client_that_answers_no_ping_is_gone_after_a_minute(autojump_clock: MockClock) -> None:
    """It takes what it is sent, and nothing of it is ever heard again."""

    async def take_all() -> None:
        while await call.near.receive_some():
            pass

    async with calling(QUIET) as call:
        await call.near.send_all(HELLO)
        call.outside.start_soon(take_all)
        record = await call.record()
    assert (record.ended_by, record.end_reason) == ("client", "the client was not heard for 60 s")
    assert 60 <= call.took_s <= 90


async def test_a_provider_that_takes_nothing_is_lost(autojump_clock: MockClock) -> None:
    """The user speaks on and the provider's window stays full: after ten seconds another leg is tried."""
    deaf = """
    [[faults]]
    kind = "half_open"
    on = "session.updated"
    """
    heard: list[str] = []
    answered = trio.Event()
    async with calling(deaf, MORNING) as call:
        socket = await call.socket()

        async def listen() -> None:
            try:
                while True:
                    message = await socket.get_message()
                    if isinstance(message, str):
                        heard.append(message)
                        if "Good morning." in message:
                            answered.set()
            except ConnectionClosed:
                pass

        call.outside.start_soon(listen)
        with trio.fail_after(30):
            while not any("trying again (1/5)" in message for message in heard):
                await socket.send_message(SPEECH)
                await trio.sleep(0.2)
            await socket.send_message(VOICE)
            await answered.wait()
        await socket.aclose()
    assert len(call.net.streams) == 2
