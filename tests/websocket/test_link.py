"""A WebSocket over streams in memory, against wsproto: frames whole and in order, limits, deadlines, goodbyes."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import attrs
import pytest
import trio
import trio.testing
from trio.testing import MockClock
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError

from octi.websocket import base
from octi.websocket.base import LegClosed, LegStalled
from octi.websocket.codec import Codec, Side
from octi.websocket.link import GOODBYE_S, OUTBOX_BYTES, STALL_S, Link
from octi.websocket.outbox import Outbox
from octi.websocket.transport import StreamTransport
from tests.cuts import Cut, cut_everywhere
from tests.streams import WindowStream, window_stream_pair

LIMIT = 1_000  # bytes in a message
MASK = b"\x00\x00\x00\x00"  # which changes nothing, and so shows what is sent


def server(stream: trio.abc.Stream, *, limit: int = LIMIT, bound: int = OUTBOX_BYTES) -> Link:
    """octi's end."""
    return Link(Codec(Side.SERVER, limit), StreamTransport(stream), Outbox(bound))


@attrs.define(eq=False)
class Peer:
    """The other end: a client that speaks through wsproto, does what the test says, and remembers what it heard."""

    stream: WindowStream
    heard: list[object] = attrs.field(factory=list)  # str, bytes, and wsproto's events for all else
    protocol: Connection = attrs.field(factory=lambda: Connection(ConnectionType.CLIENT))
    _begun: str | bytes | bytearray = ""

    async def say(self, *said: Event | bytes) -> None:
        """Send events, or bytes as they are."""
        for each in said:
            await self.stream.send_all(each if isinstance(each, bytes) else self.protocol.send(each))

    async def hear(self, most: int | None = None) -> bool:
        """Read once; false at the end. A close is answered, as it should be."""
        data = await self.stream.receive_some(most)
        if not data:
            return False
        self.protocol.receive_data(data)
        for event in self.protocol.events():
            self._note(event)
            if isinstance(event, CloseConnection) and self.protocol.state is ConnectionState.REMOTE_CLOSING:
                await self.say(event.response())
        return True

    async def hear_out(self) -> None:
        """Read to the end."""
        while await self.hear():
            pass

    def _note(self, event: Event) -> None:
        if isinstance(event, Message):
            self._begun = event.data if not self._begun else self._begun + event.data
            if event.message_finished:
                self.heard.append(self._begun if isinstance(self._begun, str) else bytes(self._begun))
                self._begun = ""
        else:
            self.heard.append(event)


def pair(window: int = 4096, *, limit: int = LIMIT, bound: int = OUTBOX_BYTES) -> tuple[Link, Peer]:
    near, far = window_stream_pair(window)
    return server(near, limit=limit, bound=bound), Peer(far)


async def end_of(link: Link) -> tuple[list[base.Message], LegClosed]:
    """All that comes, and how it ends."""
    messages: list[base.Message] = []
    while True:
        try:
            messages += await link.receive()
        except LegClosed as closed:
            return messages, closed


# Receiving


async def test_fragments_are_put_together() -> None:
    """Between characters or not, and with a ping between them, which is answered at once."""
    link, peer = pair()
    euro = "€".encode()
    await peer.say(
        b"\x01\x82" + MASK + euro[:2],
        Ping(b"still there?"),
        b"\x00\x80" + MASK,
        b"\x80\x81" + MASK + euro[2:],
    )
    assert await link.receive() == [base.Message(euro, text=True)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.write)
        await peer.hear()
        nursery.cancel_scope.cancel()
    assert peer.heard == [Pong(b"still there?")]


async def test_a_message_of_the_limit_passes() -> None:
    """In one frame or in several; control frames do not count."""
    link, peer = pair()
    await peer.say(BytesMessage(bytes(LIMIT)))
    await peer.say(BytesMessage(bytes(LIMIT - 1), message_finished=False), Ping(), BytesMessage(b"x"))
    messages = [*await link.receive()]
    while len(messages) < 2:
        messages += await link.receive()
    assert [len(message.data) for message in messages] == [LIMIT, LIMIT]


@pytest.mark.parametrize(
    "said",
    [
        b"\x82\xfe\x03\xe9" + MASK,  # 1001 bytes are announced, and none has come
        b"\x81\xff" + (400 << 20).to_bytes(8, "big") + MASK,
        b"\x02\xfe\x03\xe8" + MASK + bytes(LIMIT) + b"\x80\x81" + MASK + b"x",
    ],
    ids=["one byte more", "400 MiB", "in parts"],
)
async def test_a_message_over_the_limit_is_refused_before_it_comes(said: bytes, autojump_clock: MockClock) -> None:
    """1009 on the announcement: what is not taken is not kept."""
    link, peer = pair()
    await peer.say(said)
    _, closed = await end_of(link)
    assert (closed.code, closed.by_peer) == (1009, False)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.hear_out)
        await link.close(1000, "")
    assert [event.code for event in peer.heard if isinstance(event, CloseConnection)] == [1009]


async def test_a_million_empty_fragments_keep_nothing(autojump_clock: MockClock) -> None:
    """They are within every limit of bytes. What a link holds after ten thousand is what it held after one."""
    link, peer = pair(1 << 20)
    await peer.say(b"\x01\x80" + MASK + (b"\x00\x80" + MASK) * 10_000)
    with trio.move_on_after(0.1) as nothing_yet:
        await link.receive()
    assert nothing_yet.cancelled_caught
    assert sum(len(value) for value in attrs.asdict(link, recurse=False).values() if isinstance(value, list)) == 0
    await peer.say(b"\x80\x81" + MASK + b"x")
    assert await link.receive() == [base.Message(b"x", text=True)]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\x81\x01a", 1002),
        (b"\xc1\x81" + MASK + b"a", 1002),
        (b"\x91\x81" + MASK + b"a", 1002),
        (b"\x83\x80" + MASK, 1002),
        (b"\x80\x80" + MASK, 1002),
        (b"\x01\x80" + MASK + b"\x81\x80" + MASK, 1002),
        (b"\x09\x80" + MASK, 1002),
        (b"\x89\xfe\x00\x7e" + MASK + bytes(126), 1002),
        (b"\x88\x81" + MASK + b"\x03", 1002),
        (b"\x88\x82" + MASK + (1005).to_bytes(2, "big"), 1002),
        (b"\x82\xff" + b"\xff" * 8 + MASK, 1009),
        (b"\x81\x82" + MASK + b"\xff\xfe", 1007),
        (b"\x01\x81" + MASK + b"\xe2" + b"\x80\x81" + MASK + b"x", 1007),
        (b"\x88\x84" + MASK + b"\x03\xe8\xff\xfe", 1007),
    ],
    ids=[
        "not masked",
        "first reserved bit",
        "last reserved bit",
        "reserved opcode",
        "nothing to continue",
        "a message in a message",
        "a ping in parts",
        "a long ping",
        "half a close code",
        "a code not to be sent",
        "a length past all lengths",
        "not UTF-8",
        "not UTF-8 in parts",
        "a reason not UTF-8",
    ],
)
async def test_what_breaks_the_protocol_is_told_so(said: bytes, code: int, autojump_clock: MockClock) -> None:
    """A close frame with the code that RFC 6455 wants; what came before it is received, what came after is not."""
    link, peer = pair()
    await peer.say(TextMessage("before"), said, b"\x81\x85" + MASK + b"after")
    messages, closed = await end_of(link)
    assert messages == [base.Message(b"before", text=True)]
    assert (closed.code, closed.by_peer) == (code, False)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.hear_out)
        await link.close(1000, "ours does not matter any more")
    assert [event.code for event in peer.heard if isinstance(event, CloseConnection)] == [code]


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        (CloseConnection(1000, "bye"), 1000, "bye"),
        (CloseConnection(4321), 4321, ""),
        (b"\x88\x80" + MASK, 1005, ""),
        (b"\x81\x85" + MASK + b"ha", 1006, "left without a goodbye"),
        (b"", 1006, "left without a goodbye"),
    ],
    ids=["with a reason", "with a code of its own", "without a code", "in mid-word", "in silence"],
)
async def test_a_peer_that_leaves_says_how(said: Event | bytes, code: int, reason: str) -> None:
    """Its code and reason, or what RFC 6455 has us note when there are none."""
    link, peer = pair()
    await peer.say(TextMessage("hello"), said)
    await peer.stream.send_eof()
    messages, closed = await end_of(link)
    assert [message.data for message in messages] == [b"hello"]
    assert (closed.code, closed.reason, closed.by_peer) == (code, reason, True)


async def test_a_peer_that_vanishes_has_left() -> None:
    link, peer = pair()
    peer.stream.close()
    with pytest.raises(LegClosed, match="1006"):
        await link.receive()


async def test_what_came_with_the_handshake_is_received_first() -> None:
    """A client may speak before it is answered."""
    link, peer = pair()
    link.feed(b"\x81\x83" + MASK + b"one\x81\x83" + MASK + b"t")
    link.feed(b"")
    await peer.say(b"wo")
    assert [message.data for message in await link.receive()] == [b"one"]
    assert [message.data for message in await link.receive()] == [b"two"]


async def test_a_pong_is_a_sign_of_life(autojump_clock: MockClock) -> None:
    """`heard_at` moves with whatever comes."""
    link, peer = pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.write)
        nursery.start_soon(end_of, link)
        await trio.sleep(20)
        link.ping()
        await peer.hear()
        assert peer.heard == [Ping(b"")]
        assert link.heard_at == 0
        await trio.sleep(1)
        await peer.say(Pong())
        await trio.testing.wait_all_tasks_blocked()
        assert link.heard_at == 21
        nursery.cancel_scope.cancel()


# Sending


async def test_frames_leave_in_the_order_in_which_they_were_sent() -> None:
    """Whoever sent them, whatever waits, and the close frame last."""
    link, peer = pair(window=7)
    expected: list[object] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.write)
        for number in range(50):
            link.send(b"%d" % number)
            link.send(bytes(number), text=False, audio=True)
            expected += [str(number), bytes(number)]
        while len(peer.heard) < 60:
            await peer.hear(5)
        nursery.cancel_scope.cancel()
    assert peer.heard[:60] == expected[:60]


async def test_a_peer_that_reads_nothing_stalls_after_its_deadline(autojump_clock: MockClock) -> None:
    link, _ = pair(window=10)
    link.send(bytes(100))
    with pytest.raises(LegStalled) as stalled:
        await link.write()
    assert trio.current_time() == STALL_S
    assert attrs.astuple(stalled.value) == (102, STALL_S)


async def test_a_peer_that_reads_slowly_is_no_stalled_peer(autojump_clock: MockClock) -> None:
    """One chunk in nine seconds is progress, for as long as it goes on."""
    link, peer = pair(window=65_536, bound=1 << 20)
    size = 6 * 65_536
    link.send(bytes(size), text=False)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.write)
        for _ in range(6):
            await trio.sleep(9)
            await peer.hear()
        await peer.hear()
        nursery.cancel_scope.cancel()
    assert peer.heard == [bytes(size)]
    assert trio.current_time() == 54


async def test_of_many_pings_at_once_one_is_answered() -> None:
    """The newest (RFC 6455 5.5.3). A flood of them makes no flood of answers that nobody takes."""
    link, peer = pair(window=1 << 20)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.receive)
        for _ in range(100):
            await peer.say((b"\x89\x80" + MASK) * 1000)
            await trio.testing.wait_all_tasks_blocked()
        assert link.waiting_bytes <= 100 * 10  # a read of 16 KiB at most has all of them
        nursery.cancel_scope.cancel()


async def test_a_peer_that_pings_and_takes_no_answer_is_given_up() -> None:
    """Long before the answers are worth mentioning, though each ping comes alone."""
    link, peer = pair(bound=10_000)
    gone = False

    async def listen() -> None:
        nonlocal gone
        try:
            await link.receive()
        except LegStalled:
            gone = True

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        for _ in range(100):
            if not gone:
                await peer.say(b"\x89\x80" + MASK)
                await trio.testing.wait_all_tasks_blocked()
    assert gone
    assert link.waiting_bytes < 10_000


async def test_a_frame_that_was_begun_is_finished_before_audio_is_dropped() -> None:
    """The peer hears whole frames: the one that was under way, and then words."""
    link, peer = pair(window=10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.write)
        for number in range(1, 6):
            link.send(bytes([number]) * 100, text=False, audio=True)
        link.send(b"a word")
        await trio.testing.wait_all_tasks_blocked()
        link.drop_audio()
        while len(peer.heard) < 2:
            await peer.hear()
        nursery.cancel_scope.cancel()
    assert peer.heard == [b"\x01" * 100, "a word"]
    assert link.dropped_bytes == 4 * 102


async def test_a_peer_that_left_ends_the_writer() -> None:
    link, peer = pair(window=10)
    link.send(bytes(100))
    async with trio.open_nursery() as nursery:

        async def write() -> None:
            with pytest.raises(LegClosed, match="written to"):
                await link.write()

        nursery.start_soon(write)
        await trio.testing.wait_all_tasks_blocked()
        peer.stream.close()


# Closing


async def test_a_goodbye_delivers_what_was_sent_before(autojump_clock: MockClock) -> None:
    """However little the peer takes at a time."""
    link, peer = pair(window=100)
    for number in range(20):
        link.send(b"%d" % number * 50)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.hear_out)
        await link.close(1001, "going away")
    assert peer.heard == [*(str(number) * 50 for number in range(20)), CloseConnection(1001, "going away")]
    assert trio.current_time() == 0


async def test_a_goodbye_waits_for_the_answer_and_not_longer(autojump_clock: MockClock) -> None:
    """Over a transport that cannot half-close (TLS) the peer waits for us to close: its close frame is enough."""
    link, peer = pair()
    await peer.say(TextMessage("unread"), Ping(b"unread"))

    async def answer() -> None:
        await trio.sleep(1)
        while not peer.heard:
            await peer.hear()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer)
        await link.close(1000, "")
    assert trio.current_time() == 1
    assert not await peer.hear()
    assert peer.heard == [CloseConnection(1000, "")]


async def silent(peer: Peer) -> None:
    """Reads nothing and says nothing."""


async def deaf(peer: Peer) -> None:
    """Reads nothing, with the window full."""
    await peer.stream.wait_send_all_might_not_block()


async def without_manners(peer: Peer) -> None:
    """Reads, and does not answer."""
    while await peer.stream.receive_some():
        pass


async def talkative(peer: Peer) -> None:
    """Talks on and on, and reads nothing."""
    while True:
        await peer.say(TextMessage("blah" * 100))
        await trio.sleep(0.01)


async def asking(peer: Peer) -> None:
    """Pings on and on."""
    while True:
        await peer.say(Ping())
        await trio.sleep(0.01)


async def stuck(peer: Peer) -> None:
    """Has begun a frame."""
    await peer.say(b"\x82\xfe\x03\xe8" + MASK + b"x")


@pytest.mark.parametrize("manner", [silent, deaf, without_manners, talkative, asking, stuck], ids=lambda m: m.__name__)
@pytest.mark.parametrize("waiting", [0, 10_000])
async def test_no_peer_can_hold_up_a_goodbye(
    manner: Callable[[Peer], Awaitable[None]], waiting: int, autojump_clock: MockClock
) -> None:
    """Two seconds, and the stream is closed, whatever the peer does."""
    link, peer = pair(window=500)
    link.send(bytes(waiting), text=False)

    async def behave() -> None:
        with suppress(trio.BrokenResourceError):
            await manner(peer)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(behave)
        await link.close(1000, "")
        assert trio.current_time() <= GOODBYE_S
        nursery.cancel_scope.cancel()
    with pytest.raises(trio.BrokenResourceError):
        await peer.say(b"anybody there?")


async def test_a_cut_write_is_followed_by_nothing(autojump_clock: MockClock) -> None:
    """Half a frame is out. Another frame behind it would be taken for its other half: the stream is dropped at once."""
    link, peer = pair(window=50)
    link.send(b"x" * 100)
    with trio.move_on_after(1):
        await link.write()
    await link.close(1000, "never said")
    assert trio.current_time() == 1
    await peer.hear_out()
    assert peer.heard == []
    assert peer.stream.closed is False


async def test_a_goodbye_waits_for_the_message_that_is_being_written() -> None:
    """Who closes need not stop the writer first: that would cut the message, and nothing could follow it."""
    link, peer = pair(window=50)
    link.send(b"x" * 100)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.write)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(link.close, 1012, "restarting")
        await peer.hear_out()
    assert peer.heard == ["x" * 100, CloseConnection(1012, "restarting")]


async def test_a_stalled_peer_is_dropped(autojump_clock: MockClock) -> None:
    """Over a stream, what a deadline cut is torn as well."""
    link, _ = pair(window=50)
    link.send(b"x" * 100)
    with pytest.raises(LegStalled):
        await link.write()
    await link.close(1008, "too slow")
    assert trio.current_time() == STALL_S


async def test_a_peer_over_the_bound_is_dropped(autojump_clock: MockClock) -> None:
    """It would not have read the goodbye either."""
    link, _ = pair(window=50, bound=100)
    link.send(b"x" * 100)
    with pytest.raises(LegStalled):
        link.send(b"y" * 100)
    await link.close(1008, "too slow")
    assert trio.current_time() == 0


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("é" * 100, "é" * 61),
        ("x" * 200, "x" * 123),
        ("x" * 121 + "€", "x" * 121),
        ("x" * 120 + "€", "x" * 120 + "€"),
        ("a lone \udcff", "a lone ?"),
    ],
)
async def test_a_reason_is_cut_between_characters(reason: str, told: str) -> None:
    """123 bytes fit; half a character would be a protocol error of ours, and one that is none is no reason to fail."""
    link, peer = pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.hear_out)
        await link.close(1001, reason)
    assert peer.heard == [CloseConnection(1001, told)]


@pytest.mark.parametrize(
    ("code", "told"), [(1000, 1000), (4999, 4999), (1005, 1011), (1006, 1011), (1015, 1011), (0, 1011), (70_000, 1011)]
)
async def test_a_code_that_may_not_be_sent_is_an_internal_error(code: int, told: int) -> None:
    """Some codes say that none came; a session that passes one on must not fail in its goodbye."""
    link, peer = pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.hear_out)
        await link.close(code, "")
    assert peer.heard == [CloseConnection(told, "")]


async def test_the_peers_close_is_answered_once(autojump_clock: MockClock) -> None:
    """With its own code, as RFC 6455 has it; then the stream is closed, without waiting for a peer that has left."""
    link, peer = pair()
    await peer.say(CloseConnection(4001, "enough"))
    with pytest.raises(LegClosed):
        await link.receive()
    await link.close(1000, "ours")
    await link.close(1000, "ours again")
    await peer.hear_out()
    assert peer.heard == [CloseConnection(4001, "enough")]
    assert trio.current_time() == 0


async def test_who_waits_for_room_is_let_go_with_the_link() -> None:
    """Nothing will be sent any more."""
    link, peer = pair()
    link.send(bytes(1 << 20))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.wait_room)
        await trio.testing.wait_all_tasks_blocked()
        peer.stream.close()
        await link.close(1000, "")


# Cancelled anywhere


async def echo(link: Link) -> None:
    """A small session: answers each message twice, until its peer leaves or it is cancelled."""
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(link.write)
            messages, _ = await answer_all(link)
            assert messages
            nursery.cancel_scope.cancel()
    finally:
        await link.close(1001, "cut")  # noqa: ASYNC102  shielded itself


async def answer_all(link: Link) -> tuple[int, LegClosed]:
    count = 0
    while True:
        try:
            for message in await link.receive():
                link.send(message.data, text=message.text)
                link.send(b"again", text=message.text)
                count += 1
        except LegClosed as closed:
            return count, closed


def test_an_exchange_may_be_cut_anywhere() -> None:
    """The peer hears a beginning of what it should, in whole frames, and then the end. Nothing is left."""
    outcomes: set[str] = set()
    said = ["x" * 200, "y", "z" * 70]
    expected = [word for each in said for word in (each, "again")]

    async def scenario(cut: Cut) -> None:
        near, far = window_stream_pair(64)
        peer = Peer(far)
        async with trio.open_nursery() as outside:

            async def talk() -> None:
                try:
                    for word in said:
                        await peer.say(TextMessage(word))
                    while len([heard for heard in peer.heard if isinstance(heard, str)]) < len(expected):
                        if not await peer.hear(50):
                            return
                    await peer.say(CloseConnection(1000))
                except (trio.BrokenResourceError, LocalProtocolError):
                    pass  # octi was cut, or has closed
                await peer.hear_out()

            outside.start_soon(talk)
            async with cut:
                await echo(server(near))
            assert near.closed
        words = [heard for heard in peer.heard if isinstance(heard, str)]
        assert words == expected[: len(words)]
        assert words == peer.heard[: len(words)]
        ends = [event.code for event in peer.heard if isinstance(event, CloseConnection)]
        assert len(peer.heard) <= len(words) + 1
        outcomes.add(f"closed with {ends[0]}" if ends else "dropped")

    report = cut_everywhere(scenario, seeds=3, prompt=GOODBYE_S)
    assert report.runs > 150
    assert outcomes == {"closed with 1000", "closed with 1001", "dropped"}
