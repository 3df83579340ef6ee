"""The first origin's sideband as its provider sees it: WebRTC calls by script, whose media is of no matter."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import httpx2
import pytest
import trio

from tests.origins.conftest import ANNA, INCOME, UPDATED, Stage, client_of
from tests.origins.processes import PROMPT, Node
from tests.origins.talking import SOON_S, Json, Provider
from tests.origins.test_sessions import made, named

THANKS = "Thank you, Anna. Please go on."
WEATHER = {"type": "function", "name": "weather", "description": "Tell the weather.", "parameters": {"type": "object"}}
EXTRACT = {"call": "extract_profile"}
MINT, EXTRACTION = "/v1/realtime/client_secrets", "/v1/responses"


@attrs.frozen
class Scene:
    """octi, the provider behind it, and a client that asks octi over HTTP."""

    http: httpx2.AsyncClient
    provider: Provider
    sessions: list[str] = attrs.field(factory=list)

    async def session(self, **wanted: object) -> Json:
        """A session whose user's words are wanted."""
        told = await made(self.http, **{"voice": "alloy", "enableTranscription": True, **wanted})
        self.sessions.append(told["sessionId"])
        return told

    async def called(self, session: Json, own: Json | None = None) -> str:
        """The session's client calls the provider, and tells octi; own: the session object that its offer brings."""
        call = await self.provider.call(session["clientSecret"], own)
        told = await named(self.http, "/session/call", session["sessionId"], callId=call)
        assert told == (200, {"sessionId": session["sessionId"], "callId": call})
        return call

    async def note(self, session: Json, text: str) -> None:
        """The operator says something to the agent."""
        answer = await self.http.post(f"/sessions/{session['sessionId']}/instructions", json={"note": text})
        assert (answer.status_code, answer.json()["pushed"]) == (200, True)


@asynccontextmanager
async def scene_of(node: Node) -> AsyncIterator[Scene]:
    """What is still live in the end is closed: the next provider there has calls of the same names."""
    assert node.simulator
    async with client_of(node.base) as http, client_of(node.simulator) as client:
        scene = Scene(http, Provider(node.simulator, client))
        yield scene
        for session in scene.sessions:
            await named(http, "/session/close", session)


@pytest.fixture
async def play(provided_node: Node) -> AsyncIterator[Scene]:
    """Every call is one in which `SCRIPT` is played."""
    async with scene_of(provided_node) as scene:
        yield scene


def answers(state: Json) -> list[Json]:
    """What the agent's calls were answered, in their order."""
    items = [each for each in state["items"] if each["type"] == "function_call_output"]
    return [json.loads(each["output"]) for each in items]


def said(state: Json) -> list[str]:
    """What the agent has said to its end, in its order."""
    spoken = [each for each in state["items"] if each.get("role") == "assistant" and each["status"] == "completed"]
    return [part["transcript"] for each in spoken for part in each["content"]]


def is_heard(state: Json) -> bool:
    """Does octi listen to a call?"""
    return bool(state["sidebands"] == 1)


# Joining


async def test_octi_joins_the_call_that_it_is_told_of(play: Scene) -> None:
    """Beside its user; what the session is stays as it is, and octi's function stands beside the browser's own."""
    session = await play.session()
    call = await play.called(session, {"type": "realtime", "tools": [WEATHER], "tool_choice": "auto"})
    state = await play.provider.wait(call, lambda state: len(state["session"]["tools"]) == 2)
    assert (state["sidebands"], state["asked"]["sideband"]) == (1, 1)
    assert [tool["name"] for tool in state["session"]["tools"]] == ["weather", "extract_profile"]
    assert state["session"]["tools"][0]["description"] == WEATHER["description"]
    assert state["session"]["audio"]["output"]["voice"] == "alloy"
    assert state["session"]["audio"]["input"]["transcription"]["model"] == "gpt-4o-mini-transcribe"
    assert state["session"]["instructions"].startswith(PROMPT)
    assert "extract_profile" in state["session"]["instructions"]
    assert state["asked"].get("refused", 0) == 0


async def test_a_call_is_joined_once_however_often_octi_is_told_of_it(play: Scene) -> None:
    """The answer is the same, and so is the renewal's call."""
    session = await play.session()
    call = await play.called(session)
    await play.provider.wait(call, lambda state: said(state) == [THANKS])
    again = await named(play.http, "/session/call", session["sessionId"], callId=call)
    assert again == (200, {"sessionId": session["sessionId"], "callId": call})
    await trio.sleep(0.2)
    state = await play.provider.state(call)
    assert (state["sidebands"], state["asked"]["sideband"]) == (1, 1)
    assert (await named(play.http, "/session/renew", session["sessionId"]))[1]["callId"] == call


async def test_a_session_may_be_told_of_its_call_when_it_is_made(play: Scene) -> None:
    """The call was made with a token; octi listens at once."""
    token = await play.http.post("/token", json={"voice": "alloy", "enableTranscription": True})
    call = await play.provider.call(token.json()["clientSecret"])
    session = await play.session(callId=call)
    assert session["callId"] == call
    await play.provider.wait(call, lambda state: is_heard(state) and said(state) == [THANKS])


async def test_a_later_call_takes_the_place_of_an_older_one(play: Scene) -> None:
    """octi leaves the one and joins the other; what was said in both is one transcript."""
    session = await play.session()
    first = await play.called(session)
    await play.provider.wait(first, lambda state: len(said(state)) == 1)
    _, renewed = await named(play.http, "/session/renew", session["sessionId"])
    second = await play.called(renewed)
    assert (await play.provider.state(first))["sidebands"] == 0
    state = await play.provider.wait(second, lambda state: is_heard(state) and len(said(state)) == 1)
    assert state["session"]["instructions"].count(f"User: {ANNA}") == 1
    _, renewed = await named(play.http, "/session/renew", session["sessionId"])
    assert renewed["callId"] == second
    assert renewed["instructions"].count(f"User: {ANNA}") == 2


async def test_a_full_refresh_does_not_end_the_call_that_goes_on(play: Scene) -> None:
    """The new session listens to it, in the old one's place."""
    old = await play.session()
    call = await play.called(old)
    await play.provider.wait(call, is_heard)
    new = await play.session(callId=call, previousSessionId=old["sessionId"])
    state = await play.provider.wait(call, lambda state: is_heard(state) and state["asked"]["sideband"] == 2)
    assert state["state"] == "live"
    assert (await named(play.http, "/session/renew", old["sessionId"]))[0] == 404
    assert (await named(play.http, "/session/renew", new["sessionId"]))[1]["callId"] == call


# The agent's call of octi's function


async def test_the_agents_call_is_answered_with_the_profile_which_steers_it(play: Scene) -> None:
    """One output, one update of the instructions, one answer asked for, which knows the name already."""
    session = await play.session()
    call = await play.called(session)
    state = await play.provider.wait(call, lambda state: len(said(state)) == 1)
    assert answers(state) == [{"ok": True, "profile": {"first_name": "Anna", "last_name": "Berg", "income": None}}]
    assert said(state) == [THANKS]
    asked = {kind: times for kind, times in state["asked"].items() if kind not in {"sideband", "session.update"}}
    assert asked == {"conversation.item.create": 1, "response.create": 1}
    assert [each["type"] for each in state["items"]] == ["message", "function_call", "function_call_output", "message"]
    (instructions,) = state["instructed"]
    assert instructions == state["session"]["instructions"]
    assert 'first_name: "Anna"' in instructions


async def test_a_second_call_soon_after_is_told_when_to_come_back(play: Scene) -> None:
    """In whole seconds. A request over HTTP knows no such wait, and what it brings reaches the call."""
    session = await play.session()
    call = await play.called(session)
    await play.provider.wait(call, lambda state: said(state) == [THANKS])
    await play.note(session, "Ask about the income.")
    state = await play.provider.wait(call, lambda state: len(said(state)) == 2)
    refused = answers(state)[1]
    assert refused == {"ok": False, "reason": "cooldown", "retryAfterSeconds": refused["retryAfterSeconds"]}
    assert isinstance(refused["retryAfterSeconds"], int)
    assert 0 < refused["retryAfterSeconds"] <= 60
    assert state["asked"]["response.create"] == state["asked"]["conversation.item.create"] == 2
    status, told = await named(play.http, "/extract-profile", session["sessionId"])
    assert status == 200
    assert told["profile"] == {"first_name": "Anna", "last_name": "Berg", "income": 3000}
    state = await play.provider.wait(call, lambda state: len(state["instructed"]) == 3)
    assert state["instructed"][-1] == told["instructions"]
    assert "income: 3000" in told["instructions"]
    assert state["asked"].get("refused", 0) == 0


async def test_a_call_before_anybody_was_understood_is_told_so(play: Scene) -> None:
    """Nobody writes down what this session's user says. The agent goes on all the same."""
    session = await play.session(enableTranscription=False)
    call = await play.called(session)
    state = await play.provider.wait(call, lambda state: len(said(state)) == 1)
    assert answers(state) == [{"ok": False, "reason": "no_transcript"}]
    assert state["asked"]["response.create"] == 1


# The end


async def test_closing_a_session_hangs_up(play: Scene) -> None:
    """Nobody else would: the media does not pass octi."""
    session = await play.session()
    call = await play.called(session)
    await play.provider.wait(call, is_heard)
    status, told = await named(play.http, "/session/close", session["sessionId"])
    assert (status, told["closed"]) == (200, True)
    state = await play.provider.state(call)
    assert (state["state"], state["ended_by"]) == ("over", "hang-up")


async def test_a_session_whose_caller_left_can_be_renewed(play: Scene) -> None:
    """For the next call: it is told what was said in the one before."""
    session = await play.session()
    call = await play.called(session)
    for answered in (1, 2):
        await play.provider.wait(call, lambda state, answered=answered: len(said(state)) == answered)  # type: ignore[misc]
        await play.note(session, f"note {answered}")
    state = await play.provider.wait(call, lambda state: bool(state["state"] == "over"))
    assert state["ended_by"] == "caller"
    status, renewed = await named(play.http, "/session/renew", session["sessionId"])
    assert (status, renewed["callId"]) == (200, call)
    for words in (f"User: {ANNA}", f"You: {THANKS}", f"User: {INCOME}"):
        assert words in renewed["instructions"]
    again = await play.called(renewed)
    state = await play.provider.wait(again, is_heard)
    assert f"User: {INCOME}" in state["session"]["instructions"]


# Each of these has a provider of its own, as its script has to be another


async def test_a_sideband_that_drops_comes_back(stage: Stage) -> None:
    """And hears what is said from then on."""
    script = {
        "caller": [UPDATED, UPDATED, UPDATED, {"say": ANNA}],
        "faults": [{"path": "/v1/realtime?call_id=*", "after_events": 2, "close": 1006}],
    }
    with stage.playing(script):
        async with scene_of(stage.node) as play:
            session = await play.session()
            call = await play.called(session)
            await play.provider.wait(call, is_heard)
            await play.note(session, "This is the last that is heard of the first sideband.")
            state = await play.provider.wait(call, lambda state: said(state) == [THANKS])
            assert (state["sidebands"], state["asked"]["sideband"]) == (1, 2)
            assert answers(state)[0]["profile"]["first_name"] == "Anna"


async def test_whoever_asks_meanwhile_is_told_that_it_is_being_done(stage: Stage) -> None:
    """The agent while a profile is extracted, and who renews a session while it is renewed; others do not wait."""
    script = {
        "caller": [UPDATED, {"say": ANNA}, UPDATED, {"say": "Are you there?"}],
        "agent": [{"say": "Hello."}, EXTRACT, {"say": "I am."}],
        "faults": [{"path": MINT, "times": 2}, {"path": MINT, "stall_s": 1}, {"path": EXTRACTION, "stall_s": 1}],
    }
    with stage.playing(script):
        async with scene_of(stage.node) as play:
            session, other = await play.session(), await play.session()
            call = await play.called(session)
            await play.provider.wait(call, lambda state: said(state) == ["Hello."])
            outcomes: dict[str, Json] = {}

            async def ask(path: str) -> None:
                outcomes[path] = (await named(play.http, path, session["sessionId"]))[1]

            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask, "/extract-profile")
                nursery.start_soon(ask, "/session/renew")
                await wait_asked(play.provider, EXTRACTION, 1)
                await wait_asked(play.provider, MINT, 3)
                answer = await play.http.post("/session/renew", json={"sessionId": session["sessionId"]})
                assert (answer.status_code, answer.json()) == (429, {"error": "Renew already in progress"})
                assert int(answer.headers["Retry-After"]) > 0
                assert (await named(play.http, "/session/renew", other["sessionId"]))[0] == 200
                await play.note(session, "Ask.")
                state = await play.provider.wait(call, lambda state: len(said(state)) == 2)
                assert answers(state) == [{"ok": False, "reason": "in_progress"}]
                assert outcomes == {}
            assert outcomes["/extract-profile"]["profile"]["first_name"] == "Anna"
            assert outcomes["/session/renew"]["sessionId"] == session["sessionId"]
            assert (await named(play.http, "/session/renew", session["sessionId"]))[0] == 200


async def wait_asked(provider: Provider, path: str, times: int) -> None:
    """Return when the provider was asked for a path so often."""
    with trio.fail_after(SOON_S):
        while len(await provider.requests(path)) < times:  # noqa: ASYNC110  another process tells nobody
            await trio.sleep(0.02)
