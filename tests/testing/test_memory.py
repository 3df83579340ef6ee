"""A provider in memory."""

import time

import pytest
import trio
from trio.testing import MockClock

from octi.testing import ScenarioFailed, in_memory
from tests.simulator.talking import RESPOND, typed
from tests.testing.talking import Talker

BOOKING = """
name = "booking"
seed = 7
latency = { first_audio_ms = 400, jitter_ms = 80, pace = 1.0 }

[[turn]]
name = "wish"
hear = "book|table"
say = "One moment."
call = { name = "find_table", arguments = { people = 2 } }

[[turn]]
on = "find_table"
say = "There is one at eight. Shall I book it?"
then = "yes"

  [[turn.branch]]
  when = { tables = 0 }
  say = "There is none."
  then = "end"

[[turn]]
name = "yes"
words = ["yes"]
say = "Booked. Goodbye."
hang_up = true
"""


async def test_a_scenario_is_played_to_its_end(autojump_clock: MockClock) -> None:
    """Heard, called, given an output, answered, hung up."""
    with trio.fail_after(60):
        async with in_memory(BOOKING) as provider, provider.open() as leg:
            talker = Talker(leg)
            wish = (await talker.say("I want to book a table, please!"))["response"]
            assert [item["type"] for item in wish["output"]] == ["message", "function_call"]
            assert wish["output"][1]["arguments"] == '{"people":2}'
            offer = await talker.give(wish["output"][1]["call_id"], '{"tables": 1}')
            assert "at eight" in str(offer)
            await talker.say("Yes.")
            assert (await talker.end()).code == 1000
    report = provider.report()
    assert report
    assert [step.state for step in report.sessions[0].steps] == ["played"] * 3
    assert report.passed


async def test_a_branch_is_taken_by_a_functions_output(autojump_clock: MockClock) -> None:
    """And what it leaves out is not asked for."""
    async with in_memory(BOOKING) as provider, provider.open() as leg:
        talker = Talker(leg)
        wish = await talker.say("a table")
        answer = await talker.give(wish["response"]["output"][1]["call_id"], '{"tables": 0}')
        assert "There is none." in str(answer)


async def test_a_client_that_stops_half_way_fails_its_test(autojump_clock: MockClock) -> None:
    """The failure says what it never did."""
    with pytest.raises(ScenarioFailed, match="turn 2: the client has never given the output of find_table") as failed:
        async with in_memory(BOOKING) as provider, provider.open() as leg:
            await Talker(leg).say("a table")
    assert [trouble.kind for trouble in failed.value.report.sessions[0].troubles] == ["never"]


async def test_three_minutes_take_less_than_a_second(autojump_clock: MockClock) -> None:
    """Both ends on virtual time: nobody waits for anything."""
    turns = "".join(f'[[turn]]\nsay = "{" ".join(["word"] * 40)}"\nlatency = {{ pace = 1.0 }}\n' for _ in range(22))
    began, took = time.monotonic(), trio.current_time()
    async with in_memory("name = 'long'\n" + turns) as provider, provider.open() as leg:
        talker = Talker(leg)
        for _ in range(22):
            talker.ask(RESPOND)
            await talker.until("response.done")
    assert trio.current_time() - took >= 170
    assert time.monotonic() - began < 1


async def test_what_the_block_raises_comes_out_bare(autojump_clock: MockClock) -> None:
    """And no verdict covers it."""
    with pytest.raises(KeyError):
        async with in_memory(BOOKING):
            raise KeyError


async def test_its_port_speaks_http_in_memory(autojump_clock: MockClock) -> None:
    """A stream as any client's."""
    async with in_memory(BOOKING, judge=False) as provider:
        stream = provider.connect()
        await stream.send_all(b"GET /_simulator/report HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while more := await stream.receive_some():
            answer += more
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"passed": false' in answer


async def test_the_same_seed_gives_the_same_bytes(autojump_clock: MockClock) -> None:
    """With jitter, paced."""

    async def once() -> list[bytes]:
        async with in_memory(BOOKING, judge=False) as provider, provider.open() as leg:
            talker = Talker(leg)
            await talker.say("a table")
            talker.ask(typed("What?"), RESPOND)
            await talker.until("response.done")
            return talker.lines

    assert await once() == await once()
