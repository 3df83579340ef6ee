"""What comes to a replay."""

import trio
from trio.testing import MockClock

from octi.cassette.inbox import Inbox
from octi.websocket.base import LegStalled, Message
from octi.websocket.memory import MemoryLeg, memory_legs


async def test_messages_come_in_their_order_and_then_the_end(autojump_clock: MockClock) -> None:
    """Each is noted as it comes; what came before the close can be read after it."""
    noted: list[Message] = []
    near, far = memory_legs()
    inbox = Inbox(near, noted.append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(inbox.fill)
        far.send(b"1")
        far.send(b"2", text=False)
        await trio.sleep(1)
        assert noted == [Message(b"1", True), Message(b"2", False)]
        await far.close(4000, "no")
    states = [inbox.is_over]
    assert [await inbox.wait(), await inbox.wait(), await inbox.wait()] == [*noted, None]
    assert [*states, inbox.is_over] == [False, True]
    assert str(inbox.closed) == "closed with 4000: no"


class Stuck(MemoryLeg):
    """Takes nothing."""

    async def write(self) -> None:
        """Find it out."""
        await trio.sleep(10)
        raise LegStalled(5, 10)


async def test_who_takes_nothing_is_gone(autojump_clock: MockClock) -> None:
    """As good as."""
    near, _ = memory_legs()
    inbox = Inbox(Stuck(near._leaving, near._arriving), lambda _: None)
    await inbox.drain()
    assert await inbox.wait() is None
    assert str(inbox.closed) == "closed with 1006: took nothing for 10 s with 5 bytes waiting"


async def test_who_is_gone_is_gone_with_words_unread(autojump_clock: MockClock) -> None:
    """They can still be read."""
    near, far = memory_legs()
    inbox = Inbox(near, lambda _: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(inbox.fill)
        far.send(b"1")
        nursery.start_soon(far.close, 1000, "")
        await inbox.wait_gone()
    assert await inbox.wait() == Message(b"1", True)
