"""A conversation in time, with listeners in memory."""

import trio
from trio.testing import MockClock

from octi.simulator.script import Fault, Says, Speaks
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
