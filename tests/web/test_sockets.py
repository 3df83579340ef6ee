"""The doors: who is let in, who is refused and how, and what a session is given. In memory, on virtual time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import attrs
import h11
import msgspec
import pytest
import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.worker_context import WorkerContext
from structlog.testing import capture_logs
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream
from websockets.datastructures import Headers

from octi.config import read_config
from octi.front import Connection, Limits, hypercorn_config
from octi.observe.base import Observer
from octi.observe.metrics import Metrics
from octi.records import SessionRecord, SessionState
from octi.services import Services
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import FreshSetup, TranscriptionSetup, Upstream
from octi.upstream.embedded import Embedded
from octi.web.app import create_app
from octi.web.sockets import ANSWER_S, DOORS, Sockets, setup_for
from octi.websocket.base import Leg, LegClosed
from octi.websocket.handshake import Upgrade
from tests.cassette.tapes import only, recorder
from tests.exposed import Exposed
from tests.parts import NOWHERE, node
from tests.providers import NOBODY, QUIET, Legs, legs_to
from tests.streams import WindowStream, window_stream_pair

PLAIN = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="", created_at=1.0)
KEYED = ("realtime", "openai-insecure-api-key.sk-secret", "openai-organization.org")
GOOD = {
    "Host": "octi",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Broken:
    """A bug: opening a leg raises what nobody expects."""

    name = "broken"

    def open(self, model: str) -> AbstractAsyncContextManager[Leg]:
        raise ValueError("a bug")


@attrs.define(eq=False)
class Octi:
    """One node in memory, with one way in."""

    outside: trio.Nursery
    services: Services
    provider: Legs
    _serving: list[trio.CancelScope] = attrs.field(factory=list)

    def connect(self, window: int = 65_536) -> WindowStream:
        """A client's end of a connection that is served."""
        near, far = window_stream_pair(window)
        app, config = ASGIWrapper(cast(Any, create_app(self.services))), hypercorn_config(Limits())
        stream, sockets = cast(trio.SocketStream, far), Sockets(self.services)
        self.outside.start_soon(self._serve, Connection(app, config, WorkerContext(None), {}, sockets, stream))
        return near

    async def _serve(self, connection: Connection) -> None:
        with trio.CancelScope() as serving:
            self._serving.append(serving)
            await connection.run()

    def cancel(self) -> None:
        """As at the end of the graceful time."""
        for serving in self._serving:
            serving.cancel()

    @asynccontextmanager
    async def visit(
        self, path: str, subprotocols: Sequence[str] = (), headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> AsyncIterator[WebSocketConnection]:
        """A client, of a library that is not octi's."""
        stream = self.connect()
        async with stream, trio.open_nursery() as reading:
            yield await wrap_client_stream(
                reading, cast(Any, stream), "octi", path, subprotocols=subprotocols, extra_headers=list(headers)
            )
            reading.cancel_scope.cancel()

    @property
    def store(self) -> MemoryStore:
        return cast(MemoryStore, self.services.store)


def services_with(upstream: Upstream | None = None, nursery: trio.Nursery = NOWHERE, **env: str) -> Services:
    return node(upstream or NOBODY, nursery, config=read_config(env))


@asynccontextmanager
async def open_octi(scenario: str = QUIET, **env: str) -> AsyncIterator[Octi]:
    """With a provider that goes by a scenario; where none is given nobody need come to it."""
    async with legs_to(scenario, judge=scenario is not QUIET) as legs, trio.open_nursery() as outside:
        yield Octi(outside, services_with(legs, outside, **env), legs)
        outside.cancel_scope.cancel()


@pytest.fixture(autouse=True)
def _fresh_log() -> None:
    structlog.reset_defaults()


def asking(path: str = "/ws/realtime", method: str = "GET", **headers: str | None) -> bytes:
    """An upgrade that is good, but for what is said: a header's name with underscores; None takes it away."""
    said = GOOD | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def answer_to(octi: Octi, said: bytes) -> tuple[int, dict[str, str], str]:
    """What a client is answered: status, headers (names in lower case), body."""
    async with octi.connect() as stream:
        await stream.send_all(said)
        return await read_answer(stream)


async def read_answer(stream: trio.abc.ReceiveStream) -> tuple[int, dict[str, str], str]:
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=list(GOOD.items())))
    reader.send(h11.EndOfMessage())
    head: h11.Response | h11.InformationalResponse | None = None
    body = b""
    while True:
        match event := reader.next_event():
            case h11.NEED_DATA:
                reader.receive_data(bytes(await stream.receive_some()))
            case h11.Response() | h11.InformationalResponse():
                head = event
            case h11.Data():
                body += event.data
            case _:
                assert head is not None
                return head.status_code, {name.decode(): value.decode() for name, value in head.headers}, body.decode()


@pytest.mark.parametrize(("peer", "client"), [("10.0.0.1", "203.0.113.7"), ("198.51.100.1", "198.51.100.1")])
async def test_a_socket_through_a_trusted_proxy_is_logged_as_its_clients(peer: str, client: str) -> None:
    """Anybody else is named himself, whatever he says."""
    headers = Headers([("X-Forwarded-For", "192.0.2.9"), ("X-Forwarded-For", "203.0.113.7")])
    near, far = window_stream_pair(65_536)
    await near.send_eof()
    with capture_logs() as lines:
        sockets = Sockets(services_with(OCTI_TRUSTED_PROXIES="10.0.0.0/8"))
        await sockets(Upgrade("GET", "/nowhere", headers, b"", peer), far)
    assert [(line["status"], line["client"]) for line in lines] == [(404, client)]


async def end_of(client: WebSocketConnection) -> tuple[int, str | None]:
    """How a connection ends, whatever is said before."""
    while client.closed is None:
        with suppress(ConnectionClosed):
            await client.get_message()
    return client.closed.code, client.closed.reason


# Let in


@pytest.mark.parametrize(
    ("path", "door"),
    [("/ws/realtime", "octi"), ("/v1/realtime?model=m", "realtime"), ("/realtime?model=m", "realtime")],
)
async def test_each_door_opens_a_session(path: str, door: str, autojump_clock: MockClock) -> None:
    """It is live while its client is there; afterwards it stands in the store, ended by the client."""
    async with open_octi() as octi:
        async with octi.visit(path) as client:
            await client.get_message()
            assert len(octi.services.live) == 1
            await client.aclose()
        await octi.services.live.wait_empty()
        (record,) = await octi.store.sessions()
    assert record.door == door
    assert (record.state, record.ended_by, record.upstream) == (SessionState.ENDED, "client", "simulated")
    assert record.model == ("m" if "model" in path else "gpt-realtime")


async def test_what_came_behind_the_upgrade_is_heard(autojump_clock: MockClock) -> None:
    """A client need not wait for the answer before it speaks."""
    async with open_octi() as octi, octi.connect() as stream:
        await stream.send_all(asking() + b"\x88\x82\0\0\0\0\x03\xe8")
        assert (await read_answer(stream))[0] == 101
        await octi.services.live.wait_empty()
        (record,) = await octi.store.sessions()
    assert record.ended_by == "client"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(KEYED, "realtime"), (("realtime",), "realtime"), ((), None), (KEYED[1:], None), (("octi.v1",), None)],
)
async def test_realtime_is_the_only_sub_protocol(
    offered: tuple[str, ...], chosen: str | None, autojump_clock: MockClock
) -> None:
    """Alone, whatever stood beside it: the others carry keys."""
    async with open_octi() as octi, octi.visit("/v1/realtime", offered) as client:
        assert client.subprotocol == chosen


async def test_compression_is_not_granted(autojump_clock: MockClock) -> None:
    async with open_octi() as octi:
        offer = "permessage-deflate; client_max_window_bits"
        status, headers, _ = await answer_to(octi, asking(Sec_WebSocket_Extensions=offer))
    assert status == 101
    assert "sec-websocket-extensions" not in headers


# Refused


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (asking("/nowhere"), 404),
        (asking("/"), 404),
        (asking("//["), 404),
        (asking(Sec_WebSocket_Version="8"), 400),
        (asking(Sec_WebSocket_Version=None), 400),
        (asking(Sec_WebSocket_Key=None), 400),
        (asking(Connection=None), 426),
        (asking(method="POST"), 405),
        (asking(Content_Length="5") + b"hello", 400),
    ],
    ids=[
        "path",
        "front",
        "odd",
        "version",
        "no version",
        "no key",
        "half",
        "POST",
        "body",
    ],
)
async def test_who_is_refused_is_told_why(said: bytes, status: int, autojump_clock: MockClock) -> None:
    """In HTTP, at once, with a sentence; no session begins."""
    async with open_octi() as octi:
        told, headers, body = await answer_to(octi, said)
        assert (told, headers["connection"]) == (status, "close")
        assert len(body) > 20
        assert trio.current_time() == 0
        assert (await octi.store.sessions(), len(octi.services.live)) == ([], 0)


async def test_another_version_is_told_which_is_spoken(autojump_clock: MockClock) -> None:
    async with open_octi() as octi:
        _, headers, _ = await answer_to(octi, asking(Sec_WebSocket_Version="8"))
    assert headers["sec-websocket-version"] == "13"


async def test_an_unknown_path_is_told_the_known_ones(autojump_clock: MockClock) -> None:
    async with open_octi() as octi:
        _, _, body = await answer_to(octi, asking("/nowhere"))
    assert all(path in body for path in DOORS)


async def test_nobody_is_let_in_while_octi_drains(autojump_clock: MockClock) -> None:
    """503, and when to come back."""
    async with open_octi() as octi:
        octi.services.live.draining.set()
        status, headers, _ = await answer_to(octi, asking())
    assert (status, headers["retry-after"]) == (503, "5")


async def test_who_knocks_and_who_is_refused_is_counted(autojump_clock: MockClock) -> None:
    """By door and status; one who is only told in band why he may not come in is refused all the same."""
    metrics = Metrics()
    async with open_octi() as octi:
        octi.services = attrs.evolve(octi.services, observer=Observer(meter=metrics))
        await answer_to(octi, asking("/nowhere"))
        page = [(b"origin", b"http://localhost:5173"), (b"authorization", b"Bearer ek_nobody_knows_this")]
        async with octi.visit("/v1/realtime", headers=page) as client:
            with suppress(ConnectionClosed):
                while True:
                    await client.get_message()
        octi.services.live.draining.set()
        await answer_to(octi, asking())
    told, name = Exposed(metrics.families()), "octi_http_request_seconds_count"
    assert told.value(name, method="GET", route="other", status="4xx") == 1
    assert told.value(name, method="GET", route="/v1/realtime", status="1xx") == 1
    assert told.value(name, method="GET", route="/ws/realtime", status="5xx") == 1
    refused = {reason: told.value("octi_sessions_refused_total", reason=reason) for reason in REASONS}
    assert refused == {"invalid_api_key": 1, "restarting": 1, "full": 0}


REASONS = ("invalid_api_key", "restarting", "full")


BROWSERS = {"protocol": (KEYED, []), "page": ((), [(b"origin", b"http://localhost:5173")])}


async def told_in_band(client: WebSocketConnection) -> tuple[dict[str, Any], int, str | None]:
    """The only event that a client gets who is turned away, and how it is closed."""
    event = msgspec.json.decode(await client.get_message())
    with pytest.raises(ConnectionClosed):
        await client.get_message()
    assert client.closed is not None
    return event, client.closed.code, client.closed.reason


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("path", ["/v1/realtime", "/ws/realtime"])
async def test_a_browser_is_told_in_band(path: str, browser: str, autojump_clock: MockClock) -> None:
    """No status of a refused upgrade reaches a page, so the refusal comes behind the 101."""
    offered, headers = BROWSERS[browser]
    async with open_octi() as octi:
        octi.services.live.draining.set()
        async with octi.visit(path, offered, headers) as client:
            event, code, reason = await told_in_band(client)
        assert (await octi.store.sessions(), len(octi.services.live)) == ([], 0)
    assert (event["type"], code, reason) == ("error", 1012, "restarting")
    assert "restarting" in str(event)


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/v1/realtime?model=m", [(b"OpenAI-Beta", b"realtime=v1")], "beta_api_shape_disabled"),
        ("/v1/realtime?model=m&intent=transcription", [], "invalid_model"),
    ],
)
async def test_the_realtime_door_turns_away_as_the_provider_does(
    path: str, headers: list[tuple[bytes, bytes]], code: str, autojump_clock: MockClock
) -> None:
    """Everybody in band, with a close of the provider's own (protocol 4.3)."""
    async with open_octi() as octi:
        async with octi.visit(path, headers=headers) as client:
            event, close, reason = await told_in_band(client)
        assert (await octi.store.sessions(), len(octi.services.live)) == ([], 0)
    assert (event["error"]["type"], event["error"]["code"]) == ("invalid_request_error", code)
    assert (close, reason) == (4000, f"invalid_request_error.{code}")


@pytest.mark.parametrize(
    "path", ["/v1/realtime?call_id=rtc_1", "/v1/realtime?intent=transcription", "/ws/realtime?intent=transcription"]
)
async def test_what_is_not_served_is_told_in_band(path: str, autojump_clock: MockClock) -> None:
    """Calls, transcriptions of who has none, and both at the other door; never with a normal close."""
    async with open_octi() as octi:
        async with octi.visit(path) as client:
            event, close, reason = await told_in_band(client)
        assert (await octi.store.sessions(), len(octi.services.live)) == ([], 0)
    assert (event["type"], close, reason) == ("error", 1008, "not_served")


@attrs.define(eq=False)
class Stenographer:
    """Whoever transcribes: hears one turn, and then only what it is asked."""

    asked: list[dict[str, Any]] = attrs.field(factory=list)

    async def transcribe(self, leg: Leg, model: str) -> None:
        session = {"type": "transcription", "object": "realtime.transcription_session", "id": "sess_1"}
        self._tell(leg, "session.created", session=session)
        self.asked.append(msgspec.json.decode((await leg.receive())[0].data) | {"model": model})
        self._tell(leg, "session.updated", session=session)
        item = {"id": "item_1", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
        self._tell(leg, "input_audio_buffer.committed", item_id="item_1", previous_item_id=None)
        self._tell(leg, "conversation.item.added", item=item, previous_item_id=None)
        words = {"item_id": "item_1", "content_index": 0, "transcript": "hello"}
        self._tell(leg, "conversation.item.input_audio_transcription.completed", **words)
        with suppress(LegClosed):
            while True:
                self.asked += [msgspec.json.decode(message.data) for message in await leg.receive()]

    def _tell(self, leg: Leg, kind: str, **fields: Any) -> None:
        leg.send(msgspec.json.encode({"type": kind, "event_id": "event_1", **fields}))


async def test_a_transcription_is_kept_and_nobody_is_told_anything(autojump_clock: MockClock) -> None:
    """It is asked for as one, of no model; what its user says is stored; instructions have nobody to go to."""
    writer = Stenographer()
    async with open_octi() as octi:
        octi.services = attrs.evolve(octi.services, upstream=Embedded(refuse_model, transcribe=writer.transcribe))
        async with octi.visit("/v1/realtime?intent=transcription") as client:
            created = msgspec.json.decode(await client.get_message())
            while "transcription.completed" not in str(await client.get_message()):
                pass
            (name,) = [record.id for record in await octi.store.sessions()]
            octi.services.live.steer(name, "Be brief.")
            await trio.sleep(1)
        await octi.services.live.wait_empty()
        (record,) = await octi.store.sessions()
        turns = await octi.store.turns(record.id)
    assert (created["type"], created["session"]["type"]) == ("session.created", "transcription")
    assert [(turn.role.value, turn.text) for turn in turns] == [("user", "hello")]
    assert (record.model, record.voice, record.ended_by) == ("", "", "client")
    (update,) = writer.asked
    assert (update["session"]["type"], update["model"], "tools" in update["session"]) == ("transcription", "", False)


async def test_the_octi_door_knows_no_beta(autojump_clock: MockClock) -> None:
    async with open_octi() as octi, octi.visit("/ws/realtime", headers=[(b"OpenAI-Beta", b"realtime=v1")]) as client:
        assert msgspec.json.decode(await client.get_message())["type"] == "ready"


async def refuse_model(leg: Leg, model: str) -> None:
    """Turns everybody away, as a provider does."""
    error = {"type": "invalid_request_error", "code": "invalid_model", "message": f"no {model}", "param": "model"}
    leg.send(msgspec.json.encode({"type": "error", "event_id": "e1", "error": error}))
    await leg.close(4000, "invalid_request_error.invalid_model")


@pytest.mark.parametrize(
    ("query", "kind", "code", "close", "by"),
    [
        ("?model=nonsense", "invalid_request_error", "invalid_model", 4000, "client"),
        ("", "server_error", "upstream_refused", 1011, "provider"),
    ],
)
async def test_a_model_that_cannot_be_is_the_fault_of_who_chose_it(
    query: str, kind: str, code: str, close: int, by: str, autojump_clock: MockClock
) -> None:
    """The client, if it named one; else octi's settings did."""
    async with open_octi() as octi:
        octi.services = attrs.evolve(octi.services, upstream=Embedded(refuse_model))
        async with octi.visit(f"/v1/realtime{query}") as client:
            event, closed, reason = await told_in_band(client)
        await octi.services.live.wait_empty()
        (record,) = await octi.store.sessions()
    assert (event["error"]["type"], event["error"]["code"], closed) == (kind, code, close)
    assert record.ended_by == by
    assert close != 4000 or reason == "invalid_request_error.invalid_model"


@pytest.mark.parametrize(("path", "status"), [("/ws/realtime", 101), ("/nowhere", 404)])
async def test_an_upgrade_has_a_name_as_every_request(autojump_clock: MockClock, path: str, status: int) -> None:
    """Its answer tells it; where it is let in, all its session's lines have it."""
    async with open_octi() as octi:
        answered, headers, _ = await answer_to(octi, asking(path, X_Request_Id="shop-7"))
        assert (answered, headers["x-request-id"]) == (status, "shop-7")
        _, other, _ = await answer_to(octi, asking(path))
        assert other["x-request-id"] != "shop-7"


async def test_a_refusal_in_band_is_in_the_log(autojump_clock: MockClock) -> None:
    """A browser reads no status of an upgrade, so that says 101; whoever can read one is told at once."""
    with capture_logs() as lines:
        async with open_octi() as octi:
            await answer_to(octi, asking(Authorization="Bearer ek_unknown_here"))
            await answer_to(octi, asking(Authorization="Bearer ek_unknown_here", Origin="http://localhost:5173"))
    told = [(line["status"], line["refused"]) for line in lines if line["event"] == "socket"]
    assert told == [(401, "invalid_api_key"), (101, "invalid_api_key")]


async def test_a_session_that_lasts_too_long_is_told_so(autojump_clock: MockClock) -> None:
    """In the provider's words, before the close."""
    async with open_octi(OCTI_MAX_SESSION_SECONDS="90") as octi, octi.visit("/v1/realtime") as client:
        await client.get_message()
        event, close, _ = await told_in_band(client)
    assert (event["error"]["code"], close) == ("session_expired", 1001)
    assert event["error"]["message"] == "Your session hit the maximum duration of 1.5 minutes."


async def test_a_refused_client_that_talks_on_harms_nobody(autojump_clock: MockClock) -> None:
    """The frame that ended the process: behind a refused upgrade, or after the refusal was read."""
    async with open_octi() as octi:
        async with octi.connect() as stream:
            await stream.send_all(asking("/nowhere") + b"\x81\x81\0\0\0\0a")
            assert (await read_answer(stream))[0] == 404
            await stream.send_all(b"\x81\x81\0\0\0\0a")
            assert await stream.receive_some() == b""
        async with octi.visit("/ws/realtime") as client:
            await client.get_message()


async def test_a_refused_client_that_stays_is_let_go(autojump_clock: MockClock) -> None:
    """One second after it was told."""
    async with open_octi() as octi, octi.connect() as stream:
        await stream.send_all(asking("/nowhere"))
        await trio.sleep(1.01)
        with pytest.raises(trio.BrokenResourceError):
            await stream.send_all(b"still here")


async def test_a_client_that_does_not_take_the_answer_is_let_go(autojump_clock: MockClock) -> None:
    async with open_octi() as octi, octi.connect(window=64) as stream:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, asking())
            await trio.sleep(ANSWER_S + 0.01)
        with pytest.raises(trio.BrokenResourceError):
            await stream.send_all(b"still here")
        assert (await octi.store.sessions(), len(octi.services.live)) == ([], 0)


# How sessions end for their clients


async def test_a_drain_is_told_to_clients(autojump_clock: MockClock) -> None:
    """1012: come back, there will be another octi."""
    async with open_octi() as octi, octi.visit("/ws/realtime") as client:
        await client.get_message()
        octi.services.live.draining.set()
        assert (await end_of(client))[0] == 1012
        await octi.services.live.wait_empty()


async def test_a_client_that_fails_on_1012_is_told_that_octi_goes_away(autojump_clock: MockClock) -> None:
    """1001, by what it calls itself; headers that come twice are no more than that."""
    headers = [(b"User-Agent", b"OpenAI/2.2.0 (.NET 8.0.11; Linux)"), (b"User-Agent", b"mine")]
    async with open_octi() as octi, octi.visit("/v1/realtime", headers=headers) as client:
        await client.get_message()
        octi.services.live.draining.set()
        assert (await end_of(client))[0] == 1001


async def test_a_stop_is_told_to_clients(autojump_clock: MockClock) -> None:
    """Cancelled, as at the end of the graceful time, a session still says goodbye."""
    async with open_octi() as octi, octi.visit("/ws/realtime") as client:
        await client.get_message()
        octi.cancel()
        assert (await end_of(client))[0] == 1001
        await octi.services.live.wait_empty()


async def test_a_crash_is_no_normal_closure(autojump_clock: MockClock) -> None:
    """1011, whatever it was that nobody expected."""
    async with open_octi() as octi:
        octi.services = attrs.evolve(octi.services, upstream=Broken())
        async with octi.visit("/ws/realtime") as client:
            assert (await end_of(client))[0] == 1011
        await octi.services.live.wait_empty()
        (record,) = await octi.store.sessions()
        assert record.ended_by == "octi"


async def test_a_message_over_the_limit_ends_the_session(autojump_clock: MockClock) -> None:
    """The limit is configured; 1009 says that it was the size."""
    async with open_octi(OCTI_MAX_MESSAGE_BYTES="2000") as octi, octi.visit("/v1/realtime") as client:
        await client.get_message()
        await client.send_message(msgspec.json.encode({"type": "nothing", "pad": "x" * 2000}).decode())
        assert (await end_of(client))[0] == 1009
        await octi.services.live.wait_empty()
        (record,) = await octi.store.sessions()
        assert "1009" in (record.end_reason or "")


# What is asked of a session


def test_a_session_is_set_up_as_configured() -> None:
    """The client may only say who ends its turns."""
    agent = read_config({"OCTI_DEFAULT_VOICE": "marin"}).agent
    setup = setup_for(agent, PLAIN, {"model": "m"}, "Be kind.")
    assert isinstance(setup, FreshSetup)
    assert (setup.instructions, setup.prompt_id, setup.voice) == ("Be kind.", None, "marin")
    assert setup.turn_detection == "server_vad"
    silent = setup_for(agent, PLAIN, {"turn_detection": "none"}, "")
    assert isinstance(silent, FreshSetup)
    assert silent.turn_detection is None


def test_a_session_that_only_transcribes_is_set_up_as_one() -> None:
    """As its maker wants it, and with nothing that is for an agent."""
    record = attrs.evolve(
        PLAIN, config='{"type":"transcription","include":["item.input_audio_transcription.logprobs"]}'
    )
    setup = setup_for(read_config({}).agent, record, {"turn_detection": "none"}, "Be kind.")
    assert isinstance(setup, TranscriptionSetup)
    session = msgspec.json.decode(setup.update())["session"]
    assert session["type"] == "transcription"
    assert session["include"] == ["item.input_audio_transcription.logprobs"]
    assert session["audio"]["input"]["turn_detection"] is None
    assert setup.instructions is None


def test_a_session_is_set_up_as_its_maker_wanted() -> None:
    """Its own voice and configuration, octi's functions beside its own, and no instructions where there are none."""
    agent = read_config({}).agent
    wanted = {"output_modalities": ["text"], "tools": [{"type": "function", "name": "book_table"}]}
    record = attrs.evolve(PLAIN, voice="ash", config=msgspec.json.encode(wanted).decode())
    setup = setup_for(agent, record, {}, "", [{"type": "function", "name": "extract_profile"}])
    assert isinstance(setup, FreshSetup)
    session = setup.session()
    assert (setup.instructions, setup.voice, session["output_modalities"]) == (None, "ash", ["text"])
    assert [tool["name"] for tool in session["tools"]] == ["book_table", "extract_profile"]


async def test_a_socket_is_one_line(autojump_clock: MockClock) -> None:
    """With the path and the status, and without the query, which may hold a key."""
    async with open_octi() as octi:
        with capture_logs() as lines:
            await answer_to(octi, asking("/nowhere?api_key=secret"))
    (line,) = [line for line in lines if line["event"] == "socket"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/nowhere", 404)
    assert "secret" not in str(line)


async def test_a_session_is_recorded_if_that_is_asked_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Both of its sides."""
    async with open_octi() as octi:
        octi.services = attrs.evolve(octi.services, taping=recorder(tmp_path))
        async with octi.visit("/v1/realtime?model=m") as client:
            await client.get_message()
            await client.aclose()
        await trio.sleep(10)
    cassette = only(tmp_path)
    assert (cassette.legs("client"), cassette.legs("provider"), cassette.complete) == ([1], [1], True)
