"""Calls, on virtual time."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.simulator.calls import Calls, CallState
from octi.simulator.ids import Ids
from octi.simulator.opening import Opening
from octi.simulator.reading import read_text
from octi.simulator.script import CallerStep, Leaves, Says, Script, Vanishes
from octi.simulator.stages import Stages
from tests.simulator.listening import attending
from tests.simulator.talking import update

OPENING = Opening("m", 0.0)
UPDATE = update(instructions="Be kind.")


def calls(nursery: trio.Nursery, *caller: CallerStep) -> Calls:
    script, ids = Script(caller=caller), Ids()
    return Calls(nursery, script, ids, Stages(script, ids, 0.0))


async def test_a_call_is_found_by_whoever_made_it(autojump_clock: MockClock) -> None:
    """Anybody may end it, nobody else may listen."""
    async with trio.open_nursery() as nursery:
        all_calls = calls(nursery)
        call = all_calls.open(OPENING, "sk-1")
        assert call.id == "rtc_sim_1"
        assert all_calls.find("rtc_sim_1") is call
        assert all_calls.find_for("rtc_sim_1", "sk-1") is call
        assert all_calls.find_for("rtc_sim_1", "ek_sim_1") is None
        assert all_calls.find("rtc_sim_2") is None
        assert "sk-1" not in repr(call)
        call.end("hang-up")


async def test_hanging_up_dismisses_the_sidebands(autojump_clock: MockClock) -> None:
    """With 1000; the call is not found any more, and can be read about."""
    async with trio.open_nursery() as nursery:
        all_calls = calls(nursery)
        call = all_calls.open(OPENING, "")
        async with attending(call.stage) as (sideband, _):
            await wait_all_tasks_blocked()
            call.end("hang-up")
            call.end("caller")
            assert (await sideband.end())[1].code == 1000
        assert all_calls.find(call.id) is None
        (told,) = all_calls.wire()
        assert (told["state"], told["ended_by"], told["sidebands"]) == ("over", "hang-up", 0)


async def test_a_caller_who_leaves_ends_the_call(autojump_clock: MockClock) -> None:
    """After the words that were under way."""
    async with trio.open_nursery() as nursery:
        all_calls = calls(nursery, Says("Hello"), Leaves(leave=True))
        call = all_calls.open(OPENING, "")
        async with attending(call.stage) as (sideband, _):
            told, closed = await sideband.end()
        assert (told[-1], closed.code) == ("output_audio_buffer.stopped", 1000)
        assert (call.state, call.ended_by) == (CallState.OVER, "caller")
        assert [line["role"] for line in call.wire()["transcript"]] == ["user", "assistant"]


async def test_a_caller_who_vanishes_is_missed_by_nobody(autojump_clock: MockClock) -> None:
    """The call stays, and can be hung up."""
    async with trio.open_nursery() as nursery:
        all_calls = calls(nursery, Vanishes(leave_silent=True))
        call = all_calls.open(OPENING, "")
        await wait_all_tasks_blocked()
        assert (all_calls.find(call.id), call.state) == (call, CallState.LEFT)
        call.end("hang-up")
        assert call.ended_by == "hang-up"


async def test_the_agent_of_a_scenario_hangs_up(autojump_clock: MockClock) -> None:
    """The call is over; so it is when its time is up."""
    script = read_text('limit_s = 9\n[[turn]]\nhear = "bye"\nsay = "Bye."\nhang_up = true\n[[caller]]\nsay = "Bye!"\n')
    async with trio.open_nursery() as nursery:
        ids = Ids()
        stages = Stages(script, ids, 0.0)
        call = Calls(nursery, script, ids, stages).open(OPENING, "")
        await trio.sleep(1)
        assert (call.state, call.ended_by) == (CallState.OVER, "agent")
        silent = Calls(nursery, Script(scenario=script.scenario), ids, stages).open(OPENING, "")
        await trio.sleep(30)
        assert (silent.state, silent.ended_by) == (CallState.OVER, "limit")
    report = stages.report()
    assert report
    assert [[trouble.kind for trouble in session.troubles] for session in report.sessions] == [[], ["late", "never"]]


@pytest.mark.parametrize(
    ("turn", "code", "by"),
    [
        ("hang_up = 4000", 4000, "agent"),
        ('faults = [{ kind = "session_end" }]', 1001, "provider"),
        ('[[faults]]\nkind = "session_end"\non = "session.updated"', 1001, "provider"),
        ("", 1001, "limit"),
    ],
)
async def test_a_sideband_is_told_why_the_call_ends(turn: str, code: int, by: str, autojump_clock: MockClock) -> None:
    """With the scenario's code, whoever else would say goodbye."""
    script = read_text(f'limit_s = 9\n[[turn]]\nsay = "Hi."\n{turn}\n[[caller]]\nsay = "Hello"\n')
    async with trio.open_nursery() as nursery:
        ids = Ids()
        call = Calls(nursery, script, ids, Stages(script, ids, 0.0)).open(OPENING, "")
        async with attending(call.stage) as (sideband, _):
            sideband.ask(UPDATE)
            assert (await sideband.end())[1].code == code
        await wait_all_tasks_blocked()
        assert (call.state, call.ended_by) == (CallState.OVER, by)
