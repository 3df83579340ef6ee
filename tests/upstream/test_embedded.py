"""The embedded engine's legs, with conversations of the test's own, on virtual time."""

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.errors import CallOver, UpstreamLost
from octi.upstream.embedded import Embedded
from octi.websocket.base import Leg, LegClosed
from tests.cuts import Cut, cut_everywhere


@attrs.define(eq=False)
class Parrot:
    """Conversations that say everything back, and are counted."""

    models: list[str] = attrs.field(factory=list)
    running: int = 0

    async def converse(self, leg: Leg, model: str) -> None:
        """Until the leg is closed."""
        self.models.append(model)
        self.running += 1
        try:
            while True:
                for message in await leg.receive():
                    leg.send(message.data, text=message.text)
        except LegClosed:
            pass
        finally:
            self.running -= 1


async def test_a_leg_leads_to_a_conversation_of_its_own(autojump_clock: MockClock) -> None:
    """With the model that was asked for."""
    parrot = Parrot()
    upstream = Embedded(parrot.converse)
    assert upstream.name == "embedded"
    async with upstream.open("m-1") as one, upstream.open("m-2") as other:
        one.send(b"1")
        other.send(b"2")
        assert [(await one.receive())[0].data, (await other.receive())[0].data] == [b"1", b"2"]
        assert parrot.running == 2
    assert sorted(parrot.models) == ["m-1", "m-2"]
    assert parrot.running == 0


async def test_a_conversation_that_ended_by_itself_is_over(autojump_clock: MockClock) -> None:
    """It is not lost, so nobody begins it again."""
    with pytest.raises(CallOver):
        async with Embedded(Parrot().converse).open("m"):
            raise UpstreamLost("embedded", "closed with 1000", 1000)


@pytest.mark.parametrize("error", [UpstreamLost("p", "gone"), UpstreamLost("p", "gone", 1011), ValueError("a bug")])
async def test_the_bodys_errors_leave_bare(autojump_clock: MockClock, error: Exception) -> None:
    """There is a nursery inside, and nobody need know."""
    parrot = Parrot()

    async def use() -> None:
        async with Embedded(parrot.converse).open("m"):
            await trio.sleep(1)
            raise error

    with pytest.raises(type(error)) as caught:
        await use()
    assert caught.value is error
    assert parrot.running == 0


async def test_a_conversation_that_crashes_closes_its_leg(autojump_clock: MockClock) -> None:
    """1011, after what it had said; the session is told by the leg, and not torn down with it."""

    async def crashing(leg: Leg, model: str) -> None:
        leg.send(b"so far")
        await trio.sleep(1)
        raise ZeroDivisionError

    async with Embedded(crashing).open("m") as leg:
        await trio.sleep(2)
        assert [message.data for message in await leg.receive()] == [b"so far"]
        with pytest.raises(LegClosed) as caught:
            await leg.receive()
    assert (caught.value.code, caught.value.by_peer) == (1011, True)


async def test_a_crash_in_a_nursery_of_the_conversations_closes_its_leg(autojump_clock: MockClock) -> None:
    """A group of errors is one crash."""

    async def crashing(leg: Leg, model: str) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(boom)
            nursery.start_soon(boom)

    async def boom() -> None:
        raise ZeroDivisionError

    async with Embedded(crashing).open("m") as leg:
        with pytest.raises(LegClosed, match="1011"):
            await leg.receive()


async def test_a_conversation_that_does_not_mind_the_close_is_cancelled(autojump_clock: MockClock) -> None:
    """Leaving the leg takes no time."""

    async def stubborn(leg: Leg, model: str) -> None:
        await trio.sleep_forever()

    async with Embedded(stubborn).open("m"):
        await trio.sleep(1)
    assert trio.current_time() == 1


def test_a_cut_at_any_step_leaves_nothing_running() -> None:
    """Whatever the session was doing."""

    async def scenario(cut: Cut) -> None:
        parrot = Parrot()
        async with cut, Embedded(parrot.converse).open("m") as leg:
            leg.send(b"1")
            await leg.receive()
            await trio.sleep(1)
        assert parrot.running == 0

    assert cut_everywhere(scenario, prompt=0.0).steps > 3
