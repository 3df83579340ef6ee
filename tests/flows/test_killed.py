"""octi is killed between the words and the extraction; whoever opens its store afterwards knows all that was said."""

import signal
from pathlib import Path

import pytest

from tests.engine.wire import Event
from tests.flows.parties import Octi, Process, asked_to_extract, eventually, octi_process, provider_env, simulating
from tests.simulator.clients import OFFER, Client, Socket
from tests.simulator.talking import RESPOND, typed

pytestmark = pytest.mark.slow

NAMED, EARNS, RENAMED = "Hello, my name is Anna Berg.", "I earn 3000 euros a month.", "Sorry, my first name is Hanna."
ANNA = {"first_name": "Anna", "last_name": "Berg", "income": 3000}
HANNA = {**ANNA, "first_name": "Hanna"}
NOTHING = {"first_name": None, "last_name": None, "income": None}
HEARD = [{"wait_for": "sideband"}, {"wait_for": "session.update"}]

# The extraction that the agent asks for does not come back before octi is killed.
BEFORE = {
    "caller": [*HEARD, {"say": NAMED}, {"say": EARNS, "then_wait": "nothing"}],
    "agent": [{"say": "Good day."}, {"call": "extract_profile"}],
    "faults": [{"path": "/v1/responses", "stall_s": 60}],
}
AFTER = {"caller": [*HEARD, {"say": RENAMED}]}
EMBEDDED = {"OCTI_UPSTREAM": "embedded", "OCTI_ENGINE_WORKERS": "1"}


async def check_nothing_is_lost(octi: Octi, session: str) -> Event:
    """A session that a killed octi left: what was said, what is found in it, what its next leg is told."""
    shown = await octi.get(f"/sessions/{session}")
    assert (shown["state"], shown["profile"]) == ("live", NOTHING)
    assert [turn["text"] for turn in await octi.turns(session)] == [NAMED, EARNS]
    extracted = await octi.post("/extract-profile", {"sessionId": session})
    assert extracted["profile"] == ANNA
    assert '- first_name: "Anna"' in extracted["instructions"]
    renewed: Event = await octi.post("/session/renew", {"sessionId": session})
    for known in (f"User: {NAMED}\n", f"User: {EARNS}", '- first_name: "Anna"'):
        assert known in renewed["instructions"]
    return renewed


async def heard(provider: Client) -> None:
    """Return when somebody listens to the provider's only call."""

    async def look() -> bool:
        (call,) = await provider.get("/_simulator/calls")
        return bool(call["sidebands"] == 1)

    await eventually(look, "a sideband")


async def told(provider: Client) -> str:
    """What the agent of the provider's only call was told in its course, once it was told something."""

    async def look() -> str:
        (call,) = await provider.get("/_simulator/calls")
        return "\n".join(call["instructed"])

    text: str = await eventually(look, "new instructions")
    return text


async def kill(octi: Process) -> None:
    assert await octi.end(signal.SIGKILL) == -signal.SIGKILL


async def test_what_was_said_in_a_call_outlives_octi(tmp_path: Path) -> None:
    """The next octi finds the profile, tells both to the user's next call, and goes on with the same transcript."""
    async with simulating(BEFORE) as provider, octi_process(tmp_path, provider_env(provider.simulator.url)) as octi:
        made = await octi.post("/session", {"enableTranscription": True})
        session = made["sessionId"]
        call = await provider.call(made["clientSecret"])
        await octi.post("/session/call", {"sessionId": session, "callId": call})
        await octi.said(session, NAMED, EARNS)
        await asked_to_extract(provider)
        await kill(octi)
    async with simulating(AFTER) as provider, octi_process(tmp_path, provider_env(provider.simulator.url)) as octi:
        renewed = await check_nothing_is_lost(octi, session)
        assert renewed["callId"] == call
        again = await provider.call(renewed["clientSecret"])
        await octi.post("/session/call", {"sessionId": session, "callId": again})
        first, _, last = await octi.said(session, RENAMED)
        async with octi.story(session) as story:
            (change,) = (await story.until("profile", 2))["changes"]
        assert (change["old"], change["new"]) == ("Anna", "Hanna")
        assert (change["oldItem"], change["item"]) == (first["item"], last["item"])
        assert (await octi.get(f"/sessions/{session}"))["profile"] == HANNA
        (call_now,) = await provider.get("/_simulator/calls")
        assert call_now["session"]["instructions"].count(NAMED) == 1
    assert "Traceback" not in (tmp_path / "octi.log").read_text()


async def test_a_call_that_octi_made_is_heard_again_by_the_next(tmp_path: Path) -> None:
    """Its own key made it, and still opens it: nobody but octi notices that it was killed."""
    async with simulating(BEFORE) as provider:
        env = provider_env(provider.simulator.url)
        async with octi_process(tmp_path, env) as octi:
            sdp = {"Content-Type": "application/sdp"}
            offered = await octi.http.post(f"{octi.base}/v1/realtime/calls", content=OFFER.encode(), headers=sdp)
            assert offered.status_code == 201, offered.text
            call = offered.headers["location"].rpartition("/")[2]
            (listed,) = (await octi.get("/sessions"))["sessions"]
            session = listed["id"]
            assert listed["callId"] == call
            await octi.said(session, NAMED, EARNS)
            await asked_to_extract(provider)
            await kill(octi)
        async with octi_process(tmp_path, env) as octi:
            assert (await octi.get(f"/sessions/{session}"))["state"] == "live"
            await octi.post("/session/call", {"sessionId": session, "callId": call})
            await heard(provider)
            assert (await octi.post("/extract-profile", {"sessionId": session}))["profile"] == ANNA
            instructed = await told(provider)
            assert '- first_name: "Anna"' in instructed
            assert "- income: 3000" in instructed
            assert [turn["text"] for turn in await octi.turns(session)] == [NAMED, EARNS]


async def test_what_was_typed_to_the_engine_outlives_octi(tmp_path: Path) -> None:
    """The embedded engine: the same, and the client's secret still opens the session."""
    async with octi_process(tmp_path, EMBEDDED) as octi:
        made = await octi.post("/sessions", {"textOnly": True, "extraction": "request"})
        session = made["id"]
        async with octi.socket("/v1/realtime", made["clientSecret"]) as socket:
            await say(socket, NAMED, EARNS)
            await kill(octi)
    async with octi_process(tmp_path, EMBEDDED) as octi:
        await check_nothing_is_lost(octi, session)
        async with octi.socket("/v1/realtime", made["clientSecret"]) as socket:
            (created,) = await socket.until("session.created")
            assert f"User: {EARNS}" in created["session"]["instructions"]
            await say(socket, RENAMED)
            assert (await octi.post("/extract-profile", {"sessionId": session}))["profile"] == HANNA
        assert [turn["text"] for turn in await octi.turns(session)] == [NAMED, EARNS, RENAMED]


async def test_a_second_octi_on_the_same_store_extracts_as_well(tmp_path: Path) -> None:
    """While the first one still holds the conversation: what either finds, both know."""
    async with simulating({}) as provider:
        env = provider_env(provider.simulator.url)
        async with octi_process(tmp_path, env) as one, octi_process(tmp_path, env, "other") as other:
            made = await one.post("/sessions", {"textOnly": True, "extraction": "request"})
            session = made["id"]
            async with one.socket("/v1/realtime", made["clientSecret"]) as socket, other.story(session) as story:
                await say(socket, NAMED, EARNS)
                extracted = await other.post(f"/sessions/{session}/extract")
                assert (extracted["profile"], extracted["changed"], extracted["pushed"]) == (ANNA, ["profile"], False)
                assert (await one.get(f"/sessions/{session}"))["profile"] == ANNA
                await say(socket, RENAMED)
                extracted = await one.post(f"/sessions/{session}/extract")
                assert (extracted["profile"], extracted["changed"], extracted["pushed"]) == (HANNA, ["profile"], True)
                assert await other.post("/extract-profile", {"sessionId": session}) == {
                    "profile": HANNA,
                    "instructions": extracted["instructions"]["text"],
                }
                await say(socket, "Who am I?")
                await story.until("profile", 2)
                await other.said(session, "Thank you, Hanna. Please go on.", role="assistant")


async def say(socket: Socket, *typings: str) -> None:
    """Typed turns, each answered."""
    for words in typings:
        await socket.ask(typed(words), RESPOND)
        await socket.until("response.done")
