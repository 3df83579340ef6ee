"""Which session a socket opens, by either protocol: a secret's, one that is named, or a new one."""

import uuid

import httpx2
import pytest
from trio_websocket import ConnectionRejected

from tests.origins.processes import PROMPT, Node
from tests.origins.talking import Json, Talker, ready, talking
from tests.origins.test_sessions import NOBODY, made, named

KEY_PROTOCOL = "openai-insecure-api-key."
PATHS = ["/v1/realtime", "/ws/realtime"]


async def greeted(talker: Talker) -> Json:
    """The session that a Realtime client finds itself in."""
    first = await talker.next()
    assert first["type"] == "session.created"
    session: Json = first["session"]
    return session


async def type_text(talker: Talker, text: str) -> None:
    """Type a line to a Realtime session, and wait until it is answered."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await talker.say("conversation.item.create", item=item)
    await talker.say("response.create")
    await talker.until("response.done", lambda done: has_message(done["response"]))


def has_message(response: Json) -> bool:
    return any(item["type"] == "message" for item in response["output"])


async def refusal(node: Node, path: str, secret: str | None = None) -> int:
    """The status that an upgrade is refused with."""
    with pytest.raises(ConnectionRejected) as refused:
        async with talking(node, path, secret=secret):
            pass
    return int(refused.value.status_code)


@pytest.mark.parametrize("how", ["header", "subprotocol", "name"])
async def test_a_session_is_opened_by_its_secret_or_its_name(node: Node, http: httpx2.AsyncClient, how: str) -> None:
    """In a header, as a browser's sub-protocol, or as `?session=`; it is preset as it was made."""
    told = await made(http, model="gpt-realtime-mini", enableTranscription=True)
    secret, session = told["clientSecret"], told["sessionId"]
    path, options = {
        "header": ("/v1/realtime", {"secret": secret}),
        "subprotocol": ("/v1/realtime", {"offered": ["realtime", KEY_PROTOCOL + secret]}),
        "name": (f"/v1/realtime?session={session}", {}),
    }[how]
    async with talking(node, path, **options) as talker:
        found = await greeted(talker)
        assert found["output_modalities"] == ["text"]
        assert found["model"] == "gpt-realtime-mini"
        assert found["instructions"].startswith(PROMPT)
        assert found["audio"]["input"]["transcription"]["model"] == "gpt-4o-mini-transcribe"
        assert talker.socket.subprotocol == ("realtime" if how == "subprotocol" else None)
        await type_text(talker, "My name is Anna Berg.")
    status, profile = await named(http, "/extract-profile", session)
    assert (status, profile["profile"]["first_name"]) == (200, "Anna")


async def test_a_clients_own_functions_and_octis_do_not_disturb_each_other(
    node: Node, http: httpx2.AsyncClient
) -> None:
    """octi's are not shown, called or not; the client's stay as it declared them."""
    session = (await made(http))["sessionId"]
    tool = {"type": "function", "name": "weather", "description": "Tell the weather.", "parameters": {"type": "object"}}
    async with talking(node, f"/v1/realtime?session={session}") as talker:
        assert (await greeted(talker))["tools"] == []
        await talker.say("session.update", session={"type": "realtime", "tools": [tool]})
        (shown,) = (await talker.until("session.updated"))["session"]["tools"]
        assert shown["name"] == "weather"
        await type_text(talker, "My name is Anna Berg.")
        shown_items = [each for each in talker.heard if "session" not in each]  # that has the instructions in it
        assert "extract_profile" not in str(shown_items)


async def test_a_conversation_is_taken_up_again(node: Node, http: httpx2.AsyncClient) -> None:
    """At once, by either protocol, as often as its client comes back; what was said before is kept."""
    told = await made(http)
    session, secret = told["sessionId"], told["clientSecret"]
    async with ready(node, f"?session={session}") as talker:
        await talker.say("user_text", text="My name is Anna Berg.")
        await talker.until("bot_audio_end")
    async with talking(node, "/v1/realtime", secret=secret) as talker:
        await greeted(talker)
        await type_text(talker, "I earn 3000 euros a month.")
    _, told = await named(http, "/extract-profile", session)
    assert told["profile"] == {"first_name": "Anna", "last_name": "Berg", "income": 3000}


async def test_a_renewed_session_knows_what_was_said(node: Node, http: httpx2.AsyncClient) -> None:
    """The agent of the next connection is told."""
    session = (await made(http))["sessionId"]
    async with ready(node, f"?session={session}") as talker:
        await talker.say("user_text", text="My name is Anna Berg.")
        await talker.until("bot_audio_end")
    _, renewed = await named(http, "/session/renew", session)
    async with talking(node, "/v1/realtime", secret=renewed["clientSecret"]) as talker:
        told = (await greeted(talker))["instructions"]
        assert "My name is Anna Berg." in renewed["instructions"]
        assert told.endswith(renewed["instructions"].partition("My name is Anna Berg.")[2])


async def test_who_names_nothing_gets_a_session_of_his_own(node: Node) -> None:
    """As it is configured; another key than a client secret is not octi's to judge."""
    for options in ({}, {"secret": "sk-anything"}):
        async with talking(node, "/v1/realtime?model=gpt-realtime", **options) as talker:
            session = await greeted(talker)
            assert (session["model"], session["instructions"]) == ("gpt-realtime", PROMPT)
            assert session["audio"]["output"]["voice"] == "alloy"


# Who is not let in


async def test_a_wrong_secret_is_refused_in_band_where_no_status_is_read(node: Node) -> None:
    """A browser is let in, told by an `error` event, and closed with 3000."""
    secret = f"ek_{uuid.uuid4().hex}"
    async with talking(node, "/v1/realtime", offered=["realtime", KEY_PROTOCOL + secret]) as talker:
        error = await talker.until("error")
        assert error["error"]["code"] == "invalid_api_key"
        assert secret not in str(error)
        assert await talker.close_code() == 3000


async def test_a_wrong_secret_is_refused_by_the_octi_protocol_in_its_own_words(node: Node) -> None:
    """To a browser."""
    offered = ["realtime", f"{KEY_PROTOCOL}ek_{uuid.uuid4().hex}"]
    async with talking(node, offered=offered) as talker:
        assert "Incorrect API key" in (await talker.until("error"))["message"]
        assert await talker.close_code() == 3000


@pytest.mark.parametrize("path", PATHS)
async def test_a_wrong_secret_in_a_header_is_refused_with_401(node: Node, path: str) -> None:
    """Whoever can send a header reads a status."""
    assert await refusal(node, path, f"ek_{uuid.uuid4().hex}") == 401


async def test_a_secret_opens_no_other_session(node: Node, http: httpx2.AsyncClient) -> None:
    """That one has its own."""
    one, other = await made(http), await made(http)
    assert await refusal(node, f"/v1/realtime?session={other['sessionId']}", one["clientSecret"]) == 401


@pytest.mark.parametrize("path", PATHS)
async def test_a_session_has_one_client_at_a_time(node: Node, http: httpx2.AsyncClient, path: str) -> None:
    """The second is refused with 409, by name and by secret; the first goes on, and when it has left another comes."""
    told = await made(http)
    by_name, secret = f"{path}?session={told['sessionId']}", told["clientSecret"]
    async with ready(node, secret=secret) as talker:
        assert await refusal(node, by_name) == 409
        assert await refusal(node, path, secret) == 409
        await talker.say("user_text", text="Hello")
        await talker.until("bot_audio_end")
    async with talking(node, by_name) as talker:
        assert (await talker.next())["type"] in {"ready", "session.created"}


@pytest.mark.parametrize("path", PATHS)
async def test_an_unknown_session_has_no_socket(node: Node, path: str) -> None:
    """404."""
    assert await refusal(node, f"{path}?session={NOBODY}") == 404


@pytest.mark.parametrize("path", PATHS)
async def test_a_closed_session_has_no_socket(node: Node, http: httpx2.AsyncClient, path: str) -> None:
    """410, by name and by secret."""
    told = await made(http)
    await named(http, "/session/close", told["sessionId"])
    assert await refusal(node, f"{path}?session={told['sessionId']}") == 410
    assert await refusal(node, path, told["clientSecret"]) == 410
