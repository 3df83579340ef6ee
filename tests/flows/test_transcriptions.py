"""Sessions that only transcribe, over octi to a simulated provider that has them: their whole conversation.

The provider is `octi simulate --brain`, with words that are known beforehand in place of a recogniser's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import trio

from octi.engine.server import Engine
from octi.simulator.script import Script
from octi.simulator.server import open_simulator
from tests.engine.fakes import CLEAR, COMMIT, NOON, FakeBrain, FakeSpeech, always, silence, voice
from tests.engine.wire import Event
from tests.flows.parties import Octi, Words, octi_here, provider_env
from tests.simulator.clients import KEY, Client

SOON_S = 30.0
PIECES = ("response.", "rate_limits.", "conversation.item.created")
WORDS = "conversation.item.input_audio_transcription."
BY_HAND: Event = {"audio": {"input": {"turn_detection": None}}}


def change(**session: Any) -> Event:
    return {"type": "session.update", "session": {"type": "transcription", **session}}


@asynccontextmanager
async def transcribing(*words: str) -> AsyncIterator[tuple[Octi, Client, FakeSpeech]]:
    """octi, its provider, and what the provider hears with."""
    speech = FakeSpeech([*words])
    engine = Engine(speech, always(FakeBrain()), lambda: NOON)
    with trio.fail_after(SOON_S):
        async with (
            open_simulator(Script(), key=KEY, converse=engine.converse, transcribe=engine.transcribe) as simulator,
            httpx2.AsyncClient(trust_env=False) as http,
            octi_here(provider_env(simulator.url)) as octi,
        ):
            yield octi, Client(simulator, http), speech


async def kept(octi: Octi) -> tuple[Event, list[str]]:
    """The only session, once it is over, and what was said in it."""
    (session,) = (await octi.get("/sessions"))["sessions"]
    shown = await octi.state(session["id"], "ended")
    turns = (await octi.get(f"/sessions/{session['id']}/transcript"))["turns"]
    assert {turn["role"] for turn in turns} <= {"user"}
    return shown, [turn["text"] for turn in turns]


def check_quiet(events: list[Event]) -> None:
    """Nobody answers, and nothing is counted."""
    assert [event["type"] for event in events if event["type"].startswith(PIECES)] == []
    assert [event for event in events if event["type"] == "error"] == []


async def greeted(client: Words) -> Event:
    """The session as it begins."""
    created = await client.next()
    assert (created["type"], created["session"]["type"]) == ("session.created", "transcription")
    assert created["session"]["object"] == "realtime.transcription_session"
    assert "voice" not in str(created["session"])
    return created


async def test_what_is_said_is_written_down_turn_by_turn() -> None:
    """Voice detection tells the turns; words come in pieces and whole; nobody answers; all of it is kept."""
    async with transcribing("How do you do?", "Well, goodbye.") as (octi, provider, _):
        async with octi.socket("/v1/realtime?intent=transcription") as client:
            await greeted(client)
            await client.ask(change(audio={"input": {"transcription": {"model": "whisper-1", "language": "en"}}}))
            (*_, updated) = await client.until("session.updated")
            assert updated["session"]["audio"]["input"]["transcription"]["language"] == "en"
            events: list[Event] = []
            for _ in range(2):
                await client.ask(voice(), silence())
                events += await client.until(f"{WORDS}completed")
        shown, said = await kept(octi)
        asked = [each for each in await provider.get("/_simulator/requests") if each["path"] == "/v1/realtime"]
    check_quiet(events)
    kinds = [event["type"] for event in events]
    assert [kind for kind in kinds if kind.startswith("input_audio_buffer.")] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
    ] * 2
    assert kinds.index("conversation.item.added") < kinds.index(f"{WORDS}completed")
    assert [event["transcript"] for event in events if event["type"] == f"{WORDS}completed"] == said
    assert "".join(event["delta"] for event in events if event["type"] == f"{WORDS}delta") == "".join(said)
    assert said == ["How do you do?", "Well, goodbye."]
    assert (shown["endedBy"], shown["model"], shown["voice"]) == ("client", "", "")
    assert [each["query"] for each in asked] == [{"intent": "transcription"}]


async def test_a_client_says_itself_when_a_turn_ends() -> None:
    """By commits; too little is refused, what was cleared is not heard, and the session goes on."""
    async with transcribing("The first.", "The second.") as (octi, _, speech):
        async with octi.socket("/v1/realtime?intent=transcription&turn_detection=none") as client:
            await greeted(client)
            await client.ask(change(**BY_HAND), COMMIT)
            (*_, refused) = await client.until("error")
            assert refused["error"]["code"] == "input_audio_buffer_commit_empty"
            await client.ask(voice(), CLEAR)
            await client.until("input_audio_buffer.cleared")
            events: list[Event] = []
            for _ in range(2):
                await client.ask(voice(), COMMIT)
                events += await client.until(f"{WORDS}completed")
        _, said = await kept(octi)
    check_quiet(events)
    assert said == ["The first.", "The second."]
    assert len(speech.heard) == 2


async def test_it_is_asked_for_nothing_that_an_agent_would_do() -> None:
    """In the provider's words; the session stays what it is."""
    async with transcribing("Hello.") as (octi, _, _), octi.socket("/v1/realtime?intent=transcription") as client:
        await greeted(client)
        await client.ask({"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}})
        (*_, refused) = await client.until("error")
        assert "transcription session is not allowed" in refused["error"]["message"]
        await client.ask({"type": "response.create"})
        (*_, refused) = await client.until("error")
        assert refused["error"]["type"] == "invalid_request_error"
        await client.ask(voice(), silence())
        check_quiet(await client.until(f"{WORDS}completed"))


@pytest.mark.parametrize("query", ["", "?intent=transcription"])
async def test_a_secret_of_a_transcription_opens_one(query: str) -> None:
    """Preset as it was minted, with or without the intent; minted by the provider, for either."""
    async with transcribing("Guten Tag.") as (octi, _, _):
        heard = {"input": {"transcription": {"model": "whisper-1", "language": "en"}, "turn_detection": None}}
        wish = {"session": {"type": "transcription", "audio": heard}}
        minted = await octi.post("/v1/realtime/client_secrets", wish)
        assert minted["session"]["type"] == "transcription"
        async with octi.socket(f"/v1/realtime{query}", minted["value"]) as client:
            created = await greeted(client)
            assert created["session"]["audio"]["input"]["turn_detection"] is None
            await client.ask(voice(), COMMIT)
            check_quiet(await client.until(f"{WORDS}completed"))
        _, said = await kept(octi)
    assert said == ["Guten Tag."]


@pytest.mark.parametrize(
    ("kind", "query", "code"),
    [
        ("transcription", "?model=gpt-realtime", "invalid_model"),
        ("transcription", "?intent=transcription&model=m", "invalid_model"),
        ("realtime", "?intent=transcription", "invalid_value"),
    ],
)
async def test_a_secret_opens_no_other_kind_of_session(kind: str, query: str, code: str) -> None:
    """It is told so in band, and closed with the provider's own 4000."""
    async with transcribing() as (octi, _, _):
        secret = (await octi.post("/v1/realtime/client_secrets", {"session": {"type": kind}}))["value"]
        async with octi.socket(f"/v1/realtime{query}", secret) as client:
            (event,), close, reason = await client.end()
    assert (event["error"]["type"], event["error"]["code"]) == ("invalid_request_error", code)
    assert (close, reason) == (4000, f"invalid_request_error.{code}")
