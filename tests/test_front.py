"""octi's connections, in memory and on virtual time: HTTP that nobody can hold up, sockets that leave it, one seam."""

import importlib.metadata
import inspect
import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import attrs
import h11
import pytest
import trio
import trio.testing
import trustme
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as HypercornConfig
from hypercorn.events import Closed, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import TrioSingleTask, WorkerContext
from trio.testing import MockClock

from octi.accepting import addresses
from octi.crowd import Crowd
from octi.front import (
    APP_PATIENCE_S,
    TLS_HANDSHAKE_S,
    WRITE_S,
    Connection,
    Limits,
    Listener,
    hypercorn_config,
    open_listeners,
    serve,
)
from octi.http import LINGER_S, Http
from octi.surface import ALWAYS
from octi.websocket.handshake import Upgrade
from tests.cuts import Cut, cut_everywhere
from tests.streams import WindowStream, window_stream_pair

UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: octi\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FRAME = b"\x81\x81\0\0\0\0a"
GET = b"GET / HTTP/1.1\r\nHost: octi\r\n\r\n"
LIMITS = Limits()

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


# The seam


def test_hypercorn_is_the_one_that_was_read() -> None:
    """Another version may be as good: read what `octi/front.py` overrides and calls, then change this and the pin."""
    assert importlib.metadata.version("hypercorn") == "0.18.0"


@pytest.mark.parametrize(
    ("called", "parameters"),
    [
        (
            H11Protocol.__init__,
            "self app config context task_group connection_state ssl client server send",
        ),
        (H11Protocol.handle, "self event"),
        (H11Protocol._check_protocol, "self event"),
        (H11Protocol._create_stream, "self request"),
        (H11Protocol._close_stream, "self"),
        (H11Protocol._send_error_response, "self status_code"),
        (H11Protocol._send_h11_event, "self event"),
        (H11Protocol.stream_send, "self event"),
        (TrioSingleTask.restart, "self task_group action"),
        (TrioSingleTask.stop, "self"),
        (TaskGroup.__init__, "self"),
        (WorkerContext.__init__, "self max_requests"),
        (Lifespan.__init__, "self app config state"),
        (Lifespan.handle_lifespan, "self task_status"),
        (Lifespan.wait_for_startup, "self"),
        (Lifespan.wait_for_shutdown, "self"),
    ],
    ids=lambda part: getattr(part, "__qualname__", ""),
)
def test_what_the_front_calls_is_there(called: Callable[..., object], parameters: str) -> None:
    """With these parameters, and asynchronous unless it makes something."""
    assert " ".join(inspect.signature(called).parameters) == parameters
    assert inspect.iscoroutinefunction(called) is not called.__name__.startswith("__")


def test_what_the_front_overrides_is_called() -> None:
    """From where it is expected: a method by another name would be overridden in vain."""
    events, recycle = inspect.getsource(H11Protocol._handle_events), inspect.getsource(H11Protocol._maybe_recycle)
    assert "await self._check_protocol(event)" in events
    assert "await self._create_stream(event)" in events
    assert "await self._close_stream()" in recycle
    assert "await self._send_error_response(" in events
    assert "self.stream_send," in inspect.getsource(H11Protocol._create_stream)
    assert {name for name in vars(Http) if not name.startswith("__")} == {
        "_check_protocol",
        "_create_stream",
        "_close_stream",
        "_refuse",
        "_send_error_response",
        "head_has_begun",
        "is_asked",
        "refuse_slow_head",
        "stream_send",
    }


async def test_what_the_front_reads_and_sets_is_there() -> None:
    """Attributes of Hypercorn's protocol, of its settings, of its three events."""
    protocol = H11Protocol(Site(), config := HypercornConfig(), WorkerContext(None), *[cast(Any, None)] * 6)  # type: ignore[arg-type]
    assert protocol.stream is None
    assert protocol.client is None
    assert protocol.keep_alive_requests == 0
    assert protocol.connection.trailing_data == (b"", False)
    ours = hypercorn_config(LIMITS)
    assert vars(ours).keys() <= {*vars(HypercornConfig), *vars(config)} | {
        name for name in dir(config) if not name.startswith("__")
    } | {f"_{name}" for name in dir(config)}
    assert not WorkerContext(None).terminated.is_set()
    assert (RawData(b"x").data, Updated(idle=True).idle, Closed()) == (b"x", True, Closed())


# A site to serve, and guests of it


@attrs.define(eq=False)
class Site:
    """An application without a framework, one path for each way to behave; remembers what happened to it."""

    ended: list[str] = attrs.field(factory=list)  # the paths whose handlers have ended
    life: list[str] = attrs.field(factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        page = getattr(self, scope["path"].strip("/").replace("/", "_") or "front", self.nothing)
        try:
            await page(receive, send)
        finally:
            self.ended.append(scope["path"])

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            happens = (await receive())["type"]
            self.life.append(happens)
            await send({"type": f"{happens}.complete"})
            if happens == "lifespan.shutdown":
                return

    async def _answer(self, send: Send, status: int, body: bytes) -> None:
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def front(self, receive: Receive, send: Send) -> None:
        await self._answer(send, 200, b"hello")

    async def nothing(self, receive: Receive, send: Send) -> None:
        await self._answer(send, 404, b"nothing here")

    async def large(self, receive: Receive, send: Send) -> None:
        await self._answer(send, 200, bytes(1 << 20))

    async def endless(self, receive: Receive, send: Send) -> None:
        """Goes on, whether or not its client is there."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": bytes(1000), "more_body": True})

    async def never(self, receive: Receive, send: Send) -> None:
        """Does not even look whether its client is there."""
        await trio.sleep_forever()

    async def later(self, receive: Receive, send: Send) -> None:
        """Takes a while, and does not look at what the client sends."""
        await trio.sleep(1)
        await self._answer(send, 200, b"later")

    async def impatient(self, receive: Receive, send: Send) -> None:
        """Gives the client a second for the first half of its answer, and goes on with the second."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with trio.move_on_after(1):
            await send({"type": "http.response.body", "body": b"1" * 10_000, "more_body": True})
        await send({"type": "http.response.body", "body": b"2" * 10_000})

    async def polite(self, receive: Receive, send: Send) -> None:
        """Takes a while, unless its client leaves."""
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            await trio.sleep(2)
            await self._answer(send, 200, b"done")
            nursery.cancel_scope.cancel()

    async def echo(self, receive: Receive, send: Send) -> None:
        body = b""
        while (part := await receive())["type"] == "http.request":
            body += part["body"]
            if not part["more_body"]:
                break
        await self._answer(send, 200, body)

    async def boom(self, receive: Receive, send: Send) -> None:
        raise ValueError("boom")


@attrs.define(eq=False)
class Doorman:
    """What sockets are handed to: remembers whom it was handed, says so, and echoes until the client leaves."""

    upgrades: list[Upgrade] = attrs.field(factory=list)
    ended: int = 0

    async def __call__(self, upgrade: Upgrade, stream: trio.abc.Stream) -> None:
        self.upgrades.append(upgrade)
        try:
            await stream.send_all(b"taken over")
            while data := await stream.receive_some():
                await stream.send_all(data)
        finally:
            self.ended += 1


@attrs.define(eq=False)
class MemoryListener(trio.abc.Listener[trio.abc.Stream]):
    """Where guests arrive."""

    guests: list[WindowStream] = attrs.field(factory=list)  # the server's ends
    _channel: tuple[trio.MemorySendChannel[WindowStream], trio.MemoryReceiveChannel[WindowStream]] = attrs.field(
        factory=lambda: trio.open_memory_channel[WindowStream](math.inf)
    )

    async def accept(self) -> trio.abc.Stream:
        return await self._channel[1].receive()

    async def aclose(self) -> None:
        for end in self._channel:
            end.close()

    def arrive(self, window: int = 65_536) -> "Guest":
        near, far = window_stream_pair(window)
        self.guests.append(far)
        self._channel[0].send_nowait(far)
        return Guest(near)


@attrs.define(eq=False)
class Guest:
    """A client that says what it likes, and reads answers through h11."""

    stream: WindowStream
    _reader: h11.Connection = attrs.field(factory=lambda: h11.Connection(h11.CLIENT))

    async def say(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def hear(self) -> tuple[int, bytes]:
        """One whole answer: its status and its body."""
        status, body = 0, b""
        if self._reader.our_state is h11.DONE:
            self._reader.start_next_cycle()
        self._reader.send(h11.Request(method="GET", target="/", headers={"Host": "octi", "Upgrade": "x"}.items()))  # type: ignore[arg-type]
        self._reader.send(h11.EndOfMessage())
        while True:
            event = self._reader.next_event()
            if event is h11.NEED_DATA:
                self._reader.receive_data(await self.stream.receive_some())
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                assert isinstance(event, h11.EndOfMessage)
                return status, body

    async def hear_out(self) -> bytes:
        """All that comes, as it comes."""
        heard = b""
        while data := await self.stream.receive_some():
            heard += data
        return heard


@attrs.define(eq=False)
class House:
    """octi's front, open."""

    site: Site
    doorman: Doorman
    listener: MemoryListener
    stopping: trio.Event
    stopped: trio.Event = attrs.field(factory=trio.Event)

    def guest(self, window: int = 65_536) -> Guest:
        return self.listener.arrive(window)

    async def is_empty(self) -> bool:
        """Nobody is served any more."""
        await trio.testing.wait_all_tasks_blocked()
        return all(stream.closed for stream in self.listener.guests)


@asynccontextmanager
async def open_house(
    site: Site | None = None, limits: Limits = LIMITS, crowd: Crowd | None = None
) -> AsyncIterator[House]:
    """Serve until the block ends; then stop, and have stopped within what was promised."""
    house = House(site or Site(), Doorman(), MemoryListener(), trio.Event())

    app, listeners = ASGIWrapper(cast(Any, house.site)), [cast(Listener, house.listener)]

    async def keep() -> None:
        await serve(app, listeners, sockets=house.doorman, stopping=house.stopping, limits=limits, crowd=crowd)
        house.stopped.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep)
        yield house
        house.stopping.set()
        with trio.fail_after(LIMITS.graceful_s + LINGER_S):
            await house.stopped.wait()
    assert all(stream.closed for stream in house.listener.guests)


# HTTP


async def test_requests_are_answered_one_after_the_other(autojump_clock: MockClock) -> None:
    """Over one connection, with a body or without."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(GET)
        assert await guest.hear() == (200, b"hello")
        await guest.say(b"POST /echo HTTP/1.1\r\nHost: octi\r\nContent-Length: 3\r\n\r\nabc")
        assert await guest.hear() == (200, b"abc")
        await guest.say(GET.replace(b"/ ", b"/nowhere ") + GET)
        assert await guest.hear() == (404, b"nothing here")
        assert await guest.hear() == (200, b"hello")
        await guest.stream.aclose()
        assert await house.is_empty()
    assert house.site.life == ["lifespan.startup", "lifespan.shutdown"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"HELLO\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: octi\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: octi\r\nX: " + b"a" * 20_000, 431),
        (UPGRADE[:-2] + b"X: " + b"a" * 20_000, 431),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404),
        (b"GET / HTTP/1.1\r\nHost: octi\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n", 200),
    ],
    ids=["TLS", "no HTTP", "no host", "bad length", "long target", "long head", "long upgrade", "HTTP/2", "h2c"],
)
async def test_odd_requests_get_an_answer(said: bytes, status: int, autojump_clock: MockClock) -> None:
    """At once, and harm nobody else."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(said)
        if said.startswith(b"\x16"):
            await guest.stream.send_eof()  # it may be the beginning of a line
        assert (await guest.hear())[0] == status
        assert trio.current_time() == 0
        other = house.guest()
        await other.say(GET)
        assert await other.hear() == (200, b"hello")


@pytest.mark.parametrize("said", [GET[:10], UPGRADE[:-2]], ids=["a request", "an upgrade"])
async def test_a_slow_head_is_answered_408(said: bytes, autojump_clock: MockClock) -> None:
    """Within its deadline, however much of it has come."""
    async with open_house() as house:
        guest = house.guest()
        await trio.sleep(3)
        await guest.say(said)
        assert (await guest.hear())[0] == 408
        assert trio.current_time() == LIMITS.head_s
        await guest.stream.aclose()
        assert await house.is_empty()


@pytest.mark.parametrize("said", [GET[:10], UPGRADE[:-2]], ids=["a request", "an upgrade"])
async def test_a_slow_head_on_a_kept_connection_has_no_more_time(said: bytes, autojump_clock: MockClock) -> None:
    """Counted from its first byte, and not anew with each."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(GET)
        assert await guest.hear() == (200, b"hello")
        await trio.sleep(30)
        await guest.say(said[:-1])
        await trio.sleep(LIMITS.head_s - 1)
        await guest.say(said[-1:])
        assert (await guest.hear())[0] == 408
        assert trio.current_time() == 30 + LIMITS.head_s


async def test_a_slow_head_behind_a_request_has_no_more_time(autojump_clock: MockClock) -> None:
    """It came while the answer before it was made: its time begins with that answer's end."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(GET.replace(b"/ ", b"/later ") + GET[:10])
        assert await guest.hear() == (200, b"later")
        assert (await guest.hear())[0] == 408
        assert trio.current_time() == 1 + LIMITS.head_s


async def test_a_kept_connection_outlives_the_pools_of_proxies(autojump_clock: MockClock) -> None:
    """Who ends it first need not fear that a request crosses the end: it is the proxy, which knows."""
    longest_s = 120  # Caddy's; Traefik's is 90, nginx's 60
    async with open_house() as house:
        guest = house.guest()
        for _ in range(3):
            await guest.say(GET)
            assert await guest.hear() == (200, b"hello")
            await trio.sleep(longest_s)
        await guest.say(UPGRADE)
        assert await guest.stream.receive_some() == b"taken over"


async def test_too_many_kept_connections_end_the_oldest(autojump_clock: MockClock) -> None:
    """They must not hold all descriptors. Who is served, and who has not asked yet, counts for nothing here."""
    async with open_house(limits=Limits(kept=2)) as house:
        new, busy = house.guest(), house.guest()
        await busy.say(GET.replace(b"/ ", b"/never "))
        kept = [house.guest() for _ in range(3)]
        for guest in kept:
            await guest.say(GET)
            assert await guest.hear() == (200, b"hello")
        assert await kept[0].hear_out() == b""
        assert trio.current_time() == 0
        for guest in (new, *kept[1:]):
            await guest.say(GET)
            assert await guest.hear() == (200, b"hello")
        await busy.stream.aclose()


async def test_who_was_answered_and_says_nothing_more_is_let_go(autojump_clock: MockClock) -> None:
    """Also by a handler that is cancelled as soon as its answer is out, as Quart-Trio's are: a regression."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(b"GET /polite HTTP/1.1\r\nHost: octi\r\n\r\n")
        assert await guest.hear() == (200, b"done")
        with trio.fail_after(600):
            assert await guest.hear_out() == b""
        assert trio.current_time() == 2 + LIMITS.keep_alive_s
        await trio.sleep(LINGER_S)
        assert await house.is_empty()


async def test_who_says_nothing_is_let_go(autojump_clock: MockClock) -> None:
    """Without a word, and with a moment to read it."""
    async with open_house() as house:
        guest = house.guest()
        assert await guest.hear_out() == b""
        assert trio.current_time() == LIMITS.head_s
        await trio.sleep(LINGER_S)
        assert await house.is_empty()


async def test_a_client_that_reads_nothing_of_its_answer_is_given_up(autojump_clock: MockClock) -> None:
    """After ten seconds without progress, whatever the handler does; its connection is gone then."""
    async with open_house() as house:
        guests = [house.guest(window=1000) for _ in range(2)]
        await guests[0].say(b"GET /large HTTP/1.1\r\nHost: octi\r\n\r\n")
        await guests[1].say(b"GET /endless HTTP/1.1\r\nHost: octi\r\n\r\n")
        await trio.sleep(WRITE_S)
        await trio.sleep(APP_PATIENCE_S)
        assert await house.is_empty()
        assert sorted(house.site.ended) == ["/endless", "/large"]


async def test_a_slow_reader_gets_the_whole_answer(autojump_clock: MockClock) -> None:
    """A minute for a mebibyte is slow, and no reason to give it up: the deadline is for each chunk."""
    async with open_house() as house:
        guest = house.guest(window=32_768)
        await guest.say(b"GET /large HTTP/1.1\r\nHost: octi\r\nConnection: close\r\n\r\n")
        heard = 0
        while data := await guest.stream.receive_some():
            heard += len(data)
            await trio.sleep(2)
        assert heard > 1 << 20
        assert trio.current_time() > 60


async def test_a_client_that_reads_nothing_does_not_hold_up_the_end(autojump_clock: MockClock) -> None:
    """The end of the server cancels its write, in the middle of a chunk, when the graceful time is over."""
    async with open_house() as house:
        guest = house.guest(window=1000)
        await guest.say(b"GET /endless HTTP/1.1\r\nHost: octi\r\n\r\n")
        await trio.sleep(1)
        house.stopping.set()
        await house.stopped.wait()
        assert trio.current_time() == 1 + LIMITS.graceful_s


async def test_half_an_answer_is_followed_by_nothing(autojump_clock: MockClock) -> None:
    """Its handler gave it a second, and writes on: the client hears what it had taken, and then the end."""
    async with open_house() as house:
        guest = house.guest(window=1000)
        await guest.say(b"GET /impatient HTTP/1.1\r\nHost: octi\r\n\r\n")
        await trio.sleep(2)
        heard = await guest.hear_out()
        assert heard.count(b"1") > 100
        assert b"2" * 10 not in heard
        assert await house.is_empty()


async def test_cancelling_ends_a_write_at_once(autojump_clock: MockClock) -> None:
    """No shield, so no wait: what is half said ends with its connection."""
    guest, connection = alone(Site(), window=1000)
    await guest.say(b"GET /large HTTP/1.1\r\nHost: octi\r\n\r\n")
    with trio.move_on_after(1):
        await connection.run()
    assert trio.current_time() == 1
    assert connection.stream.closed  # type: ignore[union-attr]


async def test_a_body_that_nobody_reads_does_not_hold_its_connection(autojump_clock: MockClock) -> None:
    """The answer goes out while the body is still coming, and its queue is full; a moment later the connection ends."""
    async with open_house() as house:
        guest = house.guest(window=1 << 20)
        await guest.say(b"POST /later HTTP/1.1\r\nHost: octi\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(50):
            await guest.say(bytes(1000))
            await trio.testing.wait_all_tasks_blocked()
        assert await guest.hear() == (200, b"later")
        await trio.sleep(3 * LINGER_S)
        assert await house.is_empty()


async def test_a_body_that_nobody_reads_ends_with_its_client(autojump_clock: MockClock) -> None:
    """The handler never asks for it, never ends, and never looks: it is cancelled a moment after its client left."""
    async with open_house() as house:
        guest = house.guest(window=100)
        await guest.say(b"POST /never HTTP/1.1\r\nHost: octi\r\nContent-Length: 5\r\n\r\n")
        await guest.say(b"abcde")
        await guest.stream.aclose()
        await trio.sleep(APP_PATIENCE_S)
        assert await house.is_empty()
        assert house.site.ended == ["/never"]


async def test_a_handler_is_told_that_its_client_left(autojump_clock: MockClock) -> None:
    async with open_house() as house:
        guest = house.guest()
        await guest.say(b"GET /polite HTTP/1.1\r\nHost: octi\r\n\r\n")
        await trio.sleep(1)
        await guest.stream.aclose()
        assert await house.is_empty()
        assert (house.site.ended, trio.current_time()) == (["/polite"], 1)


async def test_a_request_that_runs_may_end_after_the_server_was_told_to(autojump_clock: MockClock) -> None:
    """And who has asked for nothing, or for nothing more, is let go at once."""
    async with open_house() as house:
        busy, idle, kept = house.guest(), house.guest(), house.guest()
        await busy.say(b"GET /polite HTTP/1.1\r\nHost: octi\r\n\r\n")
        await kept.say(GET)
        assert await kept.hear() == (200, b"hello")
        await trio.sleep(1)
        house.stopping.set()
        assert await idle.hear_out() == await kept.hear_out() == b""
        assert trio.current_time() == 1
        await kept.stream.aclose()
        assert await busy.hear() == (200, b"done")
        await busy.stream.aclose()
        await idle.stream.aclose()
        await house.stopped.wait()
        assert trio.current_time() == 2


async def test_a_handler_that_crashes_is_500_and_ends_nothing_else(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house() as house:
        guest = house.guest()
        await guest.say(b"GET /boom HTTP/1.1\r\nHost: octi\r\n\r\n")
        assert (await guest.hear())[0] == 500
        other = house.guest()
        await other.say(GET)
        assert await other.hear() == (200, b"hello")
    assert "ValueError: boom" in caplog.text


async def test_an_error_in_the_protocols_code_ends_one_connection(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypercorn lets it out into the nursery of all connections, and the process ends."""

    async def broken(self: Http, event: h11.Request) -> None:
        if event.target == b"/broken":
            raise ValueError("in protocol code")

    monkeypatch.setattr(Http, "_check_protocol", broken)
    async with open_house() as house:
        guest, other = house.guest(), house.guest()
        await guest.say(b"GET /broken HTTP/1.1\r\nHost: octi\r\n\r\n")
        assert await guest.hear_out() == b""
        await other.say(GET)
        assert await other.hear() == (200, b"hello")
    assert "in protocol code" in caplog.text


# Too many


async def test_who_asks_makes_room_and_who_is_served_stays(autojump_clock: MockClock) -> None:
    """At the bound: first the one that has asked for longest, with half a head, half a body or in a pause."""
    async with open_house(crowd=(crowd := Crowd(most=3))) as house:
        served, halved, slow = house.guest(), house.guest(), house.guest()
        await served.say(GET.replace(b"/ ", b"/later "))
        await halved.say(GET[:10])
        await slow.say(b"POST /echo HTTP/1.1\r\nHost: octi\r\nContent-Length: 5\r\n\r\nab")
        await trio.testing.wait_all_tasks_blocked()
        for gone in (halved, slow):
            guest = house.guest()
            await guest.say(GET)
            assert await guest.hear() == (200, b"hello")
            assert await gone.hear_out() == b""
        assert trio.current_time() == 0
        assert await served.hear() == (200, b"later")
        assert (len(crowd), crowd.displaced, crowd.refused) == (3, 2, 0)


async def test_a_socket_is_never_sent_away(autojump_clock: MockClock) -> None:
    """Then it is the newcomer who finds no place, and the log says so once."""
    async with open_house(crowd=(crowd := Crowd(most=2))) as house:
        sockets = [house.guest(), house.guest()]
        for guest in sockets:
            await guest.say(UPGRADE)
            assert await guest.stream.receive_some() == b"taken over"
        for _ in range(3):
            assert await house.guest().hear_out() == b""
        assert (crowd.displaced, crowd.refused) == (0, 3)
        for guest in sockets:
            await guest.say(b"raw")
            assert await guest.stream.receive_some() == b"raw"
            await guest.stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        again = house.guest()
        await again.say(GET)
        assert await again.hear() == (200, b"hello")


# What answers say


@pytest.mark.parametrize(
    "said",
    [
        GET,
        GET.replace(b"/ ", b"/nowhere "),
        GET.replace(b"/ ", b"/boom "),
        b"HELLO\r\n\r\n",
        b"GET /" + b"a" * 20_000,
        GET[:10],
    ],
    ids=["200", "404", "500", "400", "431", "408"],
)
async def test_every_answer_has_the_headers_of_a_safe_one(said: bytes, autojump_clock: MockClock) -> None:
    """Octi's, and those that Hypercorn writes itself. None says what answers."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(said.replace(b"octi\r\n", b"octi\r\nConnection: close\r\n"))
        await trio.sleep(LIMITS.head_s)
        await guest.stream.send_eof()
        head = (await guest.hear_out()).partition(b"\r\n\r\n")[0].lower()
        names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n")[1:]]
        assert {name.lower() for name, _ in ALWAYS} <= set(names)
        assert len(names) == len(set(names))
        assert "server" not in names
        assert b"hypercorn" not in head
        assert b"strict-transport" not in head


# Sockets


def facts(upgrade: Upgrade) -> tuple[str, str, bytes]:
    return upgrade.method, upgrade.target, upgrade.leftover


async def test_an_upgrade_leaves_http(autojump_clock: MockClock) -> None:
    """With all that the client said: its headers as they were, the frames behind them."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(UPGRADE.replace(b"/ws", b"/ws?model=m") + FRAME)
        assert await guest.stream.receive_some() == b"taken over"
        (upgrade,) = house.doorman.upgrades
        assert facts(upgrade) == ("GET", "/ws?model=m", FRAME)
        assert upgrade.headers["Sec-WebSocket-Key"] == "dGhlIHNhbXBsZSBub25jZQ=="
        await guest.say(b"raw")
        assert await guest.stream.receive_some() == b"raw"
        await guest.stream.aclose()
        assert await house.is_empty()


async def test_an_upgrade_may_come_on_a_used_connection(autojump_clock: MockClock) -> None:
    """As a proxy's pool of kept-alive connections sends it."""
    async with open_house() as house:
        guest = house.guest()
        for _ in range(2):
            await guest.say(GET)
            assert await guest.hear() == (200, b"hello")
        await trio.sleep(LIMITS.keep_alive_s - 1)
        await guest.say(UPGRADE)
        assert await guest.stream.receive_some() == b"taken over"
        await trio.sleep(2 * LIMITS.keep_alive_s)  # HTTP's deadlines are over
        await guest.say(b"still here")
        assert await guest.stream.receive_some() == b"still here"
        assert [facts(upgrade) for upgrade in house.doorman.upgrades] == [("GET", "/ws", b"")]


@pytest.mark.parametrize("packet", [1, 7, 10_000])
async def test_an_upgrade_may_come_in_one_packet_with_requests(packet: int, autojump_clock: MockClock) -> None:
    """Or in many: the answers come in order, then the socket, and the frame behind it is kept."""
    said = GET + b"POST /echo HTTP/1.1\r\nHost: octi\r\nContent-Length: 3\r\n\r\nabc" + UPGRADE + FRAME
    async with open_house() as house:
        guest = house.guest()
        for at in range(0, len(said), packet):
            await guest.say(said[at : at + packet])
        assert await guest.hear() == (200, b"hello")
        assert await guest.hear() == (200, b"abc")
        await trio.testing.wait_all_tasks_blocked()
        (upgrade,) = house.doorman.upgrades
        assert facts(upgrade)[:2] == ("GET", "/ws")
        assert FRAME.startswith(upgrade.leftover)
        assert trio.current_time() == 0


@pytest.mark.parametrize(
    "said",
    [
        UPGRADE.replace(b"websocket", b"WebSocket"),
        UPGRADE.replace(b"websocket", b"h2c, websocket"),
        UPGRADE.replace(b"websocket", b"\xa0websocket"),
        UPGRADE.replace(b"Connection: Upgrade\r\n", b""),
        UPGRADE.replace(b"GET", b"POST"),
        UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0"),
        UPGRADE.replace(b"/ws", b"//["),
        UPGRADE.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nhello"),
    ],
    ids=["capitals", "a choice", "a space that is none", "no connection", "POST", "1.0", "odd target", "a body"],
)
async def test_whatever_asks_for_a_socket_leaves_http(said: bytes, autojump_clock: MockClock) -> None:
    """Well or badly: the handshake decides. None of it may reach the WebSocket code of Hypercorn."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(said)
        assert await guest.stream.receive_some() == b"taken over"
        assert len(house.doorman.upgrades) == 1


async def test_a_crash_of_a_socket_ends_one_connection(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and nobody else notices."""

    async def crash(upgrade: Upgrade, stream: trio.abc.Stream) -> None:
        raise ValueError("boom")

    guest, connection = alone(Site(), sockets=crash)
    await guest.say(UPGRADE)
    await connection.run()
    assert "boom" in caplog.text
    assert await guest.hear_out() == b""


async def test_sockets_are_cancelled_when_the_graceful_time_is_over(autojump_clock: MockClock) -> None:
    """Whoever did not say goodbye by then."""
    async with open_house() as house:
        guest = house.guest()
        await guest.say(UPGRADE)
        await trio.sleep(1)
        house.stopping.set()
        await house.stopped.wait()
        assert trio.current_time() == 1 + LIMITS.graceful_s
        assert house.doorman.ended == 1


async def test_a_handler_that_runs_on_does_not_hold_up_an_upgrade(autojump_clock: MockClock) -> None:
    """One that has answered, and is not done: it has five seconds, and then the socket is served."""

    async def answer_and_stay(scope: Scope, receive: Receive, send: Send) -> None:
        await Site().front(receive, send)
        await trio.sleep_forever()

    guest, connection = alone(answer_and_stay)
    await guest.say(GET + UPGRADE)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.run)
        assert await guest.hear() == (200, b"hello")
        assert (await guest.stream.receive_some()).endswith(b"taken over")
        assert trio.current_time() == APP_PATIENCE_S
        nursery.cancel_scope.cancel()


def alone(
    app: Callable[[Scope, Receive, Send], Awaitable[None]],
    *,
    sockets: Callable[[Upgrade, trio.abc.Stream], Awaitable[None]] | None = None,
    window: int = 65_536,
) -> tuple[Guest, Connection]:
    """A guest, and the connection that serves it once it is run."""
    near, far = window_stream_pair(window)
    wrapped, config = ASGIWrapper(cast(Any, app)), hypercorn_config(LIMITS)
    stream = cast(trio.SocketStream, far)
    return Guest(near), Connection(wrapped, config, WorkerContext(None), {}, sockets or Doorman(), stream)


def test_a_connection_may_be_cut_anywhere() -> None:
    """A request, an upgrade, a socket: wherever it is cancelled, it ends at once, and its stream is closed."""
    heard: Mapping[str, set[bytes]] = {"whole": set(), "cut": set()}

    async def scenario(cut: Cut) -> None:
        guest, connection = alone(Site(), window=100)
        async with trio.open_nursery() as outside:

            async def visit() -> None:
                try:
                    await guest.say(GET + UPGRADE + FRAME)
                    await guest.say(b"x" * 300)
                    await guest.stream.send_eof()
                except trio.BrokenResourceError:
                    pass

            async def listen() -> None:
                heard["cut" if cut.n else "whole"].add(await guest.hear_out())

            outside.start_soon(visit)
            outside.start_soon(listen)
            async with cut:
                await connection.run()
            assert cast(WindowStream, connection.stream).closed

    report = cut_everywhere(scenario, seeds=2, prompt=0, channels=False)  # Hypercorn leaves its queue open
    assert all(b"hello" in whole and b"taken over" in whole for whole in heard["whole"])
    assert report.runs > 50


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@attrs.define(eq=False)
class SecureGuest:
    """A client's end of a secured connection, and what is below it."""

    stream: trio.SSLStream[WindowStream]
    below: WindowStream


def secured(authority: trustme.CA, nursery: trio.Nursery) -> SecureGuest:
    """A guest of a connection that is served over TLS."""
    near, far = window_stream_pair(65_536)
    ours, theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("octi").configure_cert(ours)
    authority.configure_trust(theirs)
    server = trio.SSLStream(far, ours, server_side=True, https_compatible=True)
    wrapped, config = ASGIWrapper(cast(Any, Site())), hypercorn_config(LIMITS)
    connection = Connection(wrapped, config, WorkerContext(None), {}, Doorman(), cast(Any, server))
    nursery.start_soon(connection.run)
    return SecureGuest(trio.SSLStream(near, theirs, server_hostname="octi", https_compatible=True), near)


async def test_requests_and_sockets_come_over_tls(authority: trustme.CA, autojump_clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        guest = secured(authority, nursery)
        await guest.stream.send_all(GET + UPGRADE)
        heard = b""
        while not heard.endswith(b"taken over"):
            heard += await guest.stream.receive_some()
        assert b"hello" in heard
        assert b"strict-transport-security: max-age=31536000\r\n" in heard  # octi itself serves it
        await trio.aclose_forcefully(guest.stream)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01", GET], ids=["nothing", "half a hello", "no TLS"])
async def test_who_does_not_shake_hands_is_let_go(
    said: bytes, authority: trustme.CA, autojump_clock: MockClock
) -> None:
    """Within its deadline, without an answer in clear, and without an error in the log's way."""
    async with trio.open_nursery() as nursery:
        guest = secured(authority, nursery)
        await guest.below.send_all(said)
        while heard := await guest.below.receive_some():
            assert b"HTTP" not in heard
        assert trio.current_time() <= TLS_HANDSHAKE_S


# Real sockets


async def test_who_talks_to_whom_is_known_on_a_socket() -> None:
    """And is nothing that a stream in memory has."""
    (listener,) = await open_listeners("127.0.0.1", 0, None)
    assert isinstance(listener, trio.SocketListener)
    port = listener.socket.getsockname()[1]
    async with listener, await trio.open_tcp_stream("127.0.0.1", port) as near, await listener.accept() as far:
        assert addresses(far) == (near.socket.getsockname(), ("127.0.0.1", port))
        assert addresses(window_stream_pair()[0]) == (None, None)
        await near.aclose()
        await far.aclose()
        assert addresses(far) == (None, None)
