"""Scenarios as a brain of the embedded engine, on virtual time, with scripted ears and voices."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from structlog.types import EventDict
from trio.testing import MockClock

from octi.engine.base import Called, Line
from octi.errors import BadMessage
from octi.simulator.brain import ELSEWHERE, asked, by_scenario, read_scenario
from tests.engine.fakes import (
    RESPOND,
    Client,
    FakeSpeech,
    closed,
    conversation,
    only,
    silence,
    typed,
    update,
    voice,
)
from tests.engine.test_base import PROMPT
from tests.engine.wire import Event

BOOKING = """
name = "booking"
otherwise = "Pardon?"
within_s = 3

[[turn]]
name = "wish"
hear = "book|table"
heard = "not what was said"
say = "One moment. I look."
call = { name = "find_table", arguments = { people = 2 } }

[[turn]]
on = "find_table"
say = "There is one at eight. Shall I book it?"
  [[turn.branch]]
  when = { tables = 0 }
  say = "There is none left."
  then = "end"

[[turn]]
words = ["yes"]
say = "It is booked. Goodbye."
hang_up = true

[[turn]]
hear = "never"
"""


@asynccontextmanager
async def playing(scenario: str, *heard: str) -> AsyncIterator[tuple[Client, FakeSpeech, list[EventDict]]]:
    """A conversation with a brain that goes by a scenario, whose ears hear this; what was logged stands at its end."""
    brain = by_scenario(read_scenario(scenario.encode(), "booking.toml"))
    speech = FakeSpeech(list(heard))
    with capture_logs() as lines:
        async with conversation(speech, choose=lambda model: brain) as client:
            yield client, speech, lines


async def said(client: Client) -> Event:
    """Speak a turn; the response to it."""
    client.send(voice(), silence())
    done: Event = only(await client.answered(), "response.done")["response"]
    return done


async def found(client: Client, response: Mapping[str, Any], tables: int) -> None:
    """The function's output, and the response to it."""
    call_id = next(item["call_id"] for item in response["output"] if item["type"] == "function_call")
    item = {"type": "function_call_output", "call_id": call_id, "output": f'{{"tables": {tables}}}'}
    client.send({"type": "conversation.item.create", "item": item}, RESPOND)
    await client.answered()


def words(response: Mapping[str, Any]) -> list[str]:
    return [item["content"][0]["transcript"] for item in response["output"] if item["type"] == "message"]


async def test_turns_are_answered_by_what_was_really_said(autojump_clock: MockClock) -> None:
    """Sentence by sentence and by voice, until the agent hangs up; the turns behind are not asked for."""
    async with playing(BOOKING, "I'd like to book a table.", "Oh yes!") as (client, speech, lines):
        response = await said(client)
        assert words(response) == ["One moment. I look."]
        await found(client, response, 1)
        await said(client)
        assert [text for text, _, _ in speech.said][-2:] == ["It is booked.", "Goodbye."]
        assert (await closed(client.leg)).code == 1000
    (line,) = lines
    assert (line["event"], line["scenario"], line["turns_played"], line["findings"]) == (
        "scenario passed",
        "booking",
        3,
        {},
    )


async def test_a_branch_is_taken_by_a_functions_output(autojump_clock: MockClock) -> None:
    """And may end the scenario; what is said behind that is unexpected."""
    async with playing(BOOKING, "A table, please.", "Yes.") as (client, speech, lines):
        await found(client, await said(client), 0)
        assert speech.said[-1][0] == "There is none left."
        assert words(await said(client)) == ["Pardon?"]
    assert (lines[0]["event"], lines[0]["findings"]) == ("scenario failed", {"unexpected": 1})
    assert lines[0]["first"] == "unexpected at end"


async def test_what_no_turn_waits_for_is_answered_and_counted(autojump_clock: MockClock) -> None:
    """The verdict has nobody's words, as logs never do; and the scenario goes on where it was."""
    async with playing(BOOKING, "My card is 1234.", "A table.") as (client, _, lines):
        assert words(await said(client)) == ["Pardon?"]
        assert words(await said(client)) == ["One moment. I look."]
    assert lines[0]["findings"] == {"unexpected": 1, "never": 1}
    assert lines[0]["first"] == "unexpected at turn 1 (wish)"
    assert "1234" not in str(lines)


async def test_words_of_items_count_once_by_voice_or_typed(autojump_clock: MockClock) -> None:
    """What was answered is no news; a second line that says the same is."""
    scenario = '[[turn]]\nhear = "yes"\nsay = "One."\n[[turn]]\nhear = "^yes$"\nsay = "Two."'
    async with playing(scenario, "Yes.") as (client, speech, _):
        await said(client)
        client.send(typed("Yes"), RESPOND)
        await client.answered()
        client.send(RESPOND)
        await client.answered()
    assert [text for text, _, _ in speech.said] == ["One.", "Two.", "I did not expect that."]


@pytest.mark.parametrize(("pause_s", "findings"), [(2, {"never": 1}), (4, {"late": 1, "never": 1})])
async def test_a_turn_may_take_so_long_from_the_end_of_the_voice(
    autojump_clock: MockClock, pause_s: float, findings: dict[str, int]
) -> None:
    """As it was heard, not as it was sent; the user's own speech counts."""
    turns = ('hear = "a"\nsay = "1 2 3 4 5 6 7 8 9 10."', 'hear = "b"\nwithin_s = 3', 'hear = "c"')
    scenario = "\n".join(f"[[turn]]\n{turn}" for turn in turns)
    async with playing(scenario, "A.", "B.") as (client, _, lines):
        await said(client)
        await client.pass_time(4 + pause_s)
        await said(client)
    assert lines[0]["findings"] == findings


async def test_the_agent_speaks_up_when_nobody_speaks(autojump_clock: MockClock) -> None:
    """It may have the first word, behind the session's update."""
    scenario = '[[turn]]\nsilence_s = 4\nsay = "Hello?"\n[[turn]]\nhear = ""\nsay = "Ah."'
    async with playing(scenario, "Me.") as (client, _, lines):
        client.send(update(instructions="x"))
        began = trio.current_time()
        await client.until("response.created")
        assert trio.current_time() - began == pytest.approx(4, abs=0.01)
        await client.answered()
        await client.pass_time(60)
        assert words(await said(client)) == ["Ah."]
    assert lines[0]["findings"] == {"late": 1}  # by within_s, whose default is 30


async def test_what_is_asked_out_of_band_moves_nothing(autojump_clock: MockClock) -> None:
    """It has the scenario's `otherwise`."""
    async with playing('[[turn]]\nhear = "a"\nsay = "A."', "A.") as (client, _, lines):
        client.send({**RESPOND, "response": {"conversation": "none"}})
        response = only(await client.answered(), "response.done")["response"]
        assert words(response) == ["I did not expect that."]
        assert words(await said(client)) == ["A."]
    assert lines[0]["event"] == "scenario passed"


async def test_each_session_begins_at_the_first_turn_and_has_its_verdict(autojump_clock: MockClock) -> None:
    """By the session's id, as the client reads it; one that took longer than the scenario's limit was late."""
    brain = by_scenario(read_scenario(b'limit_s = 5\n[[turn]]\nhear = "a"', "s.toml"))
    ids = []
    with capture_logs() as lines:
        for seconds in (1, 6):
            async with conversation(choose=lambda model: brain) as client:
                client.send(update(instructions="x"))
                ids.append((await client.next("session.updated"))["session"]["id"])
                client.send(typed("a"), RESPOND)
                await client.answered()
                await trio.sleep(seconds)
    assert [line["engine_session"] for line in lines] == ids
    assert [line["findings"] for line in lines] == [{}, {"late": 1}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[turn]]\nsya = "x"', "s.toml:2: turn[0].sya: unknown field; did you mean `say`?"),
        ('[[turn]]\nhear = "x"\n\n[[expect]]\nsend = "response.cancel"', f"s.toml:4: expect[0]: {ELSEWHERE}"),
        ('network = "4g"\n[[turn]]', f"s.toml:1: network: {ELSEWHERE}"),
        ("[latency]\npace = 1\n[[turn]]", f"s.toml:1: latency: {ELSEWHERE}"),
        ('[[turn]]\n[[faults]]\nkind = "stall"', f"s.toml:2: faults[0]: {ELSEWHERE}"),
        ('[[turn]]\n[[faults]]\npath = "/v1/responses"', f"s.toml:2: faults[0]: {ELSEWHERE}"),
        ('[[turn]]\n[[caller]]\nsay = "Hi"', f"s.toml:2: caller[0]: {ELSEWHERE}"),
        ('[[agent]]\nsay = "Hi"', f"s.toml:1: agent[0]: {ELSEWHERE}"),
        ('[[turn]]\n[[turn]]\nfaults = [{ kind = "stall" }]', f"s.toml:3: turn[1].faults: {ELSEWHERE}"),
        (
            '[[turn]]\n[[turn.branch]]\nhear = "x"\nlatency = { pace = 1 }',
            f"s.toml:4: turn[0].branch[0].latency: {ELSEWHERE}",
        ),
        ("seed = 3", "s.toml:1: has no turns: write one `[[turn]]` for each thing that the agent waits for"),
    ],
)
def test_what_needs_a_wire_is_refused_with_its_line(text: str, said: str) -> None:
    """And with who can play it."""
    with pytest.raises(BadMessage) as caught:
        read_scenario(text.encode(), "s.toml")
    assert str(caught.value) == said


def test_what_was_not_understood_was_not_said() -> None:
    """Nor is what others say; functions have given what they gave."""
    history = (Line("user", " ", "i1"), Line("system", "x", "i2"), Line("user", "Hi.", "i3"), Line("assistant", "Ho."))
    news = asked(attrs.evolve(PROMPT, history=(*history, Called("c1", "f", {}), Called("c2", "g", {}, ""))))
    assert [(turn.item, turn.text) for turn in news.turns] == [("i3", "Hi.")]
    assert [called.call_id for called in news.outputs] == ["c2"]
