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

from octi.config import read_config
from octi.front import Connection, Limits, hypercorn_config
from octi.records import SessionRecord, SessionState
from octi.services import Services
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import Upstream
from octi.web.app import create_app
from octi.web.sockets import ANSWER_S, DOORS, Sockets, setup_for, unserved
from octi.websocket.base import Leg
from tests.cassette.tapes import only, recorder
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
    async def visit(self, path: str, subprotocols: Sequence[str] = ()) -> AsyncIterator[WebSocketConnection]:
        """A client, of a library that is not octi's."""
        stream = self.connect()
        async with stream, trio.open_nursery() as reading:
            yield await wrap_client_stream(reading, cast(Any, stream), "octi", path, subprotocols=subprotocols)
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
        (asking("/v1/realtime?call_id=rtc_1"), 501),
        (asking("/v1/realtime?intent=transcription"), 501),
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
        "sideband",
        "transcription",
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


@pytest.mark.parametrize(
    ("query", "served"),
    [({}, True), ({"model": "m"}, True), ({"call_id": "rtc_1"}, False), ({"intent": "transcription"}, False)],
)
def test_what_octi_cannot_serve_it_says(query: dict[str, str], served: bool) -> None:
    assert (unserved(query) is None) is served


def test_a_session_is_set_up_as_configured() -> None:
    """The client may only say who ends its turns."""
    agent = read_config({"OCTI_DEFAULT_VOICE": "marin"}).agent
    setup = setup_for(agent, PLAIN, {"model": "m"}, "Be kind.")
    assert (setup.instructions, setup.prompt_id, setup.voice) == ("Be kind.", None, "marin")
    assert setup.turn_detection == "server_vad"
    assert setup_for(agent, PLAIN, {"turn_detection": "none"}, "").turn_detection is None


def test_a_session_is_set_up_as_its_maker_wanted() -> None:
    """Its own voice and configuration, octi's functions beside its own, and no instructions where there are none."""
    agent = read_config({}).agent
    wanted = {"output_modalities": ["text"], "tools": [{"type": "function", "name": "book_table"}]}
    record = attrs.evolve(PLAIN, voice="ash", config=msgspec.json.encode(wanted).decode())
    setup = setup_for(agent, record, {}, "", [{"type": "function", "name": "extract_profile"}])
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
