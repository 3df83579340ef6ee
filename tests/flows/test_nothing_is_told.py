"""A conversation full of secrets, at every level of the log, in both its shapes: none of them is in it.

What is said, typed, answered, instructed, called and concluded; keys and client secrets, in headers, sub-protocols,
paths and queries; what a provider quotes of it in its errors and goodbyes; what stands in variables when octi crashes.
"""

import json
import re
import signal
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from octi.log_config import LogLevel, LogPart
from octi.observe.logs import set_up_logs
from octi.realtime.ledger import Ledger
from octi.websocket.opener import UpgradeRefused
from tests.engine.wire import Event
from tests.flows.parties import SOON_S, Octi, Words, octi_here, octi_process, provider_env, simulating
from tests.flows.planting import Plants
from tests.logs import restored_logs
from tests.scripted_provider import ScriptedProvider, accepts, answers, providing
from tests.simulator.clients import KEY, Client
from tests.simulator.talking import output_of, typed, update

pytestmark = pytest.mark.slow

LOUD = ",".join(f"{part}=debug" for part in LogPart)
TONE = b"\x12\x34\x56\x78\x9a\x0b" * 400
RESPONSES, SECRETS = "/v1/responses", "/v1/realtime/client_secrets"
LOOKUP = {"type": "function", "name": "lookup", "parameters": {"type": "object"}}


@pytest.fixture
def plants() -> Plants:
    planted = Plants()
    planted.note("the provider's key", KEY)
    planted.note("the user's voice", b64encode(TONE[:60]).decode())
    return planted


def quoting(*said: str) -> Event:
    """An error as a provider words it that repeats what it was sent."""
    return {"error": {"message": f"I do not like {' and '.join(said)}", "type": "some_error", "code": said[0]}}


def script_of(plants: Plants) -> Event:
    """What the provider says and does."""
    spoken, refused = plants.words("spoken"), plants.words("refused")
    return {
        "caller": [{"wait_for": "sideband"}, {"wait_for": "session.update"}, {"say": spoken}],
        "agent": [
            {"say": plants.words("answered")},
            {"call": "lookup", "arguments": {"card": plants.words("argument")}},
            {"fail": "server_error", "message": plants.words("failed")},
        ],
        "faults": [
            {"path": "/v1/realtime?model=refused", "status": 401, "body": quoting(refused, KEY), "times": 9},
            {"path": "/v1/realtime?model=busy", "status": 429, "body": quoting(refused), "times": 9},
            {"path": "/v1/realtime?model=broken", "status": 400, "body": f"<p>{refused}", "times": 9},
            {"path": RESPONSES, "status": 400, "body": quoting(spoken, KEY), "times": 9},
        ],
    }


@pytest.mark.parametrize("shape", ["json", "text"])
async def test_a_conversation_full_of_secrets_leaves_none(tmp_path: Path, plants: Plants, shape: str) -> None:
    """Through both doors, by a call, and over HTTP: of octi as a process of its own, with all that it prints."""
    settings = {
        "OCTI_LOG_LEVEL": "debug",
        "OCTI_LOG_LEVELS": LOUD,
        "OCTI_LOG_FORMAT": shape,
        "SIDEBAND_DEBUG_EVENTS": "true",
        "OCTI_SYSTEM_PROMPT": plants.words("prompt"),
    }
    async with simulating(script_of(plants), 0.001) as provider:
        env = provider_env(provider.simulator.url) | settings
        async with octi_process(tmp_path, env) as octi:
            with trio.fail_after(2 * SOON_S):
                await over_http(octi, plants)
                await through_realtime(octi, plants)
                await through_octi(octi, plants)
                await by_a_call(octi, provider, plants)
                await in_vain(octi)
            assert await octi.end(signal.SIGTERM) == 0
    log = octi.errors.read_text(encoding="utf-8")
    told = {"session started", "session ended", "leg opened", "leg not opened", "turn", "request", "provider request"}
    assert {event for event in (*told, "extraction", "octi has stopped") if event not in log} == set()
    assert plants.found_in(log) == {}


async def over_http(octi: Octi, plants: Plants) -> None:
    """Whatever a request may carry."""
    headers = {
        "Authorization": f"Bearer {plants.note('a header', 'not-a-known-shape-of-key')}",
        "Cookie": f"a={plants.note('a cookie', 'cookie-0123456789')}",
        "User-Agent": plants.note("an agent", "agent-0123456789"),
        "Referer": f"https://example.com/?{plants.note('a referer', 'referer-0123456789')}",
        "X-Request-Id": plants.note("a request's name", "sk-0123456789abcdef"),
    }
    query, path = plants.note("a query", "query-0123456789"), plants.note("a path", "ek_0123456789abcdef")
    for where in ("/sessions", "/health", f"/sessions/{path}", f"/{path}/%0aforged%1b"):
        answer = await octi.http.get(f"{octi.base}{where}?token={query}", headers=headers)
        assert answer.headers["X-Request-Id"] != headers["X-Request-Id"]
    body = plants.words("body")
    wrong = {body: body, "session": body, "voice": [body], "sessionId": body, "callId": body}
    for where in ("/session", "/sessions", "/token", SECRETS, "/extract-profile", "/session/call"):
        await octi.http.post(octi.base + where, content=body.encode())
        await octi.ask(where, wrong)
    made = await octi.post("/sessions", {"instructions": plants.words("told")})
    plants.note("a session's secret", made["clientSecret"])
    noted = await octi.ask(f"/sessions/{made['id']}/instructions", {"text": plants.words("noted")})
    assert noted.status_code in {200, 400}, noted.text
    preset = {"type": "realtime", "instructions": plants.words("preset")}
    plants.note("a client secret", (await octi.post(SECRETS, {"session": preset}))["value"])


async def through_realtime(octi: Octi, plants: Plants) -> None:
    """What an SDK does, and what none should."""
    with suppress(UpgradeRefused, ConnectionClosed):
        async with octi.socket("/v1/realtime?model=m", plants.note("a wrong secret", "ek_wrong_secret_0123")) as socket:
            await socket.end()
    async with octi.socket("/v1/realtime?model=m", plants.by_name["a client secret"]) as socket:
        await socket.until("session.created")
        await socket.ask(update(instructions=plants.words("instructed"), tools=[LOOKUP]))
        await socket.until("session.updated")
        await socket.ask({"type": "input_audio_buffer.append", "audio": b64encode(TONE).decode()})
        await socket.ask(typed(plants.words("typed")), {"type": "response.create"})
        await socket.until("response.done")
        await socket.ask({"type": "response.create"})
        (called,) = [each for each in await socket.until("response.done") if each["type"].endswith("arguments.done")]
        await socket.ask(output_of(called["call_id"], plants.words("output")), {"type": "response.create"})
        await socket.until("response.done")
        nonsense = plants.words("nonsense")
        await socket.ask({"type": nonsense}, update(voice=nonsense, **{nonsense: nonsense}))
        await socket.socket.send_message("{" + nonsense)
        await leave(socket, plants.words("bye"))


async def through_octi(octi: Octi, plants: Plants) -> None:
    """The same by the other door."""
    async with octi.socket("/ws/realtime") as socket:
        await socket.until("ready")
        await socket.socket.send_message(TONE)
        await socket.ask({"type": "user_text", "text": plants.words("written")})
        await socket.until("transcript")
        nonsense = plants.words("gibberish")
        await socket.ask({"type": nonsense})
        await socket.until("error")
        await socket.socket.send_message("{" + nonsense)
        await leave(socket, plants.words("ciao"))


async def by_a_call(octi: Octi, provider: Client, plants: Plants) -> None:
    """Whose profile cannot be extracted."""
    made = await octi.post("/session", {"voice": "alloy", "enableTranscription": True})
    call = await provider.call(plants.note("a call's secret", made["clientSecret"]))
    await octi.post("/session/call", {"sessionId": made["sessionId"], "callId": call})
    await octi.said(made["sessionId"], plants.by_name["spoken"])
    assert (await octi.ask("/extract-profile", {"sessionId": made["sessionId"]})).status_code == 502
    await octi.get(f"/sessions/{made['sessionId']}/transcript")
    await octi.ask(f"/sessions/{made['sessionId']}", method="DELETE")
    await octi.state(made["sessionId"], "ended")


async def in_vain(octi: Octi) -> None:
    """The provider lets nobody in."""
    for model in ("refused", "busy", "broken"):
        with suppress(UpgradeRefused, ConnectionClosed):
            async with octi.socket(f"/v1/realtime?model={model}") as socket:
                await socket.end()


async def leave(socket: Words, reason: str) -> None:
    await socket.socket.aclose(4000, reason)


# What a provider says at the worst moment, and a crash with all of it at hand


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The log of this process, in the shape that shows most."""
    with restored_logs():
        stream = StringIO()
        set_up_logs("debug", json=False, levels=dict.fromkeys(LogPart, LogLevel.DEBUG), secrets=[KEY], stream=stream)
        yield stream


def event(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "event_id": "e", **fields})


SESSION = {"type": "realtime", "id": "sess_1", "audio": {"input": {}, "output": {}}}


async def talk_with(provider: ScriptedProvider) -> None:
    """One session, until the provider ends it."""
    async with octi_here(provider_env(provider.url)) as octi:
        with suppress(ConnectionClosed):
            async with octi.socket("/v1/realtime?model=m") as socket:
                with trio.fail_after(SOON_S):
                    await socket.end()


@pytest.mark.parametrize("code", [1011, 3000, 1000, 4001])
async def test_a_provider_that_quotes_at_its_end_is_not_quoted(plants: Plants, log: StringIO, code: int) -> None:
    """In an error, in an event that is none of the protocol's, and in its goodbye."""

    async def converse(socket: WebSocketConnection) -> None:
        words = plants.words("quoted")
        await socket.send_message(event("session.created", session=SESSION))
        await socket.get_message()
        await socket.send_message(event("session.updated", session=SESSION))
        await socket.send_message(event("error", error=dict.fromkeys(("message", "type", "code", "param"), words)))
        await socket.send_message(event(words, text=words))
        await socket.aclose(code, f"{words} {KEY}")

    async with providing(accepts(converse)) as provider:
        await talk_with(provider)
    text = log.getvalue()
    assert "leg lost" in text
    assert plants.found_in(text) == {}


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_a_provider_that_quotes_at_the_door_is_not_quoted(plants: Plants, log: StringIO, status: int) -> None:
    """Its request's id is told, if it is one."""
    body = json.dumps(quoting(plants.words("quoted"), KEY))
    head = f"HTTP/1.1 {status} So\r\nX-Request-Id: req_{status}\r\nContent-Length: {len(body)}\r\n\r\n"
    async with providing(answers((head + body).encode())) as provider:
        await talk_with(provider)
    text = log.getvalue()
    assert "leg not opened" in text
    assert f"provider_request='req_{status}'" in text
    assert plants.found_in(text) == {}


async def test_a_crash_tells_where_and_not_what(plants: Plants, log: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """With words in the variables, in the error, and in the one behind it."""
    words = plants.words("crashed")

    def crash(self: Ledger, told: object) -> None:
        row = {"text": words, "told": told}
        try:
            row["no such field, but " + words]
        except KeyError as error:
            raise ValueError(f"not in {row}") from error

    async def converse(socket: WebSocketConnection) -> None:
        await socket.send_message(event("session.created", session=SESSION))
        await socket.get_message()
        monkeypatch.setattr(Ledger, "fold", crash)
        await socket.send_message(event("session.updated", session=SESSION))
        with suppress(ConnectionClosed):
            await socket.get_message()

    async with providing(accepts(converse)) as provider:
        await talk_with(provider)
    text = log.getvalue()
    assert "a session's task crashed" in text
    assert text.count("test_nothing_is_told.py") >= 2
    assert re.search(r"^[ |]*ValueError$", text, re.MULTILINE)
    assert plants.found_in(text) == {}


# Where words are asked for


async def test_transcripts_are_logged_as_they_are_stored_where_they_are(tmp_path: Path, plants: Plants) -> None:
    """Each turn with its words, redacted; and nothing else that is a secret."""
    settings = {"OCTI_LOG_TRANSCRIPTS": "true", "OCTI_REDACT": "email,card"}
    settings["OCTI_SYSTEM_PROMPT"] = plants.words("prompt")
    plants.note("an address", "anna@example.com")
    plants.note("a card", "4111 1111 1111 1111")
    async with simulating({"agent": [{"say": "Is it anna@example.com?"}]}, 0.001) as provider:
        env = provider_env(provider.simulator.url) | settings
        async with octi_process(tmp_path, env) as octi:
            async with octi.socket("/ws/realtime") as socket:
                with trio.fail_after(SOON_S):
                    await socket.until("ready")
                    await socket.ask({"type": "user_text", "text": "My card is 4111 1111 1111 1111."})
                    await socket.until("transcript")
                    await leave(socket, "bye")
            assert await octi.end(signal.SIGTERM) == 0
    turns = [(line["role"], line["text"]) for line in octi.log if line["event"] == "turn"]
    assert ("user", "My card is [card].") in turns
    assert ("assistant", "Is it [email]?") in turns
    assert plants.found_in(octi.errors.read_text(encoding="utf-8")) == {}


async def test_a_password_of_the_store_is_not_told(tmp_path: Path) -> None:
    """Nor is it when the store cannot be reached."""
    env = {"OCTI_STORE_URL": "postgresql://octi:hunter2-and-more@127.0.0.1:1/octi", "OCTI_LOG_LEVEL": "debug"}
    with pytest.raises(AssertionError) as caught:
        await octi_process(tmp_path, env).__aenter__()
    log = str(caught.value)
    assert "127.0.0.1:1" in log
    assert "hunter2" not in log
