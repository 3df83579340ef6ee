"""How a session ends when octi stops, on virtual time: told, its turn finished, closed."""

import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.realtime.passthrough import RealtimeDoor
from octi.session.door import Door
from octi.session.draining import ARRIVES_S, LAST_TURN
from octi.session.live import LiveSessions
from tests.providers import MORNING, SPEECH, VOICE
from tests.session.talks import Talk, talking

STORY = """
[[turn]]
hear = "story"
say = "one two three four five six"
latency = { pace = 1.0 }
optional = true

[[turn]]
hear = "again"
say = "seven"
optional = true
"""
TOLD = {"type": "error", "message": LAST_TURN}
LATE_WORDS = f"""
latency = {{ heard_ms = 1000 }}
{MORNING}
"""


def begin(talk: Talk) -> None:
    """Ask for the story, through the OCTI door."""
    talk.client.say(type="user_text", text="story")


async def type_to(talk: Talk, text: str) -> None:
    """The same through the Realtime door."""
    part = {"type": "input_text", "text": text}
    talk.client.say(type="conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    talk.client.say(type="response.create")
    await talk.client.wait_kind("response.created")


def code(talk: Talk) -> int:
    assert talk.client.closed is not None
    return talk.client.closed.code


@pytest.mark.parametrize("door", [None, RealtimeDoor()], ids=["octi", "realtime"])
async def test_who_says_nothing_is_told_and_closed_at_once(autojump_clock: MockClock, door: Door | None) -> None:
    """There is nothing to wait for but what may be on its way just now."""
    async with talking(MORNING, door=door) as talk:
        await talk.client.wait_kind("session.created" if door else "ready")
        await trio.sleep(5)
        before = trio.current_time()
        talk.draining.set()
        await talk.end()
        assert trio.current_time() == before + ARRIVES_S
    assert "octi is restarting" in msgspec.json.encode(talk.client.told()[-1]).decode()
    assert code(talk) == 1012


async def test_what_was_said_a_moment_ago_counts(autojump_clock: MockClock) -> None:
    """It was on its way when octi was told to stop; nobody could know."""
    async with talking(STORY) as talk:
        await talk.client.wait_kind("ready")
        talk.draining.set()
        await trio.sleep(ARRIVES_S - 0.01)
        begin(talk)
        await talk.end()
    assert await talk.turns() == [("user", "story", False), ("assistant", "one two three four five six", False)]


async def test_an_answer_is_finished_and_heard_first(autojump_clock: MockClock) -> None:
    """The client is told at once, hears all of it, gets its final words, and is not told twice."""
    async with talking(STORY) as talk:
        await talk.client.wait_kind("ready")
        begin(talk)
        await talk.client.wait_kind("transcript_delta")
        talk.draining.set()
        await trio.sleep(0.1)
        assert TOLD in talk.client.told()
        await talk.end()
    last = [message for message in talk.client.told() if message["type"] != "transcript_delta"]
    assert last[-3:] == [
        TOLD,
        {"type": "bot_audio_end"},
        {"type": "transcript", "text": "one two three four five six"},
    ]
    assert await talk.turns() == [("user", "story", False), ("assistant", "one two three four five six", False)]
    assert code(talk) == 1012


async def test_a_realtime_client_is_told_behind_its_answer(autojump_clock: MockClock) -> None:
    """Its protocol has no message for it but an error, and some clients hang up on one."""
    async with talking(STORY, door=RealtimeDoor()) as talk:
        await talk.client.wait_kind("session.created")
        await type_to(talk, "story")
        talk.draining.set()
        await talk.end()
    kinds = talk.client.kinds()
    assert kinds[-1] == "error"
    assert kinds.count("error") == 1
    assert "response.done" in kinds
    assert talk.client.told()[-1]["error"]["code"] == "restarting"
    assert await talk.turns() == [("user", "story", False), ("assistant", "one two three four five six", False)]
    assert code(talk) == 1012


async def test_it_is_given_the_time_that_it_takes_to_play(autojump_clock: MockClock) -> None:
    """The provider is done with it long before the user has heard it."""
    async with talking(STORY.replace("pace = 1.0", "pace = 50"), door=RealtimeDoor()) as talk:
        await talk.client.wait_kind("session.created")
        await type_to(talk, "story")
        began = trio.current_time()
        await talk.client.wait_kind("response.done")
        assert trio.current_time() < began + 0.5
        talk.draining.set()
        await talk.end()
        assert trio.current_time() > began + 6 * 0.2


async def test_who_is_speaking_is_heard_out_and_answered(autojump_clock: MockClock) -> None:
    """The half of a sentence that octi has heard is not thrown away."""
    async with talking(MORNING) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(SPEECH)
        await talk.client.wait_kind("user_speech_started")
        talk.draining.set()
        await talk.client.wait_kind("error")
        talk.client.speak(VOICE)
        await talk.end()
    assert await talk.turns() == [("user", "Hello?", False), ("assistant", "Good morning.", False)]
    assert code(talk) == 1012


async def test_words_that_come_late_are_waited_for(autojump_clock: MockClock) -> None:
    """The answer is short, and what it answers is written down behind it."""
    async with talking(LATE_WORDS) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(VOICE)
        await talk.client.wait_kind("bot_audio_end")
        talk.draining.set()
        await talk.end()
    assert await talk.turns() == [("user", "Hello?", False), ("assistant", "Good morning.", False)]


async def test_a_turn_that_begins_meanwhile_is_finished_as_well(autojump_clock: MockClock) -> None:
    """Who answers the agent's last words is not cut off, as long as there is time."""
    async with talking(STORY) as talk:
        await talk.client.wait_kind("ready")
        begin(talk)
        await talk.client.wait_kind("bot_audio_end")
        talk.draining.set()
        await trio.sleep(0.1)
        talk.client.say(type="user_text", text="again")
        await talk.end()
    assert (await talk.turns())[-1] == ("assistant", "seven", False)


async def test_nobody_is_waited_for_when_octi_is_in_a_hurry(autojump_clock: MockClock) -> None:
    """Neither for the answer under way, nor where it never comes. What was heard is kept."""
    live = LiveSessions()
    async with talking(STORY, live=live) as talk:
        await talk.client.wait_kind("ready")
        begin(talk)
        await talk.client.wait_kind("transcript_delta", 3)
        talk.draining.set()
        await trio.sleep(0.3)
        hurried = trio.current_time()
        live.hurrying.set()
        await talk.end()
        assert trio.current_time() == hurried
    user, answer = await talk.turns()
    assert user == ("user", "story", False)
    assert answer[1].startswith("one two")
    assert answer[2], "it was interrupted"
    assert (live.cut, code(talk)) == (1, 1012)


async def test_a_session_that_was_let_finish_was_not_cut(autojump_clock: MockClock) -> None:
    """The log says how many were."""
    live = LiveSessions()
    async with talking(STORY, live=live) as talk:
        await talk.client.wait_kind("ready")
        begin(talk)
        await talk.client.wait_kind("transcript_delta")
        live.draining.set()
        await talk.end()
    assert live.cut == 0


async def test_a_session_that_begins_in_a_hurry_ends_at_once(autojump_clock: MockClock) -> None:
    """It was let in a moment before octi was told to stop."""
    live = LiveSessions()
    live.draining.set()
    live.hurrying.set()
    async with talking(MORNING, live=live) as talk:
        await talk.end()
    assert code(talk) == 1012


async def test_a_slow_client_gets_the_end_of_its_answer(autojump_clock: MockClock) -> None:
    """It is behind by more than it takes to play."""
    live = LiveSessions()
    async with talking(STORY, live=live, deaf=True) as talk:
        begin(talk)
        await trio.sleep(60)
        live.draining.set()
        await trio.sleep(60)
        assert not talk.ended.is_set(), "it took nothing yet"
        await talk.client.listen()
        await talk.end()
    assert "transcript" in talk.client.kinds()
    assert code(talk) == 1012
