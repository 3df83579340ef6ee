"""What a session does about words that never come, and about an answer's sound that never reached its client."""

from functools import partial
from typing import Any

import trio
from trio.testing import MockClock

from octi.realtime.late_words import ANSWER_S, PATIENCE_S
from octi.realtime.passthrough import RealtimeDoor
from octi.records import Transcription, UsageKind
from tests.fakes import MemoryUpstream, Peer, agent_turn, greet, say, user_turn, wait_for
from tests.session.talks import ID, Talk, talking

RETRIEVED = "conversation.item.retrieved"


async def speak_without_words(peer: Peer) -> None:
    await greet(peer)
    await say(peer, user_turn("u", "")[:5])


def with_words(transcript: str | None) -> dict[str, Any]:
    content = [{"type": "input_audio", "transcript": transcript}]
    return {"type": RETRIEVED, "item": {"id": "u", "type": "message", "role": "user", "content": content}}


async def answers_with(transcript: str | None, peer: Peer) -> None:
    """A provider that never says what it heard, unless it is asked."""
    await speak_without_words(peer)
    asked = await wait_for(peer, "conversation.item.retrieve")
    assert asked == {"type": asked["type"], "event_id": "octi_words_1", "item_id": "u"}
    await say(peer, [with_words(transcript)], agent_turn("a", "Go on."))
    await trio.sleep_forever()


async def turn_of(talk: Talk) -> tuple[str, Transcription | None]:
    turn = (await talk.stored())[0]
    return turn.text, turn.transcription


async def test_words_that_never_came_are_asked_for(autojump_clock: MockClock) -> None:
    """The turn is stored at once, and again with its words; the client sees nothing of octi's asking."""
    async with talking(MemoryUpstream([partial(answers_with, "Hello?")]), door=RealtimeDoor()) as talk:
        await talk.client.wait_kind("conversation.item.done")
        await trio.sleep(1)
        assert await turn_of(talk) == ("", Transcription.AWAITED)
        await talk.client.wait_kind("response.done")
        assert RETRIEVED not in talk.client.kinds()
    assert await turn_of(talk) == ("Hello?", Transcription.DONE)


async def test_words_that_nobody_knows_are_missing_and_the_session_goes_on(autojump_clock: MockClock) -> None:
    """octi asks once."""
    async with talking(MemoryUpstream([partial(answers_with, None)]), door=RealtimeDoor()) as talk:
        await talk.client.wait_kind("response.done")
        await trio.sleep(2 * PATIENCE_S)
        assert await turn_of(talk) == ("", Transcription.MISSING)


async def test_a_provider_that_does_not_answer_holds_up_nobody(autojump_clock: MockClock) -> None:
    """Nor a provider that refuses: the refusal is octi's own, and no client's."""

    async def refuses(peer: Peer) -> None:
        await speak_without_words(peer)
        asked = await wait_for(peer, "conversation.item.retrieve")
        await peer.send({"type": "error", "error": {"message": "No.", "event_id": asked["event_id"]}})
        await trio.sleep_forever()

    async def is_silent(peer: Peer) -> None:
        await speak_without_words(peer)
        await wait_for(peer, "nothing")

    for script in (refuses, is_silent):
        async with talking(MemoryUpstream([script]), door=RealtimeDoor()) as talk:
            await talk.client.wait_kind("conversation.item.done")
            await trio.sleep(PATIENCE_S + ANSWER_S + 1)
            assert await turn_of(talk) == ("", Transcription.MISSING)
            assert not {"error", RETRIEVED} & set(talk.client.kinds())


async def test_a_client_gets_the_item_that_it_asks_for_itself(autojump_clock: MockClock) -> None:
    """Strict SDKs retrieve items after a transcription or a truncation."""

    async def answers_the_client(peer: Peer) -> None:
        await speak_without_words(peer)
        await wait_for(peer, "conversation.item.retrieve")
        await say(peer, [with_words("Hello?")])
        await trio.sleep_forever()

    async with talking(MemoryUpstream([answers_the_client]), door=RealtimeDoor()) as talk:
        await talk.client.wait_kind("conversation.item.done")
        talk.client.say(type="conversation.item.retrieve", item_id="u")
        await talk.client.wait_kind(RETRIEVED)
    assert await turn_of(talk) == ("Hello?", Transcription.DONE)


async def test_a_client_that_took_none_of_an_answer_has_heard_none(autojump_clock: MockClock) -> None:
    """What waited for it when it left is kept as generated."""

    async def speaks_at_length(peer: Peer) -> None:
        await greet(peer)
        await say(peer, agent_turn("a", "One two three."))
        await trio.sleep_forever()

    async with talking(MemoryUpstream([speaks_at_length]), deaf=True) as talk:
        await trio.sleep(1)
    (turn,) = await talk.stored()
    assert (turn.text, turn.sent, turn.generated, turn.interrupted) == ("", None, "One two three.", True)


async def test_what_a_response_used_is_kept_with_the_session(autojump_clock: MockClock) -> None:
    """One record for each, besides the session's sum; and calls with what they were answered."""

    async def calls(peer: Peer) -> None:
        await greet(peer)
        call = {"id": "f", "type": "function_call", "name": "look", "call_id": "c", "arguments": "{}"}
        output = {"id": "o", "type": "function_call_output", "call_id": "c", "output": "blue"}
        for item in (call, output):
            await say(peer, [{"type": f"conversation.item.{kind}", "item": item} for kind in ("added", "done")])
        done = {"id": "r", "status": "completed", "output": [call], "usage": {"total_tokens": 3}}
        await say(peer, user_turn("u", "Hello?"), [{"type": "response.done", "response": done}])
        await trio.sleep_forever()

    async with talking(MemoryUpstream([calls]), door=RealtimeDoor()) as talk:
        await talk.client.wait_kind("response.done")
    (call,) = await talk.store.function_calls(ID)
    assert (call.name, call.output, call.response, call.called_at) == ("look", "blue", "r", 2.0)
    used = [(record.kind, record.id, record.usage, record.counted_at) for record in await talk.store.usages(ID)]
    assert used == [
        (UsageKind.RESPONSE, "r", '{"total_tokens":3}', 2.0),
        (UsageKind.TRANSCRIPTION, "u", "{}", 2.0),
    ]
