"""Sockets that open a session which was made over HTTP: by its secret, or by its name."""

from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock
from trio_websocket import WebSocketConnection
from websockets.datastructures import Headers

from octi.directory.wishes import Wish
from octi.records import Extraction, SessionRecord, SessionState
from octi.web.visits import secret_in
from tests.providers import VOICE
from tests.web.test_sockets import Octi, answer_to, asking, end_of, open_octi

DOORS = ["/ws/realtime", "/v1/realtime"]
WISH = Wish(instructions="Be brief.", voice="ash", extraction=Extraction.TOOL)


def keyed(secret: str) -> list[str]:
    """What a browser offers."""
    return ["realtime", f"openai-insecure-api-key.{secret}"]


async def made(octi: Octi, wish: Wish = WISH) -> tuple[SessionRecord, str]:
    """A session that was made over HTTP, and its secret."""
    record = await octi.services.directory.make(wish)
    return record, (await octi.services.directory.mint(record, {}, direct=False)).value


async def stored(octi: Octi, record: SessionRecord) -> SessionRecord:
    """The session as it is kept, once nobody has it."""
    with trio.fail_after(3600):
        await octi.services.live.wait_left(record.id)
    found = await octi.store.session(record.id)
    assert found is not None
    return found


async def hello(client: WebSocketConnection) -> dict[str, Any]:
    """What a client is told first."""
    return msgspec.json.decode(await client.get_message(), type=dict[str, Any])


async def refusal(octi: Octi, path: str, secret: str = "") -> int:
    """The status that an upgrade is refused with."""
    status, _, _ = await answer_to(octi, asking(path, Authorization=f"Bearer {secret}" if secret else None))
    return status


@pytest.mark.parametrize("path", DOORS)
async def test_a_secret_opens_its_session(path: str, autojump_clock: MockClock) -> None:
    """With the configuration and the instructions that its maker gave, and octi's function where that is wanted."""
    async with open_octi() as octi:
        record, secret = await made(octi)
        async with octi.visit(path, keyed(secret)) as client:
            await hello(client)
            assert record.id in octi.services.live
        kept = await stored(octi, record)
    (update,) = octi.provider.sent("session.update")
    asked = update["session"]
    assert (kept.state, kept.ended_by) == (SessionState.ENDED, "client")
    assert asked["audio"]["output"]["voice"] == "ash"
    assert "Be brief." in asked["instructions"]
    assert [tool["name"] for tool in asked["tools"]] == ["extract_profile"]


async def test_a_realtime_client_does_not_see_octis_functions(autojump_clock: MockClock) -> None:
    """Strict SDKs raise on what they do not know."""
    async with open_octi() as octi:
        _, secret = await made(octi)
        async with octi.visit("/v1/realtime", keyed(secret)) as client:
            assert (await hello(client))["session"]["tools"] == []


@pytest.mark.parametrize("path", DOORS)
async def test_a_session_is_opened_by_its_name(path: str, autojump_clock: MockClock) -> None:
    """As well as by its secret."""
    async with open_octi() as octi:
        record, _ = await made(octi)
        async with octi.visit(f"{path}?session={record.id}") as client:
            await hello(client)
            assert record.id in octi.services.live


async def test_a_session_has_one_client_at_a_time(autojump_clock: MockClock) -> None:
    """The second is refused, the first goes on."""
    async with open_octi() as octi:
        record, secret = await made(octi)
        async with octi.visit("/ws/realtime", keyed(secret)) as client:
            await hello(client)
            assert await refusal(octi, "/ws/realtime", secret) == 409
            assert await refusal(octi, f"/v1/realtime?session={record.id}") == 409
            assert record.id in octi.services.live


async def test_a_full_octi_refuses_before_the_socket_opens(autojump_clock: MockClock) -> None:
    """All others go on in time; the next that leaves makes room."""
    async with open_octi(OCTI_MAX_SESSIONS="1") as octi:
        async with octi.visit("/ws/realtime") as client:
            await hello(client)
            status, headers, body = await answer_to(octi, asking("/ws/realtime"))
            assert (status, headers["retry-after"], body) == (503, "5", "octi is full: 1 sessions are live\n")
            await client.aclose()
        await octi.services.live.wait_empty()
        async with octi.visit("/ws/realtime") as client:
            assert (await hello(client))["type"] == "ready"


async def test_a_session_that_is_not_there_or_was_closed_is_refused(autojump_clock: MockClock) -> None:
    """With a status that says which."""
    async with open_octi() as octi:
        record, secret = await made(octi)
        await octi.services.directory.close(record.id)
        assert await refusal(octi, "/ws/realtime?session=nobody") == 404
        assert await refusal(octi, f"/ws/realtime?session={record.id}") == 410
        assert await refusal(octi, "/ws/realtime", secret) == 410
        assert len(octi.services.live) == 0


@pytest.mark.parametrize("path", DOORS)
async def test_a_wrong_secret_is_told_on_the_socket(path: str, autojump_clock: MockClock) -> None:
    """A browser reads no status of a refused upgrade: an error, then the provider's own close code."""
    async with open_octi() as octi:
        async with octi.visit(path, keyed("ek_wrong")) as client:
            error = await hello(client)
            assert error["type"] == "error"
            assert "Incorrect API key provided" in str(error)
            assert await end_of(client) == (3000, "invalid_request_error.invalid_api_key")
        assert await octi.store.sessions() == []
        assert len(octi.services.live) == 0


async def test_a_key_that_is_no_client_secret_is_not_looked_at(autojump_clock: MockClock) -> None:
    """Many SDKs insist on one."""
    async with open_octi() as octi, octi.visit("/v1/realtime", keyed("sk-anything")) as client:
        assert (await hello(client))["type"] == "session.created"


async def test_a_session_that_is_taken_up_again_knows_what_was_said(autojump_clock: MockClock) -> None:
    """Its transcript goes on behind it, and its agent is told."""
    anna = """
    [[turn]]
    heard = "my name is Anna"
    say = "hello Anna"
    """
    async with open_octi(anna) as octi:
        record, secret = await made(octi)
        for _ in range(2):
            async with octi.visit("/ws/realtime", keyed(secret)) as client:
                await hello(client)
                await client.send_message(VOICE)
                await trio.sleep(5)
            await stored(octi, record)
        turns = await octi.store.turns(record.id)
    first, second = (octi.provider.sent("session.update", leg)[0]["session"]["instructions"] for leg in (0, 1))
    assert "my name is Anna" not in first
    assert "User: my name is Anna\nYou: hello Anna" in second
    assert [turn.text for turn in turns] == ["my name is Anna", "hello Anna"] * 2
    assert [turn.position for turn in turns] == [0, 1, 2, 3]
    assert len({turn.item for turn in turns}) == 4


async def test_an_operators_note_reaches_the_live_session(autojump_clock: MockClock) -> None:
    """By a session.update with nothing but the instructions."""
    async with open_octi() as octi:
        record, secret = await made(octi)
        async with octi.visit("/ws/realtime", keyed(secret)) as client:
            await hello(client)
            steered = await octi.services.steering.note(record.id, "Say goodbye now.")
            await trio.sleep(1)
    assert steered.pushed
    _, update = octi.provider.sent("session.update")
    assert update["session"] == {"type": "realtime", "instructions": steered.instructions.text}
    assert steered.instructions.text.endswith("Say goodbye now.")


async def test_a_clients_own_instructions_keep_octis_layers(autojump_clock: MockClock) -> None:
    """They replace what the agent was told to be; what octi knows stays behind them."""
    async with open_octi() as octi:
        record, secret = await made(octi)
        await octi.services.steering.note(record.id, "It is Anna.")
        async with octi.visit("/v1/realtime", keyed(secret)) as client:
            await hello(client)
            update = {"type": "session.update", "session": {"type": "realtime", "instructions": "Speak German."}}
            await client.send_message(msgspec.json.encode(update).decode())
            await trio.sleep(5)
    updates = [update["session"]["instructions"] for update in octi.provider.sent("session.update")[1:]]
    assert updates[0] == "Speak German."
    assert updates[1].startswith("Speak German.")
    assert updates[1].endswith("It is Anna.")
    assert len(updates) == 2


async def test_a_store_that_is_away_is_told_on_the_socket(autojump_clock: MockClock) -> None:
    """Which session it is cannot be known."""
    async with open_octi() as octi:
        _, secret = await made(octi)
        octi.store.close()
        assert await refusal(octi, "/ws/realtime", secret) == 503
        assert len(octi.services.live) == 0


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"Authorization": "Bearer ek_1"}, "ek_1"),
        ({"Authorization": "bearer  ek_1 "}, "ek_1"),
        ({"Authorization": "Basic ek_1"}, None),
        ({"Authorization": "Bearer "}, None),
        ({"Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.ek_1, openai-organization.o"}, "ek_1"),
        ({"Sec-WebSocket-Protocol": "realtime"}, None),
        ({}, None),
    ],
)
def test_a_secret_comes_in_a_header_or_as_a_sub_protocol(headers: dict[str, str], secret: str | None) -> None:
    """Never in a query, which is logged on its way."""
    assert secret_in(Headers(headers)) == secret
