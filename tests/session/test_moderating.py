"""A session whose turns are judged, with simulated providers, in memory, on virtual time."""

from base64 import b64encode
from io import StringIO
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.hook_config import HookFails, HookKeeps, HookMode, Side
from octi.hooks.base import Action, Said, Verdict
from octi.log_config import LogLevel
from octi.observe.logs import set_up_logs
from octi.realtime.passthrough import RealtimeDoor
from octi.records import DevelopmentKind
from octi.session.moderating import LAST_WORDS_S
from tests.logs import restored_logs
from tests.providers import VOICE, Legs, legs_to
from tests.session.hooking import Listening, judging
from tests.session.talks import ID, Talk, talking

SORRY = "Not that."
BLOCK = Verdict(action=Action.BLOCK, reason="weapons", say=SORRY)
STORY = """
[[turn]]
hear = "bomb"
say = "one two three four five six seven"
latency = { pace = 1.0 }
optional = true

[[turn]]
hear = "weather"
say = "It is fine."
optional = true
"""
SPOKEN = """
[[turn]]
hear = "bomb"
heard = "Tell me about a bomb."
say = "one two three four five six seven"
latency = { pace = 1.0, first_audio_ms = 100, heard_ms = HEARD }
optional = true

[[turn]]
hear = "weather"
say = "It is fine."
optional = true
"""
TELLING = """
[[turn]]
hear = "story"
say = "There was a house. In it stood a bomb. It went off. Nobody was hurt."
latency = { pace = 1.0 }
"""
BESIDE, BEFORE = HookMode.BESIDE, HookMode.BEFORE


async def say(talk: Talk, text: str) -> None:
    """Type something, through either door, and ask for an answer."""
    if "ready" in talk.client.kinds():
        talk.client.say(type="user_text", text=text)
        return
    part = {"type": "input_text", "text": text}
    talk.client.say(type="conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    talk.client.say(type="response.create", event_id="mine", response={"metadata": {"my": "answer"}})


async def begun(talk: Talk) -> None:
    """The leg is configured."""
    await trio.sleep(1)
    assert {"ready", "session.created"} & set(talk.client.kinds())


def door_of(name: str) -> RealtimeDoor | None:
    return RealtimeDoor() if name == "realtime" else None


async def verdicts(talk: Talk) -> list[dict[str, Any]]:
    """What is kept of them."""
    rows = [row for row in await talk.store.developments(ID) if row.kind is DevelopmentKind.VERDICT]
    return [msgspec.json.decode(row.body) for row in rows]


def sent(upstream: Legs) -> list[str]:
    """What octi sent after it had configured the leg, but for audio."""
    kinds = [event["type"] for event in upstream.legs[0].sent]
    return [kind for kind in kinds if kind not in {"session.update", "input_audio_buffer.append"}]


doors = pytest.mark.parametrize("door", ["octi", "realtime"])
modes = pytest.mark.parametrize("mode", [BESIDE, BEFORE])
speeds = pytest.mark.parametrize("takes_s", [0.0, 1.0])


@doors
@modes
@speeds
async def test_a_typed_turn_that_is_blocked_is_not_answered(
    autojump_clock: MockClock, door: str, mode: HookMode, takes_s: float
) -> None:
    """It is no part of the provider's conversation any more; the agent says the refusal; the next turn is answered."""
    hook = Listening({"bomb": BLOCK}, takes_s)
    async with (
        legs_to(STORY) as upstream,
        talking(upstream, door=door_of(door), judge=judging(hook, mode=mode)) as talk,
    ):
        await begun(talk)
        await say(talk, "about a bomb")
        await trio.sleep(10)
        await say(talk, "the weather")
        await trio.sleep(10)
    deleted = upstream.sent("conversation.item.delete")
    turns = await talk.stored()
    assert [turn.item for turn in turns if turn.text == "about a bomb"] == [deleted[0]["item_id"]]
    said = [turn.text for turn in turns]
    assert said[-3:] == [SORRY, "the weather", "It is fine."]
    assert said[1:-3] == (["one two three four five"] if mode is BESIDE and takes_s else [])
    assert (await verdicts(talk))[0] == {
        "item": turns[0].item,
        "side": "user",
        "action": "block",
        "by": "listening",
        "reason": "weapons",
        "failed": "",
    }


@modes
async def test_a_realtime_client_sees_a_legal_stream(autojump_clock: MockClock, mode: HookMode) -> None:
    """One answer after the other, each with its end; what was cut off is cancelled; the deletion is the provider's."""
    hook = Listening({"bomb": BLOCK}, 1.0)
    async with talking(STORY, door=RealtimeDoor(), judge=judging(hook, mode=mode)) as talk:
        await begun(talk)
        await say(talk, "about a bomb")
        await trio.sleep(10)
    kinds = [
        kind for kind in talk.client.kinds() if kind.startswith("response.") and "done" not in kind.split(".")[1:-1]
    ]
    ends = [kind for kind in kinds if kind in {"response.created", "response.done"}]
    cancelled = [event["response"]["status"] for event in talk.client.told() if event["type"] == "response.done"]
    assert cancelled == (["cancelled", "completed"] if mode is BESIDE else ["completed"])
    assert ends == ["response.created", "response.done"] * len(cancelled)
    assert "conversation.item.deleted" in talk.client.kinds()
    assert "error" not in talk.client.kinds()


async def test_who_asked_for_the_answer_knows_the_refusal_as_that(autojump_clock: MockClock) -> None:
    """Where its own request never left, its metadata is on what is said instead."""
    hook = Listening({"bomb": BLOCK})
    async with talking(STORY, door=RealtimeDoor(), judge=judging(hook, mode=BEFORE)) as talk:
        await begun(talk)
        await say(talk, "about a bomb")
        done = await talk.client.wait_kind("response.done")
    assert done["response"]["metadata"] == {"my": "answer"}


@doors
async def test_who_asked_is_told_where_nothing_is_said_instead(autojump_clock: MockClock, door: str) -> None:
    """Nobody waits for an answer that will not come."""
    hook = Listening({"bomb": Verdict(action=Action.BLOCK, say="")})
    async with (
        legs_to(STORY) as upstream,
        talking(upstream, door=door_of(door), judge=judging(hook, mode=BEFORE)) as talk,
    ):
        await begun(talk)
        await say(talk, "about a bomb")
        told = await talk.client.wait_kind("error")
        await say(talk, "the weather")
        await trio.sleep(10)
    assert "what was said is not allowed here" in msgspec.json.encode(told).decode()
    assert len(upstream.sent("response.create")) == 1
    assert (await talk.turns())[-1][1] == "It is fine."


@doors
@modes
@pytest.mark.parametrize("heard_ms", [0, 500])
async def test_a_spoken_turn_that_is_blocked_is_not_answered(
    autojump_clock: MockClock, door: str, mode: HookMode, heard_ms: int
) -> None:
    """Voice detection would have answered it. The words come at some time: before the answer, or beside it."""
    hook = Listening({"bomb": BLOCK}, 0.3)
    async with (
        legs_to(SPOKEN.replace("HEARD", str(heard_ms))) as upstream,
        talking(upstream, door=door_of(door), judge=judging(hook, mode=mode)) as talk,
    ):
        await begun(talk)
        speak(talk)
        await trio.sleep(10)
        await say(talk, "the weather")
        await trio.sleep(10)
    said = [text for _, text, _ in await talk.turns()]
    assert said[0] == "Tell me about a bomb."
    assert said[-3:] == [SORRY, "the weather", "It is fine."]
    if mode is BEFORE:
        assert len(said) == 4
        assert "response.cancel" not in sent(upstream)
        assert "interrupted" not in talk.client.kinds()


@doors
@modes
async def test_a_spoken_turn_that_is_allowed_is_answered_once(
    autojump_clock: MockClock, door: str, mode: HookMode
) -> None:
    """Also where octi asks in the place of voice detection; a Realtime client is not told of that."""
    hook = Listening({"bomb": BLOCK}, 0.3)
    fine = SPOKEN.replace("HEARD", "200").replace("bomb", "house").replace("optional = true", "", 1)
    async with (
        legs_to(fine) as upstream,
        talking(upstream, door=door_of(door), judge=judging(hook, mode=mode)) as talk,
    ):
        await begun(talk)
        speak(talk)
        await trio.sleep(10)
    assert [text for _, text, _ in await talk.turns()] == [
        "Tell me about a house.",
        "one two three four five six seven",
    ]
    assert len(upstream.sent("response.create")) == (mode is BEFORE)
    assert hook.texts()[0] == ("user", "Tell me about a house.")
    shown = [event["session"] for event in talk.client.told() if event["type"].startswith("session.")]
    assert all(session["audio"]["input"]["turn_detection"]["create_response"] for session in shown)


def speak(talk: Talk) -> None:
    """Say something aloud, through either door."""
    if "ready" in talk.client.kinds():
        talk.client.speak(VOICE)
        return
    talk.client.say(type="input_audio_buffer.append", audio=b64encode(VOICE).decode())


@doors
@modes
@speeds
async def test_a_turn_that_is_replaced_is_answered_as_it_stands_then(
    autojump_clock: MockClock, door: str, mode: HookMode, takes_s: float
) -> None:
    """The message in its place stands where it stood. Both are kept, the first with the verdict beside it."""
    hook = Listening({"bomb": Verdict(action=Action.REPLACE, text="the weather")}, takes_s)
    async with (
        legs_to(STORY) as upstream,
        talking(upstream, door=door_of(door), judge=judging(hook, mode=mode)) as talk,
    ):
        await begun(talk)
        await say(talk, "about a bomb")
        await trio.sleep(10)
    said = [text for _, text, _ in await talk.turns()]
    assert said[:2] == ["about a bomb", "the weather"]
    assert said[-1] == "It is fine."
    assert ("the weather") not in [text for _, text in hook.texts()]
    assert [verdict["action"] for verdict in await verdicts(talk)] == ["replace"]
    (created,) = [
        event for event in upstream.sent("conversation.item.create") if event["item"].get("id", "").startswith("octi_")
    ]
    assert created["previous_item_id"] == upstream.sent("conversation.item.delete")[0]["item_id"]


@doors
@modes
async def test_a_turn_that_interrupts_silences_the_agent(autojump_clock: MockClock, door: str, mode: HookMode) -> None:
    """It is not answered, and stays."""
    hook = Listening({"bomb": Verdict(action=Action.INTERRUPT)}, 1.0)
    async with (
        legs_to(STORY) as upstream,
        talking(upstream, door=door_of(door), judge=judging(hook, mode=mode)) as talk,
    ):
        await begun(talk)
        await say(talk, "about a bomb")
        await trio.sleep(10)
    said = [text for _, text, _ in await talk.turns()]
    assert said == (["about a bomb", "one two three four five"] if mode is BESIDE else ["about a bomb"])
    assert upstream.sent("conversation.item.delete") == []


@doors
@modes
async def test_a_verdict_may_end_the_session(autojump_clock: MockClock, door: str, mode: HookMode) -> None:
    """The agent says its last words, the client is told why, and is closed for good."""
    hook = Listening({"bomb": Verdict(action=Action.END, say="Goodbye then.", reason="no weapons here")})
    async with talking(STORY, door=door_of(door), judge=judging(hook, mode=mode)) as talk:
        await begun(talk)
        await say(talk, "about a bomb")
        with trio.fail_after(LAST_WORDS_S):
            record = await talk.end()
    assert (await talk.turns())[-1][1] == "Goodbye then."
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1008
    assert "no weapons here" in msgspec.json.encode(talk.client.told()[-1]).decode()
    assert (record.ended_by, record.end_reason) == ("octi", "no weapons here")


@doors
async def test_what_the_agent_should_not_say_is_cut_off_at_the_end_of_the_sentence(
    autojump_clock: MockClock, door: str
) -> None:
    """What was not heard is lost, the item is deleted, and the agent says the refusal. What was heard is kept."""
    hook = Listening({"bomb": BLOCK}, 0.2)
    async with (
        legs_to(TELLING) as upstream,
        talking(upstream, door=door_of(door), judge=judging(hook)) as talk,
    ):
        await begun(talk)
        await say(talk, "a story")
        await trio.sleep(20)
    turns = await talk.turns()
    assert turns[0] == ("user", "a story", False)
    assert turns[1][0] == "assistant"
    assert turns[1][2]
    assert turns[1][1].startswith("There was a house. In it stood a")
    assert "Nobody" not in turns[1][1]
    assert turns[2] == ("assistant", SORRY, False)
    assert len(turns) == 3
    kept = await talk.stored()
    assert [event["item_id"] for event in upstream.sent("conversation.item.delete")] == [kept[1].item]
    assert ("agent", "There was a house.") in [(side, text.strip()) for side, text in hook.texts(final=False)]


@doors
async def test_what_the_agent_says_is_replaced_by_words_that_it_says(autojump_clock: MockClock, door: str) -> None:
    """They are not judged in turn."""
    hook = Listening({"bomb": Verdict(action=Action.REPLACE, text="In it stood a bomb of flowers.")})
    async with talking(TELLING, door=door_of(door), judge=judging(hook)) as talk:
        await begun(talk)
        await say(talk, "a story")
        await trio.sleep(20)
    assert (await talk.turns())[-1] == ("assistant", "In it stood a bomb of flowers.", False)
    assert len(await verdicts(talk)) == 1


async def test_what_the_agent_wrote_is_replaced_when_it_is_whole(autojump_clock: MockClock) -> None:
    """The item gives way to another of the agent's, and nothing is cut off."""
    hook = Listening({"bomb": Verdict(action=Action.REPLACE, text="A house with flowers.")})
    async with legs_to(TELLING) as upstream, talking(upstream, door=RealtimeDoor(), judge=judging(hook)) as talk:
        await begun(talk)
        talk.client.say(type="session.update", session={"type": "realtime", "output_modalities": ["text"]})
        await say(talk, "a story")
        await trio.sleep(20)
    assert "response.cancel" not in sent(upstream)
    assert [text for _, text, _ in await talk.turns()][-1] == "A house with flowers."
    assert (await verdicts(talk))[0]["action"] == "replace"


@pytest.mark.parametrize(("fails", "answered"), [("open", True), ("closed", False)])
@modes
async def test_where_there_is_no_verdict_in_time_the_policy_holds(
    autojump_clock: MockClock, mode: HookMode, fails: str, answered: bool
) -> None:
    """A hook that takes for ever keeps nobody waiting for longer than its deadline."""
    hook = Listening({}, takes_s=3600)
    async with talking(
        STORY, judge=judging(hook, mode=mode, fails=HookFails(fails), deadline_s=0.5, says=SORRY)
    ) as talk:
        await begun(talk)
        await say(talk, "the weather")
        await trio.sleep(10)
    said = [text for _, text, _ in await talk.turns()]
    assert ("It is fine." in said) == answered
    assert (SORRY in said) == (not answered)


@pytest.mark.parametrize(("fails", "answered"), [("open", True), ("closed", False)])
async def test_a_turn_whose_words_nobody_knows_cannot_be_judged(
    autojump_clock: MockClock, fails: str, answered: bool
) -> None:
    """The transcription never comes; in the mode `before` it is waited for a while."""
    late = SPOKEN.replace("HEARD", "3600000")
    hook = Listening({})
    async with talking(late, judge=judging(hook, mode=BEFORE, fails=HookFails(fails), says=SORRY)) as talk:
        await begun(talk)
        talk.client.speak(VOICE)
        await trio.sleep(12)
        said = [text for _, text, _ in await talk.turns()]
    assert ("one two three four five six seven" in said) == answered
    assert (SORRY in said) == (not answered)
    assert ("user", "Tell me about a bomb.") not in hook.texts()


async def test_after_so_many_strikes_a_session_is_over(autojump_clock: MockClock) -> None:
    """The last refusal is still said."""
    hook = Listening({"bomb": BLOCK})
    async with talking(STORY, judge=judging(hook, mode=BEFORE, strikes=2)) as talk:
        await begun(talk)
        await say(talk, "a bomb")
        await trio.sleep(5)
        await say(talk, "another bomb")
        record = await talk.end()
    assert [text for _, text, _ in await talk.turns()].count(SORRY) == 2
    assert record.end_reason == "weapons"


async def test_only_those_are_judged_who_are_to_be(autojump_clock: MockClock) -> None:
    """Of the user's turns nobody asks, where the agent's alone are judged."""
    hook = Listening({"weather": BLOCK})
    async with talking(STORY, judge=judging(hook, who=(Side.AGENT,), mode=BEFORE)) as talk:
        await begun(talk)
        await say(talk, "the weather")
        await trio.sleep(10)
    assert hook.texts() == [("agent", "It is fine.")]
    assert (await talk.turns())[-1][1] == "It is fine."


async def test_words_of_a_blocked_turn_need_not_be_kept(autojump_clock: MockClock) -> None:
    """Nor are they before it was judged; those that are allowed are kept as soon as they are."""
    hook = Listening({"bomb": BLOCK}, 1.0)
    async with talking(STORY, judge=judging(hook, mode=BEFORE, keeps=HookKeeps.MARK, who=(Side.USER,))) as talk:
        await begun(talk)
        await say(talk, "about a bomb")
        await trio.sleep(0.5)
        assert [text for _, text, _ in await talk.turns()] == ["[not judged]"]
        await trio.sleep(10)
        await say(talk, "the weather")
        await trio.sleep(10)
    assert [text for _, text, _ in await talk.turns()] == ["[blocked]", SORRY, "the weather", "It is fine."]


async def test_nothing_said_is_logged(autojump_clock: MockClock) -> None:
    """Not by a hook that crashes over it, nor by one that is late, nor with a verdict."""

    class Breaking(Listening):
        async def judge(self, said: Said) -> Verdict:
            if "late" in said.text:
                await trio.sleep_forever()
            if "blocked" in said.text:
                return Verdict(action=Action.BLOCK, say="Nothing of Quimper.", reason="Quimper")
            raise ValueError(said.text)

    written = StringIO()
    with restored_logs():
        set_up_logs(LogLevel.DEBUG, json=True, stream=written)
        async with (
            legs_to(STORY, judge=False) as upstream,
            talking(upstream, judge=judging(Breaking({}), who=(Side.USER,))) as talk,
        ):
            await begun(talk)
            for words in ("the weather in Quimper", "late in Quimper", "blocked in Quimper"):
                await say(talk, words)
                await trio.sleep(15)
    assert [text for _, text, _ in await talk.turns()][-1] == "Nothing of Quimper."
    assert "a hook crashed" in written.getvalue()
    assert "no verdict on a turn" in written.getvalue()
    assert "turn judged" in written.getvalue()
    assert "Quimper" not in written.getvalue()
