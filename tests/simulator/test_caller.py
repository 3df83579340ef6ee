"""A caller's steps, on virtual time."""

import trio
from trio.testing import MockClock

from octi.simulator.caller import ANSWER_S, play_caller
from octi.simulator.script import CallerStep, Calls, Leaves, Says, Speaks, Vanishes, Waits, WaitsFor
from octi.simulator.stage import Stage
from tests.simulator.listening import attending, stage
from tests.simulator.talking import RESPOND, TRANSCRIBED, output_of


async def play(on: Stage, *steps: CallerStep) -> tuple[object, list[str], float]:
    """How the caller left, what it waited for in vain, and how long it took."""
    notes: list[str] = []
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(on.run)
        left = await play_caller(steps, on, notes.append)
        nursery.cancel_scope.cancel()
    return left, notes, trio.current_time() - began


def said(on: Stage) -> list[str]:
    return [line["text"] for line in on.conversation.transcript()]


async def test_a_caller_waits_for_each_answer(autojump_clock: MockClock) -> None:
    """And stays on the line at the end."""
    on = stage(Speaks("One."), Speaks("Two."))
    assert await play(on, Says("First"), Says("Second")) == (None, [], 0.0)
    assert said(on) == ["First", "One.", "Second", "Two."]


async def test_an_impatient_caller_interrupts(autojump_clock: MockClock) -> None:
    """The answer that was cut off is not taken for the answer to the next turn."""
    on = stage(Speaks("One."), Speaks("Two."), pace_s=1.0)
    _, notes, took = await play(on, Says("First", then_wait="nothing"), Waits(1.5), Says("Second"))
    assert notes == []
    assert said(on) == ["First", "One.", "Second", "Two."]
    assert on.conversation.answered == 2
    assert took == 3.0


async def test_a_function_call_is_no_answer(autojump_clock: MockClock) -> None:
    """The caller waits for what comes after it."""
    on = stage(Calls("look_up", {}), Speaks("Found."))
    async with attending(on) as (sideband, _), trio.open_nursery() as nursery:

        async def look_up() -> None:
            call = await sideband.until("response.function_call_arguments.done")
            await sideband.until("response.done")
            sideband.ask(output_of(call["call_id"]))
            sideband.ask(RESPOND)

        nursery.start_soon(look_up)
        assert await play(on, Says("Look it up")) == (None, [], 0.0)
    assert said(on) == ["Look it up", "Found."]


async def test_a_caller_whom_nobody_answers_goes_on(autojump_clock: MockClock) -> None:
    """After a while; and that is noted."""
    on = stage(Calls("look_up", {}))
    _, notes, took = await play(on, Says("Look it up"), Says("Hello?"))
    assert (notes, took) == ([f"caller[0]: no answer within {ANSWER_S:g} s"], ANSWER_S)


async def test_each_update_can_be_waited_for(autojump_clock: MockClock) -> None:
    """One that came before the step began counts as well, but only once."""
    on = stage()
    async with attending(on) as (sideband, _):
        sideband.ask(TRANSCRIBED)
        await sideband.until("session.updated")
        step = WaitsFor("session.update", within_s=3.0)
        _, notes, took = await play(on, WaitsFor("sideband"), step, step)
    assert (notes, took) == (["caller[2]: no session.update within 3 s"], 3.0)


async def test_a_caller_leaves_in_two_ways(autojump_clock: MockClock) -> None:
    """What comes behind is not played."""
    assert (await play(stage(), Waits(2.0), Leaves(leave=True), Says("Hello")))[0] == Leaves(leave=True)
    assert (await play(stage(), Vanishes(leave_silent=True)))[0] == Vanishes(leave_silent=True)
