"""The second origin's WebSocket protocol, `/ws/realtime`: what it had, and what octi adds to it."""

import wave

import pytest
import trio
from trio_websocket import ConnectionRejected

from tests.origins.conftest import client_of
from tests.origins.processes import ROOT, Node
from tests.origins.talking import BINARY, Provider, Talker, noise, ready, silence, talking

PUSH_TO_TALK = "?turn_detection=none"


def speech(node: Node) -> tuple[bytes, str]:
    """Somebody who speaks, and a word of it. The simulated provider takes whatever is loud for its script's words."""
    if node.simulator:
        return noise(600), "anna"
    with wave.open(str(ROOT / "tests/audio/synth-en-hibari-weather.wav")) as file:
        return file.readframes(file.getnframes()), "weather"


async def send_audio(talker: Talker, pcm: bytes) -> None:
    """In chunks, as a microphone gives them."""
    for start in range(0, len(pcm), 4800):
        await talker.send(pcm[start : start + 4800])


# Beginning


async def test_the_agent_is_ready_before_anything_else(node: Node) -> None:
    """And says so once; that the conversation begins needs no answer."""
    async with talking(node) as talker:
        assert await talker.next() == {"type": "ready"}
        await talker.say("start_conversation")
        talker.forget()
        await talker.quiet()


@pytest.mark.parametrize("offered", [[], ["realtime"], ["realtime", "openai-insecure-api-key.sk-anything"]])
async def test_no_subprotocol_is_needed(node: Node, offered: list[str]) -> None:
    """Of those that are offered `realtime` is taken; the key is never repeated."""
    async with ready(node, offered=offered) as talker:
        assert talker.socket.subprotocol == ("realtime" if offered else None)


async def test_there_are_no_other_sockets(node: Node) -> None:
    """404, with where they are."""
    with pytest.raises(ConnectionRejected) as refused:
        async with talking(node, "/ws/elsewhere"):
            pass
    assert refused.value.status_code == 404
    assert b"/ws/realtime" in (refused.value.body or b"")


# Typing, and what the agent answers


async def test_a_typed_message_is_answered_aloud(voiced_node: Node) -> None:
    """Its words as it speaks, its voice as PCM16, the end of that; its final words once they were heard."""
    async with ready(voiced_node) as talker:
        await talker.say("user_text", text="Hello")
        await talker.until("transcript")
        assert set(talker.kinds) == {"transcript_delta", BINARY, "bot_audio_end", "transcript"}
        assert talker.kinds.count("bot_audio_end") == talker.kinds.count("transcript") == 1
        assert talker.kinds[-2:] == ["bot_audio_end", "transcript"]
        words = "".join(each["text"] for each in talker.of("transcript_delta"))
        assert words.strip() == talker.of("transcript")[0]["text"]
        voice = b"".join(each["data"] for each in talker.of(BINARY))
        assert len(voice) % 2 == 0
        assert any(voice)


async def test_every_message_but_audio_is_json_with_a_type(voiced_node: Node) -> None:
    """Texts are texts."""
    async with ready(voiced_node) as talker:
        await talker.say("user_text", text="Hello")
        await talker.until("bot_audio_end")
        for message in talker.heard:
            assert message["type"] == BINARY or set(message) <= {"type", "text"}
            assert isinstance(message.get("text", ""), str)


# Speaking, with voice activity detection


async def test_what_is_said_is_heard_written_down_and_answered(voiced_node: Node) -> None:
    """The user's own words are told too, live and final."""
    pcm, word = speech(voiced_node)
    async with ready(voiced_node) as talker:
        await send_audio(talker, pcm + silence(1200))
        await talker.until("bot_audio_end")
        if not talker.of("user_transcript"):
            await talker.until("user_transcript")
        kinds = talker.kinds
        assert kinds.index("user_speech_started") < kinds.index("user_speech_stopped") < kinds.index("transcript_delta")
        assert word in talker.of("user_transcript")[0]["text"].lower()
        assert talker.of("user_transcript_delta")
        assert talker.of("error") == []


async def test_the_end_of_speech_changes_nothing_while_octi_listens_for_it(provided_node: Node) -> None:
    """The turn is over when the user falls silent, and it is answered once."""
    async with ready(provided_node) as talker:
        await send_audio(talker, noise(600))
        await talker.say("user_audio_end")
        await talker.until("user_speech_started")
        talker.forget()
        await talker.quiet()
        await send_audio(talker, silence(1200))
        await talker.until("bot_audio_end")
        assert talker.kinds.count("bot_audio_end") == 1
        assert talker.of("error") == []


# Speaking, by push-to-talk


@pytest.mark.parametrize("done", ["user_audio_end", "user_audio_commit"])
async def test_who_says_when_his_turn_is_over_is_answered_then(voiced_node: Node, done: str) -> None:
    """Without voice activity detection; both messages do that."""
    pcm, word = speech(voiced_node)
    async with ready(voiced_node, PUSH_TO_TALK) as talker:
        await send_audio(talker, pcm)
        await talker.say(done)
        await talker.until("bot_audio_end")
        if not talker.of("user_transcript"):
            await talker.until("user_transcript")
        assert word in talker.of("user_transcript")[0]["text"].lower()
        assert talker.of("error") == []
        assert talker.of("user_speech_started") == []


@pytest.mark.parametrize("done", ["user_audio_end", "user_audio_commit"])
async def test_a_turn_of_less_than_a_tenth_of_a_second_is_none(node: Node, done: str) -> None:
    """It is refused with an error, and the conversation goes on."""
    async with ready(node, PUSH_TO_TALK) as talker:
        await talker.say(done)
        assert "100 ms" in (await talker.until("error"))["message"]
        await talker.send(noise(50))
        await talker.say(done)
        assert "50 ms" in (await talker.until("error"))["message"]
        await talker.say("user_text", text="Hello")
        await talker.until("transcript_delta")


async def test_what_was_cleared_was_not_said(node: Node) -> None:
    """There is nothing left to commit."""
    async with ready(node, PUSH_TO_TALK) as talker:
        await talker.send(noise(500))
        await talker.say("user_audio_clear")
        await talker.say("user_audio_commit")
        assert "0 ms" in (await talker.until("error"))["message"]


async def test_chunks_of_less_than_a_hundred_bytes_are_ignored(node: Node) -> None:
    """However many: they are not a turn. One of a hundred bytes counts."""
    async with ready(node, PUSH_TO_TALK) as talker:
        for _ in range(100):
            await talker.send(noise(500)[:98])
        await talker.say("user_audio_commit")
        assert " 0 ms" in (await talker.until("error"))["message"]
        for _ in range(48):
            await talker.send(noise(500)[:100])
        await talker.say("user_audio_commit")
        await talker.until("transcript_delta")


# Interrupting


async def interrupted(talker: Talker, heard: float | None) -> str:
    """The agent's words, of an answer that was cut off when so much of it had been heard; None: octi shall know."""
    await talker.say("user_text", text="Hello")
    await talker.until("bot_audio_end")
    sent_ms = sum(len(each["data"]) for each in talker.of(BINARY)) / 48
    await talker.say("interrupt", **({} if heard is None else {"played_ms": round(sent_ms * heard)}))
    await talker.until("interrupted")
    return str((await talker.until("transcript"))["text"])


async def test_the_agent_can_be_cut_off(voiced_node: Node) -> None:
    """The client is told to throw its queue away; what counts as said is what was heard."""
    async with ready(voiced_node) as talker:
        assert await interrupted(talker, heard=0.5) != ""
        said = "".join(each["text"] for each in talker.of("transcript_delta"))
        heard = talker.of("transcript")[0]["text"]
        assert said.startswith(heard)
        assert len(heard) < len(said)
        talker.forget()
        await talker.say("user_text", text="Go on")
        await talker.until("bot_audio_end")


async def test_the_time_that_was_heard_may_be_left_out(voiced_node: Node) -> None:
    """octi takes the time since the answer's first sound."""
    async with ready(voiced_node) as talker:
        heard = await interrupted(talker, heard=None)
        said = "".join(each["text"] for each in talker.of("transcript_delta"))
        assert said.startswith(heard)
        assert len(heard) < len(said)


async def test_nobody_is_cut_off_who_says_nothing(node: Node) -> None:
    """That is no mistake."""
    async with ready(node) as talker:
        await talker.say("interrupt", played_ms=100)
        await talker.say("interrupt")
        await talker.quiet()


async def test_typing_interrupts_the_agent(voiced_node: Node) -> None:
    """And the new message is answered."""
    async with ready(voiced_node) as talker:
        await talker.say("user_text", text="Hello")
        await talker.until("bot_audio_end")
        await talker.say("user_text", text="Wait")
        await talker.until("interrupted")
        await talker.until("transcript")
        await talker.until("bot_audio_end")


# Beginning anew


async def test_a_reset_is_a_fresh_conversation(node: Node) -> None:
    """`ready` comes again, and the agent answers."""
    async with ready(node) as talker:
        await talker.say("user_text", text="My name is Anna.")
        await talker.until("transcript_delta")
        await talker.say("reset_session")
        await talker.until("ready")
        talker.forget()
        await talker.say("user_text", text="What is my name?")
        await talker.until("bot_audio_end")
        assert "Anna" not in "".join(each["text"] for each in talker.of("transcript_delta"))
        assert talker.of("error") == []


async def test_a_reset_is_another_session_at_the_provider(provided_node: Node, provider: Provider) -> None:
    """The old one is left."""
    async with ready(provided_node, "?model=reset-once") as talker:
        await talker.say("reset_session")
        await talker.until("ready")
    asked = [each for each in await provider.requests("/v1/realtime") if each["query"].get("model") == "reset-once"]
    assert [(each["authorised"], each["status"]) for each in asked] == [(True, 101)] * 2


# What is not understood


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "sing"}',
        '{"type": "user_text"}',
        '{"type": "user_text", "text": ""}',
        '{"type": "user_text", "text": 7}',
        '{"type": "interrupt", "played_ms": "some"}',
        '{"type": "interrupt", "played_ms": -1}',
        '{"text": "no type"}',
        '{"type": 5}',
        "[]",
        "null",
        "{",
        "hello",
        "",
    ],
)
async def test_a_message_that_is_not_understood_is_an_error_and_nothing_else(node: Node, message: str) -> None:
    """Its text says why; the conversation goes on."""
    async with ready(node) as talker:
        await talker.send(message)
        error = await talker.until("error")
        assert set(error) == {"type", "message"}
        assert error["message"]
        assert talker.kinds == ["error"]
        await talker.say("user_text", text="Hello")
        await talker.until("transcript_delta")


# The session behind it


async def test_a_conversation_is_kept(node: Node) -> None:
    """Both sides, in their order, and who ended it."""
    line = f"Hello from {trio.current_time()}"
    async with ready(node) as talker:
        await talker.say("user_text", text=line)
        await talker.until("bot_audio_end")
    async with client_of(node.base) as http:
        with trio.fail_after(10):
            while True:
                for session in (await http.get("/sessions", params={"limit": 20, "state": "ended"})).json()["sessions"]:
                    turns = (await http.get(f"/sessions/{session['id']}/transcript")).json()["turns"]
                    if turns and turns[0]["text"] == line:
                        assert [turn["role"] for turn in turns] == ["user", "assistant"]
                        assert (session["door"], session["endedBy"]) == ("octi", "client")
                        return
                await trio.sleep(0.05)


# The provider's troubles: the models are those of the simulated provider's script


async def test_a_lost_provider_is_found_again(provided_node: Node) -> None:
    """The client is told by an `error`, then by another `ready`; then the agent answers."""
    async with ready(provided_node, "?model=is-lost-once") as talker:
        await talker.say("user_text", text="Hello")
        await talker.until("error")
        await talker.until("ready")
        await talker.say("user_text", text="Hello again")
        await talker.until("bot_audio_end")


async def test_a_provider_at_its_limit_is_asked_again_when_it_said(provided_node: Node) -> None:
    """Until then the client is told."""
    began = trio.current_time()
    async with talking(provided_node, "/ws/realtime?model=is-busy-once") as talker:
        await talker.until("ready")
        assert "again" in talker.of("error")[0]["message"]
        assert trio.current_time() - began >= 1


@pytest.mark.parametrize("model", ["is-forbidden", "is-unknown"])
async def test_a_provider_that_refuses_ends_it(provided_node: Node, model: str) -> None:
    """An `error` with its words, close 1011."""
    async with talking(provided_node, f"/ws/realtime?model={model}") as talker:
        assert await talker.close_code() == 1011
        assert talker.kinds == ["error"]
        assert "The simulator's script says so" in talker.heard[0]["message"]
