"""What every leg of a session promises, held to by each kind: in memory, over a stream, a kernel socket, TLS."""

import socket
from collections.abc import AsyncIterator, Callable

import attrs
import pytest
import trio
import trio.testing

from octi.websocket.base import BREATH, Leg, LegClosed, LegStalled, Message
from octi.websocket.codec import Codec, Side
from octi.websocket.link import LOW_WATER_BYTES, Link
from octi.websocket.memory import memory_legs
from octi.websocket.outbox import Outbox
from octi.websocket.poll import Poll
from octi.websocket.tls import TlsTransport
from octi.websocket.transport import SocketTransport, StreamTransport
from tests.streams import window_stream_pair
from tests.websocket.tls_pairs import tls_pair

BOUND = 2 * LOW_WATER_BYTES


def in_memory() -> tuple[Leg, Leg]:
    return memory_legs(BOUND)


def over_streams() -> tuple[Leg, Leg]:
    near, far = window_stream_pair()
    return (
        Link(Codec(Side.SERVER, 1 << 24), StreamTransport(near), Outbox(BOUND)),
        Link(Codec(Side.CLIENT, 1 << 24), StreamTransport(far), Outbox(BOUND)),
    )


def over_sockets() -> tuple[Leg, Leg]:
    near, far = socket.socketpair()
    for each in (near, far):
        each.setblocking(False)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return (
        Link(Codec(Side.SERVER, 1 << 24), SocketTransport(near), Outbox(BOUND)),
        Link(Codec(Side.CLIENT, 1 << 24), SocketTransport(far), Outbox(BOUND)),
    )


def over_tls() -> tuple[Leg, Leg]:
    far, near = tls_pair()
    return (
        Link(Codec(Side.SERVER, 1 << 24), TlsTransport(near), Outbox(BOUND)),
        Link(Codec(Side.CLIENT, 1 << 24), TlsTransport(far), Outbox(BOUND)),
    )


@attrs.define(eq=False)
class Pair:
    """Both ends of a leg, each with the task that writes for it."""

    near: Leg
    far: Leg
    nursery: trio.Nursery
    _writers: list[trio.CancelScope] = attrs.field(factory=list)

    def start_writing(self) -> None:
        """As a session does, from its beginning."""
        for leg in (self.near, self.far):
            self.nursery.start_soon(self._write, leg)

    def stop_writing(self) -> None:
        """As a session does before it closes a leg."""
        for writer in self._writers:
            writer.cancel()

    async def _write(self, leg: Leg) -> None:
        with trio.CancelScope() as writer:
            self._writers.append(writer)
            await leg.write()

    async def close(self) -> None:
        self.stop_writing()
        async with trio.open_nursery() as closing:
            closing.start_soon(self.near.close, 1000, "")
            closing.start_soon(self.far.close, 1000, "")


def polled(legs: tuple[Leg, Leg], poll: Poll) -> tuple[Leg, Leg]:
    """The same, with one task that waits for the sockets of both."""
    for leg in legs:
        assert isinstance(leg, Link)
        leg._poll = poll
    return legs


@pytest.fixture
async def poll(nursery: trio.Nursery) -> AsyncIterator[Poll]:
    running = trio.CancelScope()
    with Poll() as opened:

        async def run() -> None:
            with running:
                await opened.run()

        nursery.start_soon(run)
        yield opened
        running.cancel()


KINDS = [
    *(pytest.param(kind, False, id=kind.__name__) for kind in (in_memory, over_streams, over_sockets, over_tls)),
    *(pytest.param(kind, True, id=f"{kind.__name__}_polled") for kind in (over_sockets, over_tls)),
]


@pytest.fixture
async def pair(
    kind: Callable[[], tuple[Leg, Leg]], by_poll: bool, poll: Poll, nursery: trio.Nursery
) -> AsyncIterator[Pair]:
    legs = Pair(*(polled(kind(), poll) if by_poll else kind()), nursery)
    yield legs
    await legs.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of a pair is one of each kind."""
    if "pair" in metafunc.fixturenames:
        metafunc.parametrize(("kind", "by_poll"), KINDS)


async def hear(leg: Leg, count: int) -> list[Message]:
    """So many messages."""
    heard: list[Message] = []
    while len(heard) < count:
        heard += await leg.receive()
    return heard


async def hear_out(leg: Leg) -> tuple[list[Message], LegClosed]:
    """All that comes until the end, and the end."""
    heard: list[Message] = []
    while True:
        try:
            heard += await leg.receive()
        except LegClosed as closed:
            return heard, closed


async def test_messages_arrive_whole_and_in_order(pair: Pair) -> None:
    """Whatever their size and kind, empty ones too."""
    messages = [Message(b"one", True), Message(b"", False), Message(b"", True), Message(bytes(300_000), False)]
    messages += [Message("été".encode(), True), Message(b"last", True)]
    pair.start_writing()
    for each in messages:
        pair.near.send(each.data, text=each.text)
    assert await hear(pair.far, len(messages)) == messages


async def test_both_ends_talk_at_once(pair: Pair) -> None:
    pair.start_writing()
    for number in range(50):
        pair.near.send(b"%d from here" % number)
        pair.far.send(b"%d from there" % number)
    assert [m.data for m in await hear(pair.far, 50)] == [b"%d from here" % number for number in range(50)]
    assert [m.data for m in await hear(pair.near, 50)] == [b"%d from there" % number for number in range(50)]


async def test_the_end_comes_behind_every_message(pair: Pair) -> None:
    """With the code and the reason that were given; nothing said before the close is lost."""
    pair.near.send(b"one")
    pair.near.send(bytes(200_000), text=False)
    ends: list[tuple[list[Message], LegClosed]] = []

    async def listen() -> None:
        ends.append(await hear_out(pair.far))
        await pair.far.close(1000, "")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await pair.near.close(4000, "policy")
    ((heard, closed),) = ends
    assert [len(message.data) for message in heard] == [3, 200_000]
    assert (closed.code, closed.reason, closed.by_peer) == (4000, "policy", True)


async def test_who_closed_hears_of_its_own_close(pair: Pair) -> None:
    """A reader that is started late does not wait for ever."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.near.close, 1001, "going away")
        nursery.start_soon(pair.far.close, 1001, "going away")
    _, closed = await hear_out(pair.near)
    assert closed.code == 1001


async def test_sending_after_the_end_does_nothing(pair: Pair) -> None:
    """`receive` tells; who sends need not know."""

    async def listen() -> None:
        await hear_out(pair.far)
        pair.far.send(b"too late")
        pair.far.ping()
        pair.far.drop_audio()
        await pair.far.close(1000, "")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await pair.near.close(1000, "")


async def test_a_peer_that_takes_nothing_is_given_up_at_the_bound(pair: Pair) -> None:
    """Soon after it, and not before: the bound is for what waits."""

    def send_for_ever() -> None:
        for _ in range(2 * BOUND // 10_000):
            pair.near.send(bytes(10_000), text=False)

    with pytest.raises(LegStalled) as stalled:
        send_for_ever()
    assert 0.9 * BOUND < stalled.value.waiting_bytes < 1.1 * BOUND


async def test_one_message_may_be_larger_than_the_bound(pair: Pair) -> None:
    pair.start_writing()
    pair.near.send(bytes(3 * BOUND), text=False)
    pair.near.send(b"and a word")
    assert [len(message.data) for message in await hear(pair.far, 2)] == [3 * BOUND, 10]


async def test_audio_can_be_taken_back_and_words_cannot(pair: Pair) -> None:
    """Every word arrives, in order; of the audio, whole messages are missing, and their size is counted."""
    for number in range(20):
        pair.near.send(bytes(10_000), text=False, audio=True)
        pair.near.send(b"%d" % number)
    pair.near.drop_audio()
    assert pair.near.dropped_bytes >= 100_000
    pair.start_writing()
    pair.near.send(b"end")
    heard: list[Message] = []
    while Message(b"end", True) not in heard:
        heard += await pair.far.receive()
    assert [message.data for message in heard if message.text] == [*(b"%d" % number for number in range(20)), b"end"]
    assert {len(message.data) for message in heard if not message.text} <= {10_000}


@pytest.mark.parametrize("audio", [False, True])
async def test_who_reads_for_a_peer_waits_until_it_has_taken_enough(pair: Pair, audio: bool) -> None:
    """Or until what it did not take is taken back."""
    while_waiting = trio.Event()
    for _ in range(40):
        pair.near.send(bytes(10_000), text=False, audio=audio)

    async def wait() -> None:
        await pair.near.wait_room()
        while_waiting.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        assert not while_waiting.is_set()
        if audio:
            pair.near.drop_audio()
        else:
            pair.start_writing()
            await hear(pair.far, 40)
        with trio.fail_after(5):
            await while_waiting.wait()


async def test_closing_gets_past_a_cancelled_task(pair: Pair) -> None:
    """A session that is cancelled closes its legs one after the other: the first must let it come to the second."""
    passed = False

    async def close_cancelled() -> None:
        nonlocal passed
        with trio.CancelScope() as scope:
            scope.cancel()
            await pair.near.close(1001, "octi was stopped")
            passed = True

    async with trio.open_nursery() as nursery:
        nursery.start_soon(close_cancelled)
        _, closed = await hear_out(pair.far)
        await pair.far.close(1000, "")
    assert passed
    assert (closed.code, closed.reason) == (1001, "octi was stopped")


async def test_the_peer_was_just_heard(pair: Pair) -> None:
    pair.start_writing()
    pair.far.send(b"hello")
    await hear(pair.near, 1)
    assert trio.current_time() - 5 < pair.near.heard_at <= trio.current_time()


def test_errors_say_what_happened() -> None:
    """They end up in the session's line in the log."""
    assert str(LegClosed(1006, "left without a goodbye")) == "closed with 1006: left without a goodbye"
    assert str(LegClosed(1000, "")) == "closed with 1000"
    assert str(LegStalled(1234, 10.0)) == "took nothing for 10 s with 1234 bytes waiting"


# Pumping


async def test_what_arrives_is_handled_until_the_handler_has_enough(pair: Pair) -> None:
    """In order, a few at a time; what it did not want is there for the next one."""
    pair.start_writing()
    heard: list[Message] = []

    def handle(messages: list[Message]) -> bool:
        assert 0 < len(messages) <= BREATH
        heard.extend(messages)
        return len(heard) >= 40

    for number in range(100):
        pair.near.send(b"%d" % number)
    with trio.fail_after(5):
        await pair.far.pump(handle)
        first = len(heard)
        assert 40 <= first <= 40 + BREATH
        while len(heard) < 100:
            heard += await pair.far.receive()
    assert [message.data for message in heard] == [b"%d" % number for number in range(100)]


async def test_pumping_ends_behind_the_last_message(pair: Pair) -> None:
    pair.start_writing()
    heard: list[Message] = []

    def handle(messages: list[Message]) -> bool:
        heard.extend(messages)
        return False

    async def pump() -> None:
        with pytest.raises(LegClosed) as closed:
            await pair.far.pump(handle)
        assert (closed.value.code, closed.value.reason) == (1001, "bye")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(pump)
        await trio.testing.wait_all_tasks_blocked()
        pair.near.send(b"one")
        await trio.testing.wait_all_tasks_blocked()
        pair.near.send(b"two")
        pair.stop_writing()
        await pair.near.close(1001, "bye")
    assert [message.data for message in heard] == [b"one", b"two"]


async def test_what_a_handler_raises_is_raised(pair: Pair) -> None:
    pair.start_writing()
    pair.near.send(b"x")

    def handle(messages: list[Message]) -> bool:
        raise ValueError("a bug")

    with trio.fail_after(5), pytest.raises(ValueError, match="a bug"):
        await pair.far.pump(handle)


async def test_a_cancelled_pump_loses_nothing(pair: Pair) -> None:
    pair.start_writing()
    with trio.move_on_after(0):
        await pair.far.pump(lambda messages: False)
    pair.near.send(b"x")
    with trio.fail_after(5):
        assert await pair.far.receive() == [Message(b"x", text=True)]
