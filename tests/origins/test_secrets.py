"""Secrets without sessions: `/token` of the first origin, `/api/session` and `/api/client-secret` of the second."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.origins.conftest import client_of
from tests.origins.processes import PROMPT, Node
from tests.origins.talking import Json, Provider, ready

PAGE = "http://localhost:5173"

# /token


async def token(http: httpx2.AsyncClient, wanted: Json) -> Json:
    answer = await http.post("/token", json=wanted)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


async def test_a_token_is_a_secret_its_expiry_and_the_providers_whole_answer(http: httpx2.AsyncClient) -> None:
    """Three fields, without a body as well; the time is in seconds since 1970."""
    answer = await http.post("/token")
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"clientSecret", "expiresAt", "raw"}
    assert told["clientSecret"].startswith("ek_")
    assert isinstance(told["expiresAt"], int)
    assert 0 < told["expiresAt"] - time.time() <= 7200
    assert (told["raw"]["value"], told["raw"]["expires_at"]) == (told["clientSecret"], told["expiresAt"])
    assert told["raw"]["session"]["type"] == "realtime"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_token_without_a_voice_is_for_a_session_that_writes(http: httpx2.AsyncClient) -> None:
    """With the configured model, and nobody to write down what is said."""
    session = (await token(http, {}))["raw"]["session"]
    assert session["output_modalities"] == ["text"]
    assert session["model"] == "gpt-realtime"
    assert session["audio"]["input"]["transcription"] is None


async def test_a_token_with_a_voice_is_for_a_session_that_speaks(http: httpx2.AsyncClient) -> None:
    """With that voice and that model."""
    session = (await token(http, {"model": "gpt-realtime-mini", "voice": "marin"}))["raw"]["session"]
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["output"]["voice"] == "marin"
    assert session["model"] == "gpt-realtime-mini"


@pytest.mark.parametrize("wanted", [{}, {"voice": "alloy"}])
async def test_a_token_asks_for_the_users_words_if_it_is_told_to(http: httpx2.AsyncClient, wanted: Json) -> None:
    """By the configured model; with a voice and without."""
    session = (await token(http, {**wanted, "enableTranscription": True}))["raw"]["session"]
    assert session["audio"]["input"]["transcription"]["model"] == "gpt-4o-mini-transcribe"
    session = (await token(http, {**wanted, "enableTranscription": False}))["raw"]["session"]
    assert session["audio"]["input"]["transcription"] is None


async def test_a_null_and_an_unknown_field_count_as_left_out(http: httpx2.AsyncClient) -> None:
    """Whatever the content type is called."""
    wanted = b'{"model": null, "voice": null, "enableTranscription": null, "colour": "blue"}'
    answer = await http.post("/token", content=wanted, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200
    assert answer.json()["raw"]["session"]["model"] == "gpt-realtime"


async def test_the_provider_is_asked_for_a_token_as_the_origin_asked(provided_node: Node, provider: Provider) -> None:
    """Its session object, by octi's key."""
    model = f"model-{uuid.uuid4().hex}"
    async with client_of(provided_node.base) as http:
        await token(http, {"model": model, "voice": "cedar", "enableTranscription": True})
    asked = [
        each
        for each in await provider.requests("/v1/realtime/client_secrets")
        if each["body"]["session"]["model"] == model
    ]
    assert [(each["method"], each["authorised"], each["status"]) for each in asked] == [("POST", True, 200)]
    session = asked[0]["body"]["session"]
    assert session["type"] == "realtime"
    assert session["audio"]["output"] == {"voice": "cedar"}
    assert session["audio"]["input"] == {"transcription": {"model": "gpt-4o-mini-transcribe"}}


async def test_a_token_opens_sessions_one_after_the_other_and_side_by_side(
    node: Node, http: httpx2.AsyncClient
) -> None:
    """It is bound to none of them."""
    secret = (await token(http, {}))["clientSecret"]
    async with ready(node, secret=secret), ready(node, secret=secret):
        pass


# What is wrong with a body


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"model": 5}, "model: must be a string, or left out"),
        ({"voice": ["alloy"]}, "voice: must be a string, or left out"),
        ({"enableTranscription": "yes"}, "enableTranscription: must be true or false, or left out"),
    ],
)
@pytest.mark.parametrize("path", ["/token", "/session"])
async def test_a_field_of_the_wrong_type_is_named(
    http: httpx2.AsyncClient, path: str, wanted: Json, complaint: str
) -> None:
    """With what would be right."""
    answer = await http.post(path, json=wanted)
    assert (answer.status_code, answer.json()) == (400, {"error": complaint})


@pytest.mark.parametrize("body", [b"{", b"[]", b"nonsense", b"\xff\xfe", b'"text"'])
@pytest.mark.parametrize(
    "path", ["/token", "/session", "/session/call", "/session/renew", "/session/close", "/extract-profile"]
)
async def test_a_body_that_is_no_json_object_is_refused(http: httpx2.AsyncClient, path: str, body: bytes) -> None:
    """By every route of the first origin, in its one field."""
    answer = await http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].startswith("the body must be")


@pytest.mark.parametrize("path", ["/token", "/session", "/session/renew", "/extract-profile", "/api/client-secret"])
async def test_a_route_has_its_method(http: httpx2.AsyncClient, path: str) -> None:
    """And says so as JSON."""
    answer = await http.get(path)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert set(answer.json()) == {"error"}


# The second origin's


async def test_an_ephemeral_session_is_the_configured_agent_with_its_secret(http: httpx2.AsyncClient) -> None:
    """With the fields that its front ends read."""
    answer = await http.get("/api/session")
    assert answer.status_code == 200
    session = answer.json()
    assert session["object"] == "realtime.session"
    assert session["id"].startswith("sess_")
    assert (session["model"], session["voice"], session["instructions"]) == ("gpt-realtime", "alloy", PROMPT)
    assert session["audio"]["input"]["transcription"]["model"] == "gpt-4o-mini-transcribe"
    assert set(session["client_secret"]) == {"value", "expires_at"}
    assert session["client_secret"]["value"].startswith("ek_")
    assert 0 < session["client_secret"]["expires_at"] - time.time() <= 7200
    assert isinstance(session["expires_at"], int)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_every_ephemeral_session_is_a_new_one(http: httpx2.AsyncClient) -> None:
    """With another secret."""
    one, other = [(await http.get("/api/session")).json() for _ in range(2)]
    assert one["id"] != other["id"]
    assert one["client_secret"]["value"] != other["client_secret"]["value"]


async def test_a_client_secret_is_its_value_alone(node: Node, http: httpx2.AsyncClient) -> None:
    """The body is not read. octi's sockets take it too."""
    answer = await http.post("/api/client-secret", content=b"{not read")
    assert (answer.status_code, set(answer.json())) == (200, {"value"})
    assert answer.headers["Cache-Control"] == "no-store"
    async with ready(node, secret=answer.json()["value"]):
        pass


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/session"), ("POST", "/api/client-secret")])
async def test_a_browsers_page_of_this_machine_may_ask(http: httpx2.AsyncClient, method: str, path: str) -> None:
    """Before it does, and when it does. Of any origin in the origin itself: any site could have secrets made, there."""
    asking = {"Origin": PAGE, "Access-Control-Request-Method": method}
    before = await http.request("OPTIONS", path, headers=asking)
    assert before.status_code == 204
    assert before.headers["Access-Control-Allow-Origin"] == PAGE
    assert method in before.headers["Access-Control-Allow-Methods"]
    answer = await http.request(method, path, headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, PAGE)


async def test_health_is_told_in_the_origins_words(http: httpx2.AsyncClient) -> None:
    """With the time, as ISO 8601 has it."""
    answer = await http.get("/health")
    assert answer.status_code == 200
    told = answer.json()
    assert told == {"status": "ok", "timestamp": told["timestamp"], "service": "octi-realtime-backend"}
    at = datetime.fromisoformat(told["timestamp"])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
