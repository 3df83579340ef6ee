"""The first origin's sessions: `/session`, `/session/call`, `/session/renew`, `/session/close`."""

import time
import uuid
from functools import partial

import httpx2
import pytest
import trio

from tests.origins.conftest import client_of
from tests.origins.processes import PROMPT, Node
from tests.origins.talking import Json, Provider, ready, tell

NOBODY = "00000000-0000-4000-8000-000000000000"
UNKNOWN = (404, {"error": "Unknown sessionId"})
NO_SESSION = (400, {"error": "sessionId is required"})
NO_CALL = (400, {"error": "sessionId and callId are required"})


def said(answer: httpx2.Response) -> tuple[int, Json]:
    """An answer, to be compared."""
    return answer.status_code, answer.json()


async def made(http: httpx2.AsyncClient, **wanted: object) -> Json:
    answer = await http.post("/session", json=wanted)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


async def named(http: httpx2.AsyncClient, path: str, session: object, **more: object) -> tuple[int, Json]:
    """What a route answers that takes a session's name."""
    return said(await http.post(path, json={"sessionId": session, **more}))


async def is_known(http: httpx2.AsyncClient, session: str) -> bool:
    status, _ = await named(http, "/session/renew", session)
    assert status in {200, 404}
    return status == 200


# /session


async def test_a_session_is_its_name_a_secret_and_its_expiry(http: httpx2.AsyncClient) -> None:
    """The name is a UUID; there is no field for a call that is not there. No body is needed."""
    answer = await http.post("/session")
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"sessionId", "clientSecret", "expiresAt"}
    assert str(uuid.UUID(told["sessionId"])) == told["sessionId"]
    assert told["clientSecret"].startswith("ek_")
    assert isinstance(told["expiresAt"], int)
    assert 0 < told["expiresAt"] - time.time() <= 7200
    assert answer.headers["Cache-Control"] == "no-store"


async def test_every_session_is_another(http: httpx2.AsyncClient) -> None:
    """With a secret of its own."""
    one, other = await made(http), await made(http)
    assert one["sessionId"] != other["sessionId"]
    assert one["clientSecret"] != other["clientSecret"]


async def test_a_sessions_secret_is_preset_as_a_token_is(provided_node: Node, provider: Provider) -> None:
    """With the session's instructions, and the function that asks for its user's profile."""
    model = f"model-{uuid.uuid4().hex}"
    async with client_of(provided_node.base) as http:
        await made(http, model=model, voice="cedar", enableTranscription=True)
    asked = [each["body"]["session"] for each in await provider.requests("/v1/realtime/client_secrets")]
    (session,) = [each for each in asked if each["model"] == model]
    assert session["type"] == "realtime"
    assert session["audio"]["output"] == {"voice": "cedar"}
    assert session["audio"]["input"] == {"transcription": {"model": "gpt-4o-mini-transcribe"}}
    assert session["instructions"].startswith(PROMPT)
    assert "extract_profile" in session["instructions"]
    (tool,) = session["tools"]
    assert (tool["type"], tool["name"], tool["parameters"]["properties"]) == ("function", "extract_profile", {})


@pytest.mark.parametrize("call", ["rtc_of-nobody", None])
async def test_a_session_tells_its_call_if_it_was_given_one(http: httpx2.AsyncClient, call: str | None) -> None:
    """And only then; a call that the provider does not know does no harm."""
    told = await made(http, callId=call)
    assert told.get("callId") == call
    assert ("callId" in told) == (call is not None)
    status, renewed = await named(http, "/session/renew", told["sessionId"])
    assert (status, renewed["callId"]) == (200, call)


async def test_a_call_that_cannot_be_one_is_refused(http: httpx2.AsyncClient) -> None:
    """And named, by both routes that take one."""
    told = await made(http)
    for path, asked in (("/session", {}), ("/session/call", {"sessionId": told["sessionId"]})):
        status, refusal = said(await http.post(path, json={**asked, "callId": "../calls"}))
        assert status == 400
        assert set(refusal) == {"error"}
        assert refusal["error"].startswith("callId: ")


async def test_a_new_session_ends_the_one_in_whose_place_it_is(http: httpx2.AsyncClient) -> None:
    """The older one is unknown from then on to every route, and its transcript is not carried over."""
    old = (await made(http))["sessionId"]
    new = (await made(http, previousSessionId=old))["sessionId"]
    assert await named(http, "/session/renew", old) == UNKNOWN
    assert await named(http, "/extract-profile", old) == UNKNOWN
    assert await named(http, "/session/call", old, callId="rtc_1") == UNKNOWN
    assert await named(http, "/session/close", old) == (200, {"sessionId": old, "closed": False})
    assert await is_known(http, new)


async def test_a_full_refresh_carries_no_transcript_over(node: Node, http: httpx2.AsyncClient) -> None:
    """What was said to the older session is not known to the new one."""
    old = (await made(http, enableTranscription=True))["sessionId"]
    await tell(node, old, "My name is Anna Berg.")
    new = (await made(http, previousSessionId=old, enableTranscription=True))["sessionId"]
    status, renewed = await named(http, "/session/renew", new)
    assert status == 200
    assert "Anna" not in renewed["instructions"]


async def test_a_live_conversation_ends_when_another_session_takes_its_place(
    node: Node, http: httpx2.AsyncClient
) -> None:
    """Its client is told with 1000, after which nobody comes back by himself."""
    old = (await made(http))["sessionId"]
    async with ready(node, f"?session={old}") as talker:
        await made(http, previousSessionId=old)
        assert await talker.close_code() == 1000


@pytest.mark.parametrize("previous", [NOBODY, "no UUID", "", None])
async def test_the_place_of_nobody_can_be_taken(http: httpx2.AsyncClient, previous: str | None) -> None:
    """A session that octi does not know, or not any more, is none to end."""
    assert set(await made(http, previousSessionId=previous)) == {"sessionId", "clientSecret", "expiresAt"}


# /session/call


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"sessionId": NOBODY},
        {"callId": "rtc_1"},
        {"sessionId": "", "callId": "rtc_1"},
        {"sessionId": NOBODY, "callId": ""},
        {"sessionId": 7, "callId": "rtc_1"},
        {"sessionId": NOBODY, "callId": None},
    ],
)
async def test_a_call_needs_both_names(http: httpx2.AsyncClient, asked: Json) -> None:
    """Each is missing if it is empty or no text."""
    assert said(await http.post("/session/call", json=asked)) == NO_CALL


async def test_a_call_of_an_unknown_session_is_refused(http: httpx2.AsyncClient) -> None:
    """In the origin's words."""
    assert await named(http, "/session/call", NOBODY, callId="rtc_1") == UNKNOWN


async def test_a_call_is_kept_with_its_session(http: httpx2.AsyncClient) -> None:
    """The answer repeats both names; a later one takes its place."""
    session = (await made(http))["sessionId"]
    for call in ("rtc_of-nobody-1", "rtc_of-nobody-2"):
        assert await named(http, "/session/call", session, callId=call) == (200, {"sessionId": session, "callId": call})
        _, renewed = await named(http, "/session/renew", session)
        assert renewed["callId"] == call


# /session/renew


@pytest.mark.parametrize("path", ["/session/renew", "/session/close", "/extract-profile"])
@pytest.mark.parametrize("session", [None, "", 5, True, ["x"]])
async def test_a_session_must_be_named(http: httpx2.AsyncClient, path: str, session: object) -> None:
    """What is empty or no text is no name; without a body there is none."""
    assert await named(http, path, session) == NO_SESSION
    assert said(await http.post(path)) == NO_SESSION


@pytest.mark.parametrize("path", ["/session/renew", "/extract-profile"])
@pytest.mark.parametrize("session", [NOBODY, "anything", "x" * 5000, "\ud800".encode("utf-16", "surrogatepass").hex()])
async def test_an_unknown_session_is_said_to_be_unknown(http: httpx2.AsyncClient, path: str, session: str) -> None:
    """In the origin's words, whatever it is called."""
    assert await named(http, path, session) == UNKNOWN


async def test_a_renewal_is_a_fresh_secret_and_what_to_tell_the_agent(node: Node, http: httpx2.AsyncClient) -> None:
    """For the same session, whose call is null while there is none. The fresh secret opens it."""
    told = await made(http)
    status, renewed = await named(http, "/session/renew", told["sessionId"])
    assert status == 200
    assert set(renewed) == {"sessionId", "clientSecret", "expiresAt", "instructions", "callId"}
    assert renewed["sessionId"] == told["sessionId"]
    assert renewed["clientSecret"].startswith("ek_")
    assert renewed["clientSecret"] != told["clientSecret"]
    assert 0 < renewed["expiresAt"] - time.time() <= 7200
    assert renewed["callId"] is None
    assert renewed["instructions"].startswith(PROMPT)
    for secret in (renewed["clientSecret"], told["clientSecret"]):
        async with ready(node, secret=secret):
            pass


async def test_a_renewed_agent_knows_who_it_speaks_to_and_what_was_said(node: Node, http: httpx2.AsyncClient) -> None:
    """Transcript and profile are kept, again and again; both are in the instructions, and in the secret's preset."""
    session = (await made(http, enableTranscription=True))["sessionId"]
    await tell(node, session, "My name is Anna Berg.", "I earn 3000 euros a month.")
    await named(http, "/extract-profile", session)
    for _ in range(2):
        status, renewed = await named(http, "/session/renew", session)
        assert status == 200
        profile, _, history = renewed["instructions"].partition("My name is Anna Berg.")
        assert PROMPT in profile
        assert "Berg" in profile
        assert "3000" in profile
        assert "I earn 3000 euros a month." in history


async def test_a_renewed_secret_is_preset_with_what_was_said(provided_node: Node, provider: Provider) -> None:
    """So that the next call begins with it."""
    model = f"model-{uuid.uuid4().hex}"
    async with client_of(provided_node.base) as http:
        session = (await made(http, model=model))["sessionId"]
        await tell(provided_node, session, "My name is Anna Berg.")
        _, renewed = await named(http, "/session/renew", session)
    asked = [each["body"]["session"] for each in await provider.requests("/v1/realtime/client_secrets")]
    first, second = [each["instructions"] for each in asked if each["model"] == model]
    assert "Anna" not in first
    assert "My name is Anna Berg." in second
    assert second == renewed["instructions"]


# /session/close


async def test_a_session_is_closed_once(http: httpx2.AsyncClient) -> None:
    """True, then false; and it is unknown to all others."""
    session = (await made(http))["sessionId"]
    assert await named(http, "/session/close", session) == (200, {"sessionId": session, "closed": True})
    assert await named(http, "/session/close", session) == (200, {"sessionId": session, "closed": False})
    assert await named(http, "/session/renew", session) == UNKNOWN
    assert await named(http, "/extract-profile", session) == UNKNOWN
    assert await named(http, "/session/call", session, callId="rtc_1") == UNKNOWN


@pytest.mark.parametrize("session", [NOBODY, "anything"])
async def test_closing_a_session_that_was_never_there_is_no_mistake(http: httpx2.AsyncClient, session: str) -> None:
    """False says so."""
    assert await named(http, "/session/close", session) == (200, {"sessionId": session, "closed": False})


async def test_closing_a_session_ends_its_conversation(node: Node, http: httpx2.AsyncClient) -> None:
    """The client's socket is closed with 1000."""
    session = (await made(http))["sessionId"]
    async with ready(node, f"?session={session}") as talker, trio.open_nursery() as nursery:
        nursery.start_soon(partial(named, http, "/session/close", session))
        assert await talker.close_code() == 1000


async def test_of_two_that_close_a_session_one_does(http: httpx2.AsyncClient) -> None:
    """The other is told that there was none."""
    session = (await made(http))["sessionId"]
    outcomes: list[bool] = []

    async def close() -> None:
        outcomes.append((await named(http, "/session/close", session))[1]["closed"])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(close)
        nursery.start_soon(close)
    assert sorted(outcomes) == [False, True]
