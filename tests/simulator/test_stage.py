"""A conversation in time, with listeners in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock

from octi.simulator.script import Fault, Says, Speaks
from octi.simulator.stage import DROPPED, Listening
from octi.websocket.base import Leg, LegStalled
from octi.websocket.link import LOW_WATER_BYTES
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.simulator.listening import attending, stage
from tests.simulator.talking import TRANSCRIBED


async def test_everybody_hears_the_conversation_from_when_they_came() -> None:
    """And nothing of before; nobody is greeted."""
    on = stage(Speaks("Good morning."))
    on.tell(on.conversation.hear(Says("Hello")))
    async with trio.open_nursery() as nursery, attending(on) as (one, _), attending(on) as (other, _):
        nursery.start_soon(on.run)
        for sideband in (one, other):
            assert (await sideband.until("response.done"))["response"]["status"] == "completed"
            assert "input_audio_buffer.speech_started" not in [event["type"] for event in sideband.heard]
        nursery.cancel_scope.cancel()


async def test_an_update_is_told_to_everybody_and_an_error_to_its_sender() -> None:
    """Both are counted."""
    on = stage()
    async with attending(on) as (one, _), attending(on) as (other, _):
        one.ask({"type": "nope"})
        assert (await one.until("error"))["error"]["code"] == "invalid_value"
        one.ask(TRANSCRIBED)
        await one.until("session.updated")
        await other.until("session.updated")
        assert other.heard == []
        assert on.asked == {"sideband": 2, "session.update": 1, "refused": 1}


class Deaf(MemoryLeg):
    """A client's leg whose peer takes nothing."""

    async def write(self) -> None:
        """Give up after ten seconds, as a link does."""
        await trio.sleep(10)
        raise LegStalled(1000, 10)


@asynccontextmanager
async def relaying(leg: Leg, fault: Fault | None = None) -> AsyncIterator[tuple[Listening, Leg]]:
    """Somebody whose words are passed on to somebody else: both, and the latter's end. It ends by itself, soon."""
    near, far = memory_legs()
    listener = Listening(leg, fault)
    with trio.fail_after(60):
        async with trio.open_nursery() as writing:
            writing.start_soon(listener.write)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(listener.relay, near)
                yield listener, far
            writing.cancel_scope.cancel()


async def test_what_is_said_is_passed_on_both_ways(autojump_clock: MockClock) -> None:
    """Until the client leaves."""
    client, leg = memory_legs()
    async with relaying(leg) as (listener, far):
        client.send(b"to")
        assert [message.data for message in await far.receive()] == [b"to"]
        far.send(b"fro")
        assert [message.data for message in await client.receive()] == [b"fro"]
        await client.close(4000, "I leave")
    assert (listener.goodbye, listener.dismissed) == ((1000, ""), False)


async def test_who_answers_may_leave_as_well(autojump_clock: MockClock) -> None:
    """The client is dismissed as they have it, behind their last word."""
    client, leg = memory_legs()
    async with relaying(leg) as (listener, far):
        far.send(b"Goodbye.")
        await far.close(4001, "no more")
    assert listener.goodbye == (4001, "no more")
    assert [message.data for message in await client.receive()] == [b"Goodbye."]


async def test_a_client_that_takes_nothing_is_dismissed(autojump_clock: MockClock) -> None:
    """Whoever answers it waits for room all the while."""
    client, leg = memory_legs()
    async with relaying(Deaf(leg._leaving, leg._arriving)) as (listener, far):
        for _ in range(4):
            far.send(bytes(LOW_WATER_BYTES))
            await trio.sleep(0.1)
    assert listener.goodbye == (1008, "took nothing for 10 s with 1000 bytes waiting")
    assert len(await client.receive()) < 4


async def test_a_fault_cuts_off_who_is_answered_by_others(autojump_clock: MockClock) -> None:
    """After so many messages."""
    client, leg = memory_legs()
    async with relaying(leg, Fault("/v1/realtime", after_events=2, close=1006)) as (listener, far):
        for word in (b"1", b"2", b"3"):
            far.send(word)
    assert listener.goodbye[0] == DROPPED
    assert [message.data for message in await client.receive()] == [b"1", b"2"]


async def test_beats_are_paced(autojump_clock: MockClock) -> None:
    """Seconds between two words."""
    on = stage(Speaks("One two three."), pace_s=1.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(on.run)
        on.tell(on.conversation.hear(Says("Count")))
        began = trio.current_time()
        await on.wait_answered(0)
        assert trio.current_time() - began == 4.0  # three words and an end
        nursery.cancel_scope.cancel()


async def test_a_fault_cuts_a_listener_off_and_the_conversation_lives_on() -> None:
    """After so many events; others hear the rest."""
    on = stage(Speaks("Good morning."))
    fault = Fault("/v1/realtime", after_events=3, close=1011)
    async with trio.open_nursery() as nursery, attending(on) as (one, _), attending(on, fault) as (other, _):
        nursery.start_soon(on.run)
        on.tell(on.conversation.hear(Says("Hello")))
        told, closed = await other.end()
        assert (len(told), closed.code) == (3, 1011)
        await one.until("response.done")
        assert len(on.listening) == 1
        nursery.cancel_scope.cancel()


async def test_a_listener_that_is_cut_off_at_once_hears_nothing() -> None:
    """`after_events` 0."""
    on = stage()
    async with attending(on, Fault("/v1/realtime", after_events=0, close=4000)) as (one, _):
        told, closed = await one.end()
        assert (told, closed.code) == ([], 4000)


async def test_a_listener_that_leaves_is_forgotten() -> None:
    """The others hear on."""
    on = stage()
    async with attending(on) as (one, _):
        async with attending(on) as (other, _):
            await other.leg.close(1000, "")
        assert len(on.listening) == 1
        one.ask(TRANSCRIBED)
        await one.until("session.updated")
