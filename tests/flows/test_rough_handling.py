"""octi as a process, handled roughly: by many at once, twice, in the middle of something, by those who just vanish."""

import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from octi.websocket.opener import UpgradeRefused
from tests.engine.wire import Event
from tests.flows.parties import Process, asked_to_extract, eventually, octi_process, provider_env, simulating
from tests.simulator.clients import Client

pytestmark = pytest.mark.slow

NAMED, EARNS = "Hello, my name is Anna Berg.", "I earn 3000 euros a month."
HEARD = [{"wait_for": "sideband"}, {"wait_for": "session.update"}]
LONG = {"say": "This is a long answer. " * 12}
PACE_S = 0.02
MANY = 150


@asynccontextmanager
async def parties(folder: Path, script: Event, **settings: str) -> AsyncIterator[tuple[Client, Process]]:
    """A provider that plays a script, and an octi in a process of its own, which crashes nowhere."""
    async with simulating(script, PACE_S) as provider:
        async with octi_process(folder, provider_env(provider.simulator.url, **settings)) as octi:
            yield provider, octi
        crashes = [line for line in octi.log if line["level"] in {"error", "critical"} or "exception" in line]
        assert crashes == []


async def called(octi: Process, provider: Client) -> tuple[str, str]:
    """A session and its call, which octi was told of."""
    made = await octi.post("/session", {"voice": "alloy", "enableTranscription": True})
    call = await provider.call(made["clientSecret"])
    await attach(octi, made["sessionId"], call)
    return made["sessionId"], call


async def attach(octi: Process, session: str, call: str) -> None:
    assert await octi.post("/session/call", {"sessionId": session, "callId": call})


async def call_in_state(provider: Client, call_id: str, state: str) -> Event:
    """A call as the provider sees it, once it is in a state."""

    async def look() -> Event | None:
        calls = {call["id"]: call for call in await provider.get("/_simulator/calls")}
        return calls[call_id] if calls[call_id]["state"] == state else None

    call: Event = await eventually(look, f"the call {call_id} {state}")
    return call


async def answering(provider: Client, call_id: str) -> None:
    """Return when the agent is in the middle of its answer."""

    async def look() -> bool:
        calls = {call["id"]: call for call in await provider.get("/_simulator/calls")}
        return any(item["status"] == "in_progress" for item in calls[call_id]["items"])

    await eventually(look, "an answer under way")


# Many at once


async def test_a_flood_of_sessions_is_served(tmp_path: Path) -> None:
    """Each gets a session and a secret of its own; meanwhile others are answered, and nonsense is told apart."""
    async with parties(tmp_path, {}) as (_, octi):
        sessions: list[Event] = []
        statuses: Counter[int] = Counter()

        async def make() -> None:
            sessions.append(await octi.post("/session", {"voice": "alloy", "enableTranscription": True}))

        async def babble() -> None:
            answer = await octi.http.post(f"{octi.base}/session", content=b'{"model":')
            statuses[answer.status_code] += 1

        async with trio.open_nursery() as nursery:
            for _ in range(MANY):
                nursery.start_soon(make)
                nursery.start_soon(babble)
            with trio.fail_after(5):
                assert (await octi.get("/health"))["status"] == "ok"
        assert statuses == {400: MANY}
        assert len({made["sessionId"] for made in sessions}) == len({made["clientSecret"] for made in sessions}) == MANY
        listed = (await octi.get("/sessions?limit=200&state=created"))["sessions"]
        assert {session["id"] for session in listed} == {made["sessionId"] for made in sessions}


# Twice


async def test_a_call_that_is_attached_twice_is_heard_once(tmp_path: Path) -> None:
    """At once or later; another call takes its place; and a session that has a call lets no socket in."""
    async with parties(tmp_path, {"caller": [*HEARD, {"say": NAMED}]}) as (provider, octi):
        made = await octi.post("/session", {"voice": "alloy", "enableTranscription": True})
        session = made["sessionId"]
        first, second = await provider.call(made["clientSecret"]), await provider.call(made["clientSecret"])
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(attach, octi, session, first)
        await octi.said(session, NAMED)
        await attach(octi, session, first)
        call = await call_in_state(provider, first, "live")
        assert (call["sidebands"], call["asked"]["sideband"]) == (1, 1)
        with pytest.raises(UpgradeRefused, match="HTTP 409"):
            async with octi.socket(f"/v1/realtime?session={session}"):
                pass
        await attach(octi, session, second)
        assert (await call_in_state(provider, first, "over"))["sidebands"] == 0

        async def twice() -> bool:
            return [turn["text"] for turn in await octi.turns(session)] == [NAMED, NAMED]

        await eventually(twice, "the same words in the second call")
        assert (await call_in_state(provider, second, "live"))["sidebands"] == 1
        assert (await octi.get(f"/sessions/{session}"))["callId"] == second


# In the middle of something


async def test_a_session_that_is_deleted_during_its_extraction_is_over_at_once(tmp_path: Path) -> None:
    """Its call is hung up; the extraction is finished for whoever asked, and kept."""
    script = {
        "caller": [*HEARD, {"say": NAMED}],
        "agent": [LONG],
        "faults": [{"path": "/v1/responses", "stall_s": 1.0}],
    }
    async with parties(tmp_path, script) as (provider, octi):
        session, call = await called(octi, provider)
        await octi.said(session, NAMED)
        answers = []

        async def extract() -> None:
            answers.append(await octi.post("/extract-profile", {"sessionId": session}))

        async with octi.story(session) as story, trio.open_nursery() as nursery:
            nursery.start_soon(extract)
            await asked_to_extract(provider)
            await answering(provider, call)
            deleted = await octi.ask(f"/sessions/{session}", method="DELETE")
            assert answers == []
            with trio.fail_after(5):
                await story.over.wait()
        assert (deleted.status_code, deleted.json()["endedBy"]) == (200, "operator")
        assert (await call_in_state(provider, call, "over"))["ended_by"] == "hang-up"
        assert story.kinds == ["instructions", "turn", "turn", "end"]
        assert story.of("turn")[-1]["interrupted"]
        (answer,) = answers
        assert answer["profile"]["first_name"] == "Anna"
        shown = await octi.get(f"/sessions/{session}")
        assert (shown["state"], shown["resumable"], shown["profile"]) == ("ended", False, answer["profile"])
        for path, status in (("/session/call", 404), ("/session/renew", 404), ("/extract-profile", 404)):
            assert (await octi.ask(path, {"sessionId": session, "callId": call})).status_code == status
        assert await octi.post("/session/close", {"sessionId": session}) == {"sessionId": session, "closed": False}


async def test_a_sideband_that_breaks_in_mid_answer_is_joined_again(tmp_path: Path) -> None:
    """Whoever follows is told of the gap; the profile and the agent go on as if nothing had been."""
    script = {
        "caller": [*HEARD, {"say": NAMED}, {"wait_for": "sideband"}, {"wait_for": "session.update"}, {"say": EARNS}],
        "agent": [{"call": "extract_profile"}, LONG],
        "faults": [{"path": "/v1/realtime?call_id=*", "after_events": 30, "close": 1006}],
    }
    async with parties(tmp_path, script) as (provider, octi):
        session, call = await called(octi, provider)
        async with octi.story(session) as story:
            (gap,) = [await story.until("gap")]
            await story.until("profile", 2)
            await octi.said(session, NAMED, EARNS)
            await octi.said(session, "Thank you, Anna. Please go on.", role="assistant")
        assert gap["from"] < gap["to"]
        assert len(story.of("gap")) == 1
        assert (await octi.get(f"/sessions/{session}"))["profile"]["income"] == 3000
        assert (await call_in_state(provider, call, "live"))["asked"]["sideband"] == 2


# Those who leave


@pytest.mark.parametrize(
    ("leaves", "idle_s", "ended_by", "reason", "hung_up_by"),
    [
        ({"leave": True}, "60", "provider", "the call is over", "caller"),
        ({"leave_silent": True}, "1", "octi", "the user said nothing for 1 s", "hang-up"),
    ],
    ids=["with a goodbye", "without a word"],
)
async def test_a_browser_that_is_gone_is_noticed(
    tmp_path: Path, leaves: Event, idle_s: str, ended_by: str, reason: str, hung_up_by: str
) -> None:
    """The call ends, and the session with it; the next call may take it up."""
    script = {"caller": [*HEARD, {"say": NAMED}, leaves]}
    async with parties(tmp_path, script, OCTI_CALL_IDLE_SECONDS=idle_s) as (provider, octi):
        session, call = await called(octi, provider)
        async with octi.story(session) as story:
            with trio.fail_after(10):
                await story.over.wait()
        ended = await octi.state(session, "ended")
        assert (ended["endedBy"], ended["endReason"], ended["resumable"]) == (ended_by, reason, True)
        assert (await call_in_state(provider, call, "over"))["ended_by"] == hung_up_by
        assert story.kinds == ["instructions", "turn", "profile", "instructions", "turn", "end"]
        renewed = await octi.post("/session/renew", {"sessionId": session})
        again = await provider.call(renewed["clientSecret"])
        await attach(octi, session, again)
        assert (await octi.state(session, "live"))["callId"] == again


async def test_octi_that_is_told_to_stop_lets_a_call_finish_its_turn(tmp_path: Path) -> None:
    """Then it hangs up; whoever follows hears all of it, and the end."""
    script = {"caller": [*HEARD, {"say": NAMED}], "agent": [LONG]}
    async with parties(tmp_path, script) as (provider, octi):
        session, call = await called(octi, provider)
        await octi.said(session, NAMED)
        async with octi.story(session) as story:
            await answering(provider, call)
            assert await octi.end(signal.SIGTERM) == 0
            with trio.fail_after(5):
                await story.over.wait()
        assert (await call_in_state(provider, call, "over"))["ended_by"] == "hang-up"
        assert story.kinds[-1] == "end"
        (answer,) = [turn for turn in story.of("turn") if turn["role"] == "assistant"][-1:]
        assert (answer["text"].strip(), answer["interrupted"]) == (LONG["say"].strip(), False)


async def test_octi_that_is_stopped_hangs_up(tmp_path: Path) -> None:
    """In a hurry it does so in mid-answer, with what was said in the store; whoever follows hears of the end."""
    script = {"caller": [*HEARD, {"say": NAMED}], "agent": [LONG]}
    async with parties(tmp_path, script) as (provider, octi):
        session, call = await called(octi, provider)
        await octi.said(session, NAMED)
        async with octi.story(session) as story:
            await answering(provider, call)
            with trio.fail_after(5):
                octi.process.send_signal(signal.SIGTERM)
                assert await octi.end(signal.SIGINT) == 0
                await story.over.wait()
        assert (await call_in_state(provider, call, "over"))["ended_by"] == "hang-up"
        (line,) = [line for line in octi.log if line["event"] == "session ended"]
        assert (line["ended_by"], line["reason"], line["rows_lost"]) == ("octi", "restarting", 0)
    async with octi_process(tmp_path, provider_env(provider.simulator.url)) as octi:
        assert (await octi.get(f"/sessions/{session}"))["state"] == "ended"
        assert [turn["text"] for turn in await octi.turns(session)] == [NAMED]
        (cut,) = await octi.turns(session, "assistant")
        assert cut["interrupted"]
        assert cut["text"]
        assert LONG["say"].startswith(cut["text"])
