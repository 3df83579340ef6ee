"""octi/websocket/link.py with a limited flow: who sends too much is not read for a while; floods end."""

import pytest
import trio
from trio.testing import MockClock
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from octi.errors import RateLimited
from octi.guard.flow import flow_for
from octi.guard.limits import PerSession
from octi.websocket.base import LegClosed
from octi.websocket.link import Link
from tests.cuts import Cut, cut_everywhere
from tests.streams import window_stream_pair
from tests.websocket.test_link import Peer, server

EMPTY_PING = b"\x89\x80\x00\x00\x00\x00"
EMPTY_PART = b"\x00\x80\x00\x00\x00\x00"
BEGUN = b"\x01\x80\x00\x00\x00\x00"


def limited(rule: PerSession, window: int = 65_536) -> tuple[Peer, Link]:
    near, far = window_stream_pair(window)
    link = server(far, limit=1 << 20)
    link.flow = flow_for(rule, lambda refusal: None)
    return Peer(near), link


async def received(link: Link, count: int) -> int:
    """So many messages, at least."""
    have = 0
    while have < count:
        have += len(await link.receive())
    return have


async def test_a_burst_is_read_at_once_and_what_follows_at_the_rate(autojump_clock: MockClock) -> None:
    """Nothing is lost: by TCP the client waits."""
    peer, link = limited(PerSession(messages_per_second=10, messages_burst=20), window=100)

    async def speak() -> None:
        for _ in range(100):
            await peer.say(BytesMessage(b"sound"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(speak)
        at_once = await received(link, 20)
        assert trio.current_time() == 0
        assert at_once + await received(link, 100 - at_once) == 100
    assert 7 <= trio.current_time() <= 8


async def test_a_client_that_is_held_back_says_goodbye_and_is_heard(autojump_clock: MockClock) -> None:
    """When its time has come."""
    peer, link = limited(PerSession(messages_per_second=1, messages_burst=1))
    for _ in range(4):
        await peer.say(TextMessage("one"))
    assert len(await link.receive()) == 4
    await peer.say(CloseConnection(1000, "bye"))
    with pytest.raises(LegClosed, match="bye"):
        await link.receive()
    assert trio.current_time() == 3


async def test_bytes_are_counted_as_they_come_over_the_wire(autojump_clock: MockClock) -> None:
    """One large message is taken whole, and paid for afterwards."""
    peer, link = limited(PerSession(bytes_per_second=1000, bytes_burst=1000), window=1 << 20)
    await peer.say(BytesMessage(b"\x01" * 5000))
    assert len((await link.receive())[0].data) == 5000
    await peer.say(BytesMessage(b"\x01"))
    await link.receive()
    assert 4 <= trio.current_time() <= 4.1


@pytest.mark.parametrize("frame", [EMPTY_PING, EMPTY_PART])
async def test_what_is_no_message_counts_as_one(autojump_clock: MockClock, frame: bytes) -> None:
    """Pings, and empty parts of messages: a million of them would keep octi busy, and never be received as one."""
    peer, link = limited(PerSession(messages_per_second=100, messages_burst=100), window=1 << 20)

    async def flood() -> None:
        await peer.say(BEGUN)
        while True:
            await peer.say(frame * 100)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(flood)
        with pytest.raises(RateLimited, match=r"per_session\.messages_per_second"):
            await link.receive()
        assert 10 < trio.current_time() < 60
        nursery.cancel_scope.cancel()


async def test_of_many_pings_the_newest_is_answered(autojump_clock: MockClock) -> None:
    """As RFC 6455 (5.5.3) allows: an answer to each would be a flood of octi's own."""
    peer, link = limited(PerSession(messages_per_second=1000))
    for number in range(50):
        await peer.say(Ping(b"%d" % number))
    await peer.say(TextMessage("done"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.write)
        await link.receive()
        await peer.hear()
        nursery.cancel_scope.cancel()
    assert [event.payload for event in peer.heard if isinstance(event, Pong)] == [b"49"]


async def test_too_many_bad_messages_end_a_client(autojump_clock: MockClock) -> None:
    """Each was answered by an error; the next that it says is not heard."""
    peer, link = limited(PerSession(bad_messages_per_minute=3))
    for _ in range(4):
        await peer.say(TextMessage("{"))
        await link.receive()
        link.send(b'{"type":"error","message":"not JSON"}')
    await peer.say(TextMessage("{"))
    with pytest.raises(RateLimited, match=r"per_session\.bad_messages_per_minute"):
        await link.receive()


async def test_without_a_flow_nobody_is_held_back(autojump_clock: MockClock) -> None:
    """A provider's leg has none."""
    near, far = window_stream_pair(1 << 20)
    peer, link = Peer(near), server(far)
    for _ in range(1000):
        await peer.say(TextMessage("a"))
    assert await received(link, 1000) == 1000
    assert trio.current_time() == 0


def test_a_client_that_is_held_back_can_be_let_go_at_any_moment() -> None:
    """Wherever whoever reads is cancelled, what comes later is read."""

    async def scenario(cut: Cut) -> None:
        peer, link = limited(PerSession(messages_per_second=1, messages_burst=1))
        async with cut:
            for _ in range(3):
                await peer.say(TextMessage("before"))
            await received(link, 3)
            await peer.say(TextMessage("held"))
            await link.receive()
        await peer.say(TextMessage("after"))
        while (await link.receive())[-1].data != b"after":
            pass

    assert cut_everywhere(scenario).steps > 3
