"""The agent's hang-up, on virtual time."""

import pytest
import trio
from trio.testing import MockClock

from octi.engine.base import HangUp, Say
from octi.engine.leaving import LAG_S, Leaving
from octi.websocket.memory import memory_legs
from tests.engine.fakes import RESPOND, FakeBrain, closed, conversation, update, voice

LONG = Say("One two three four five six seven eight nine ten.")  # 4 s


async def test_without_a_plan_nobody_leaves(autojump_clock: MockClock) -> None:
    """However often the agent was heard to the end."""
    leaving = Leaving(memory_legs()[1])
    leaving.when_heard(0.0)
    with trio.move_on_after(1000) as patience:
        await leaving.keep()
    assert patience.cancelled_caught


async def test_the_leg_is_closed_when_the_agent_was_heard(autojump_clock: MockClock) -> None:
    """With its code; a loudspeaker is a little behind."""
    near, far = memory_legs()
    leaving = Leaving(far)
    leaving.plan(4001)
    leaving.when_heard(trio.current_time() + 3)
    began = trio.current_time()
    await leaving.keep()
    assert trio.current_time() - began == pytest.approx(3 + LAG_S)
    end = await closed(near)
    assert (end.code, end.reason) == (4001, "the agent hangs up")


@pytest.mark.parametrize("early", [False, True])
async def test_a_conversation_ends_behind_its_last_answer(autojump_clock: MockClock, early: bool) -> None:
    """When that was heard; or at once, if the user speaks over it."""
    async with conversation(brain=FakeBrain([[HangUp(), LONG]])) as client:
        client.send(RESPOND)
        await client.answered()
        began = trio.current_time()
        if early:
            await trio.sleep(1)
            client.send(voice())
        assert (await closed(client.leg)).code == 1000
        assert trio.current_time() - began == pytest.approx((1 if early else 4) + LAG_S, abs=0.01)


async def test_what_is_said_meanwhile_is_still_answered(autojump_clock: MockClock) -> None:
    """And the end waits for that answer."""
    async with conversation(brain=FakeBrain([[HangUp(), Say("Bye.")], [1.0, LONG]])) as client:
        client.send(RESPOND)
        await client.answered()
        client.send(RESPOND)
        await client.answered()
        began = trio.current_time()
        await closed(client.leg)
        assert trio.current_time() - began == pytest.approx(4 + LAG_S, abs=0.01)


async def test_a_brain_speaks_up_when_nobody_speaks(autojump_clock: MockClock) -> None:
    """From the session's update on, in its own time, and again; no empty turn stands for it."""
    brain = FakeBrain([[Say("Hello?")], [Say("Hello?")]], silence_s=2.0)
    async with conversation(brain=brain) as client:
        assert await client.pass_time(60) == []
        client.send(update(instructions="Be kind."))
        began = trio.current_time()
        for heard_s in (0.0, 0.4):
            kinds = [event["type"] for event in await client.until("response.created")]
            assert "input_audio_buffer.timeout_triggered" not in kinds
            assert trio.current_time() - began == pytest.approx(heard_s + 2.0, abs=0.01)
            await client.answered()
            began = trio.current_time()
        assert [prompt.occasion for prompt in brain.prompts] == ["silence", "silence"]
        assert [prompt.quiet_s for prompt in brain.prompts] == pytest.approx([62.0, 2.0], abs=0.01)


async def test_a_brain_does_not_speak_up_while_the_user_speaks(autojump_clock: MockClock) -> None:
    """Silence begins anew behind the answer."""
    brain = FakeBrain(silence_s=2.0)
    async with conversation(brain=brain) as client:
        client.send(update(instructions="Be kind."), voice())
        await client.pass_time(60)
        assert brain.prompts == []


async def test_an_answer_out_of_band_is_an_aside(autojump_clock: MockClock) -> None:
    """The brain is told that the conversation goes on without it."""
    brain = FakeBrain()
    async with conversation(brain=brain) as client:
        client.send({**RESPOND, "response": {"conversation": "none"}})
        await client.answered()
        assert [prompt.occasion for prompt in brain.prompts] == ["aside"]
