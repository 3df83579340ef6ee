"""A leg on which the first words were said already, as a session hears it."""

import pytest
import trio
from trio.testing import MockClock

from octi.upstream.configure import Mail, configure
from octi.upstream.warm_leg import WarmLeg
from octi.websocket.base import BREATH, LegClosed, Message
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.upstream.lending import OTHER, USUAL

CREATED = Message(b'{"type":"session.created","session":{"id":"s"}}', True)
UPDATED = Message(b'{"type":"session.updated","session":{"id":"s","voice":"alloy"}}', True)
LATER = Message(b'{"type":"rate_limits.updated"}', True)


def configured() -> tuple[WarmLeg, MemoryLeg]:
    """A leg that was told the usual, and the provider's end."""
    near, far = memory_legs()
    return WarmLeg(near, [CREATED], USUAL.update(), [UPDATED]), far


async def test_a_session_that_wants_the_same_hears_at_once_that_it_has_it() -> None:
    """The provider is asked nothing."""
    leg, far = configured()
    with trio.fail_after(1):
        session = await configure(Mail(leg), USUAL, "p")
    assert bytes(session) == b'{"id":"s","voice":"alloy"}'
    assert far.waiting_bytes == leg.waiting_bytes == 0


async def test_new_instructions_are_passed_on() -> None:
    """They were pushed as the session began; the provider's answer to them is the one that counts."""
    leg, far = configured()
    far.send(UPDATED.data.replace(b"alloy", b"marin"))
    with trio.fail_after(1):
        assert b"marin" in bytes(await configure(Mail(leg), OTHER, "p"))
    assert [message.data for message in await far.receive()] == [OTHER.update()]


async def test_only_the_first_update_is_kept_back() -> None:
    """A client that says the same later means it."""
    leg, far = configured()
    leg.send(USUAL.update())
    leg.send(USUAL.update())
    assert [message.data for message in await far.receive()] == [USUAL.update()]


async def test_a_leg_that_was_told_nothing_passes_everything_on() -> None:
    """It only repeats that the provider is there."""
    near, far = memory_legs()
    leg = WarmLeg(near, [CREATED])
    assert await leg.receive() == [CREATED]
    leg.send(USUAL.update(), audio=True)
    assert [message.data for message in await far.receive()] == [USUAL.update()]


async def test_what_was_said_comes_before_what_comes() -> None:
    """Breath by breath, as from any leg."""
    near, far = memory_legs()
    leg = WarmLeg(near, [CREATED] * (BREATH + 1))
    far.send(LATER.data)
    heard: list[list[Message]] = []

    def handle(messages: list[Message]) -> bool:
        heard.append(messages)
        return messages == [LATER]

    await leg.pump(handle)
    assert heard == [[CREATED] * BREATH, [CREATED], [LATER]]


async def test_whoever_has_heard_enough_is_told_no_more() -> None:
    """The rest waits."""
    near, _ = memory_legs()
    leg = WarmLeg(near, [CREATED] * (BREATH + 1))
    await leg.pump(lambda messages: True)
    assert await leg.receive() == [CREATED]


async def test_all_else_is_the_legs_own(autojump_clock: MockClock) -> None:
    """Its outbox, its signs of life, its end."""
    near, far = memory_legs(bound=10)
    leg = WarmLeg(near, [])
    leg.send(b"x" * 5, audio=True)
    assert (leg.waiting_bytes, leg.has_room) == (5, True)
    leg.drop_audio()
    assert (leg.waiting_bytes, leg.dropped_bytes) == (0, 5)
    leg.ping()
    assert leg.heard_at == trio.current_time()
    await leg.wait_room()
    with trio.move_on_after(0) as writing:
        await leg.write()
    assert writing.cancelled_caught
    await leg.close(1000, "bye")
    with pytest.raises(LegClosed, match="bye"):
        await far.receive()
