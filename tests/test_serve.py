"""A node from its listeners to its store: whole sessions over real sockets, what it says, and how it is ended."""

import gc
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import attrs
import msgspec
import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from octi.answerer import dialled
from octi.clock import wall_clock
from octi.config import Config, UpstreamKind, read_config
from octi.drain import Drain, LastResort
from octi.error_replies import REPLIES
from octi.errors import OctiError, StoreFailed, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.front import Listener, open_listeners
from octi.opening import open_services
from octi.records import SessionRecord, SessionState
from octi.serve import (
    COLLECT_AFTER,
    SWITCH_S,
    Books,
    address_of,
    banner,
    obey_signals,
    obey_vitals,
    run,
    serve_services,
    share_the_interpreter,
    spare_what_stays,
)
from octi.services import Services
from octi.session.live import LiveSessions
from octi.simulator.reading import read_text
from octi.simulator.server import open_simulator
from octi.store import open_store
from octi.store.base import Store
from octi.store.memory import MemoryStore
from octi.testing.verdict import check
from octi.units import SessionId
from octi.upstream.base import Upstream
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.vitals import Vitals
from octi.websocket.opener import open_websocket
from tests import parts
from tests.providers import MORNING, VOICE, nobody
from tests.scripted_provider import client_tls, server_tls

KEY = "sk-very-secret"


@attrs.define(eq=False)
class Client:
    """One who talks with octi over a real socket."""

    socket: WebSocketConnection
    told: list[dict[str, Any]] = attrs.field(factory=list)
    sound: int = 0

    async def say(self, **message: Any) -> None:
        await self.socket.send_message(msgspec.json.encode(message).decode())

    async def speak(self, pcm: bytes) -> None:
        await self.socket.send_message(pcm)

    async def wait_kind(self, kind: str) -> dict[str, Any]:
        """Hear until a message of a type."""
        while True:
            message = await self.hear()
            if message.get("type") == kind:
                return message

    async def hear(self) -> dict[str, Any]:
        """The next JSON message. Raises ConnectionClosed."""
        while isinstance(message := await self.socket.get_message(), bytes):
            self.sound += len(message)
        self.told.append(msgspec.json.decode(message))
        return self.told[-1]

    async def hear_out(self) -> int:
        """Hear until the close; its code."""
        with suppress(ConnectionClosed):
            while True:
                await self.hear()
        assert self.socket.closed
        return int(self.socket.closed.code)

    def errors(self) -> list[str]:
        """The messages of all errors so far, in either protocol."""
        errors = [message for message in self.told if message["type"] == "error"]
        return [message.get("message") or message["error"]["message"] for message in errors]


@attrs.define(eq=False)
class Node:
    """One octi under way."""

    base: str  # ws://127.0.0.1:port
    live: LiveSessions
    store: Store

    @asynccontextmanager
    async def client(self, path: str) -> AsyncIterator[Client]:
        """A client of it; a hang is a failure."""
        with trio.fail_after(15):
            async with open_websocket(self.base + path, tls=client_tls()) as socket:
                yield Client(socket)

    async def record(self) -> SessionRecord:
        """The one session it had, once that has ended."""
        with trio.fail_after(15):
            await self.live.wait_empty()
        (record,) = await self.store.sessions()
        return record

    async def said(self) -> list[tuple[str, str, bool]]:
        """Its turns: role, text, interrupted."""
        turns = await self.store.turns((await self.record()).id)
        return [(turn.role.value, turn.text, turn.interrupted) for turn in turns]


@asynccontextmanager
async def node(upstream: Upstream, folder: Path, tls: ssl.SSLContext | None = None) -> AsyncIterator[Node]:
    """octi on loopback, with its store in a folder; drained at the end."""
    listeners = await open_listeners("127.0.0.1", 0, tls)
    address = address_of(listeners[0], "127.0.0.1")
    live, stopping = LiveSessions(), trio.Event()
    async with open_store(f"sqlite:///{folder}/octi.db") as store, trio.open_nursery() as nursery:
        services = parts.node(upstream, nursery, store=store, live=live, now=wall_clock)
        nursery.start_soon(serve_services, services, listeners, stopping)
        yield Node(f"ws{'s' if tls else ''}://{address}", live, store)
        stopping.set()


@asynccontextmanager
async def node_with(
    folder: Path, scenario: str, *, tls: bool = False, connect_s: float = 5.0, judge: bool = True
) -> AsyncIterator[Node]:
    """A node whose provider goes by a scenario, and whom it has left in the end; TLS on both legs or on none."""
    secure = server_tls() if tls else None
    async with open_simulator(read_text(scenario), key=KEY, tls=secure) as simulator:
        upstream = Dialled(
            provider=compatible(KEY, simulator.url), max_message_bytes=1 << 20, connect_s=connect_s, tls=client_tls()
        )
        async with node(upstream, folder, secure) as octi:
            yield octi
            with trio.fail_after(5):
                await simulator.house.stages.wait_all_over()
    if judge:
        check(simulator.report())


# Whole sessions


@pytest.mark.parametrize("tls", [False, True])
async def test_a_spoken_turn_in_the_octi_protocol(tmp_path: Path, tls: bool) -> None:
    """From a microphone's bytes to the store."""
    async with node_with(tmp_path, MORNING, tls=tls) as octi:
        async with octi.client("/ws/realtime") as client:
            await client.wait_kind("ready")
            await client.speak(VOICE)
            await client.wait_kind("transcript")
        assert client.sound == 2 * 200 * 48
        record = await octi.record()
        assert (record.state, record.ended_by, record.door) == (SessionState.ENDED, "client", "octi")
        assert await octi.said() == [("user", "Hello?", False), ("assistant", "Good morning.", False)]


@pytest.mark.parametrize("tls", [False, True])
async def test_a_typed_turn_in_the_octi_protocol(tmp_path: Path, tls: bool) -> None:
    """From a line of text to the store."""
    async with node_with(tmp_path, MORNING, tls=tls) as octi:
        async with octi.client("/ws/realtime") as client:
            await client.wait_kind("ready")
            await client.say(type="user_text", text="Good day")
            assert (await client.wait_kind("transcript"))["text"] == "Good morning."
        assert await octi.said() == [("user", "Good day", False), ("assistant", "Good morning.", False)]


@pytest.mark.parametrize("tls", [False, True])
async def test_turns_in_the_realtime_protocol(tmp_path: Path, tls: bool) -> None:
    """What the provider says comes through as it was said, behind the configuration in force."""
    async with node_with(tmp_path, MORNING, tls=tls) as octi:
        async with octi.client("/v1/realtime?model=m-2") as client:
            created = await client.wait_kind("session.created")
            part = {"type": "input_text", "text": "Good day"}
            item = {"type": "message", "role": "user", "content": [part]}
            await client.say(type="conversation.item.create", item=item)
            await client.say(type="response.create")
            done = await client.wait_kind("response.done")
        assert created["session"]["audio"]["output"]["voice"] == "alloy"
        assert done["response"]["status"] == "completed"
        record = await octi.record()
        assert (record.door, record.model, record.ended_by) == ("realtime", "m-2", "client")
        assert await octi.said() == [("user", "Good day", False), ("assistant", "Good morning.", False)]


@attrs.frozen(kw_only=True)
class Bad:
    """A provider that fails, and what becomes of the session."""

    scenario: str
    error: str
    said: list[tuple[str, str, bool]] = attrs.field(factory=list)
    kind: type[OctiError]


VANISHING = """
[[turn]]
silence_s = 0.1
say = "I am about to"
latency = { delta_ms = 20 }
faults = [{ kind = "close", code = 1006, on = "response.output_audio.done" }]
"""


def refused(status: int, **more: object) -> str:
    """A provider that lets nobody in."""
    fault = {"path": "*", "times": 99, "status": status, **more}
    return msgspec.json.encode({"name": "refusing", "faults": [fault]}).decode()


BAD = {
    "refuses": Bad(
        scenario=refused(401, body={"error": {"message": f"Bad key {KEY}."}}),
        error="{name} refused the session (HTTP 401): Bad key ***.",
        kind=UpstreamRefused,
    ),
    "refuses in band": Bad(
        scenario=f"""
        [[faults]]
        kind = "error"
        on = "session.created"
        code = "invalid_api_key"
        message = "Incorrect API key: {KEY}."

        [[faults]]
        kind = "close"
        on = "session.created"
        code = 3000
        reason = "invalid_request_error.invalid_api_key"
        """,
        error="{name} refused the session: Incorrect API key: ***.",
        kind=UpstreamRefused,
    ),
    "babbles": Bad(
        scenario="""
        [[faults]]
        kind = "malformed"
        on = "session.updated"
        """,
        error="{name} does not speak the Realtime protocol: not JSON: Input data was truncated",
        kind=UpstreamNonsense,
    ),
}
LOST = {
    "is busy": Bad(
        scenario=refused(429, headers={"Retry-After": "7"}, body="too many sessions"),
        error="{name} is at its limit, again in 7 s: too many sessions",
        kind=UpstreamBusy,
    ),
    "stalls": Bad(
        scenario='name = "stalling"\nfaults = [{ path = "*", stall_s = 60 }]',
        error="{name} is not there: no connection within 0.5 s",
        kind=UpstreamLost,
    ),
    "vanishes": Bad(
        scenario=VANISHING,
        error="{name} is not there: closed with 1006: left without a goodbye",
        said=[("assistant", "I am about to", True)],
        kind=UpstreamLost,
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize(("door", "tls"), [("/ws/realtime", False), ("/v1/realtime", True)])
async def test_a_provider_that_fails_for_good_ends_the_session(tmp_path: Path, door: str, tls: bool, bad: Bad) -> None:
    """The client is told why, in words without the key, and the store as well."""
    await check_end(door, tmp_path, bad, tls)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("bad", LOST.values(), ids=LOST)
async def test_a_provider_that_is_lost_or_busy_ends_a_realtime_session(tmp_path: Path, bad: Bad, tls: bool) -> None:
    """Its client could not know what the provider has forgotten; what was said is kept as far as it came."""
    await check_end("/v1/realtime", tmp_path, bad, tls)


async def check_end(door: str, folder: Path, bad: Bad, tls: bool) -> None:
    """The client's error, close and stored session with such a provider."""
    async with node_with(folder, bad.scenario, tls=tls, connect_s=0.5, judge=False) as octi:
        async with octi.client(door) as client:
            code = await client.hear_out()
        record = await octi.record()
        assert client.errors() == [bad.error.format(name=record.upstream)]
        assert (record.ended_by, record.end_reason) == ("provider", client.errors()[0])
        assert await octi.said() == bad.said
        assert code == as_wsproto_has_it(REPLIES[bad.kind].close)


def as_wsproto_has_it(code: int) -> int:
    """The client's library takes 1014 for a mistake in the protocol."""
    return 1002 if code == 1014 else code


async def test_a_provider_that_is_lost_is_replaced_for_the_octi_protocol(tmp_path: Path) -> None:
    """Its client is told, and `ready` comes again."""
    cut_off = f"""
    {MORNING}
    [[faults]]
    path = "/v1/realtime*"
    after_events = 15  # behind the first word, and what was heard
    close = 1006
    """
    async with node_with(tmp_path, cut_off) as octi:
        async with octi.client("/ws/realtime") as client:
            for _ in range(2):
                await client.wait_kind("ready")
                await client.speak(VOICE)
            await client.wait_kind("transcript")
        assert client.errors() == ["connection to the agent lost, trying again (1/5)"]
        said = await octi.said()
    assert said == [
        ("user", "Hello?", False),
        ("assistant", "Good", True),
        ("user", "Hello?", False),
        ("assistant", "Good morning.", False),
    ]


# What it says


@asynccontextmanager
async def listening(host: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[list[Listener]]:
    """Listeners on a free port."""
    listeners = await open_listeners(host, 0, tls)
    try:
        yield listeners
    finally:
        for listener in listeners:
            await listener.aclose()


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("0.0.0.0", "127.0.0.1"),
        ("::1", "[::1]"),
        ("::", "[::1]"),
    ],
)
async def test_the_address_shown_is_one_that_a_browser_can_open(host: str, shown: str) -> None:
    """With the port that was taken."""
    async with listening(host) as listeners:
        name, _, port = address_of(listeners[0], host).rpartition(":")
        assert name == shown
        stream = await trio.open_tcp_stream(name.strip("[]"), int(port))
        await stream.aclose()


def services_for(store: Store, **env: str) -> Services:
    """Parts that only the banner looks at."""
    config = read_config(env)
    upstream = Embedded(nobody) if config.upstream.kind is UpstreamKind.EMBEDDED else dialled(config)
    return parts.node(upstream, config=config, store=store)


COMPATIBLE = {"OCTI_UPSTREAM": "compatible", "OCTI_SYSTEM_PROMPT": "Be kind.", "OPENAI_API_KEY": KEY}


async def test_the_banner_says_where_octi_is_and_what_it_uses() -> None:
    """The addresses, the upstream, the store."""
    services = services_for(MemoryStore(), OCTI_STORE_URL="sqlite:////var/lib/octi.db", OCTI_BRAIN="echo")
    async with listening("127.0.0.1") as listeners:
        text = "\n".join(banner(services, listeners))
        base = address_of(listeners[0], "127.0.0.1")
    for said in (
        f"http://{base}/",
        f"ws://{base}/ws/realtime",
        f"ws://{base}/v1/realtime",
        "sqlite:////var/lib/octi.db",
    ):
        assert said in text
    assert "embedded speech engine, brain: echo" in text
    assert "!" not in text


async def test_the_banner_shows_tls(tmp_path: Path) -> None:
    """https and wss, and nothing else."""
    files = {"OCTI_TLS_CERT": str(tmp_path / "cert.pem"), "OCTI_TLS_KEY": str(tmp_path / "key.pem")}
    services = services_for(MemoryStore(), **files)
    async with listening("127.0.0.1", server_tls()) as listeners:
        text = "\n".join(banner(services, listeners))
    assert "https://127.0.0.1:" in text
    assert "wss://127.0.0.1:" in text
    assert "http://" not in text
    assert "ws://" not in text


async def test_the_banner_names_the_provider_without_its_secrets() -> None:
    """Neither the key nor a password in the address."""
    services = services_for(MemoryStore(), **COMPATIBLE, OCTI_UPSTREAM_URL="https://me:hunter2@h.example/v1")
    async with listening("127.0.0.1") as listeners:
        text = "\n".join(banner(services, listeners))
    assert "h.example, https://me:***@h.example/v1, model gpt-realtime" in text
    assert KEY not in text


async def test_the_banner_says_why_the_engine_has_no_voice() -> None:
    """Last, where it is seen."""
    services = attrs.evolve(services_for(MemoryStore()), engine_problem="numpy is not installed")
    async with listening("127.0.0.1") as listeners:
        assert banner(services, listeners)[-1] == "  ! typed conversations only: numpy is not installed"


# How it ends


class Left(LastResort):
    """Notes when the process would have ended, and with what."""

    def __init__(self) -> None:
        super().__init__(lambda: {"sessions": 1})
        self.ended: list[tuple[str, int]] = []

    def end_now(self, why: str, code: int = 1) -> None:
        self.ended.append((why, code))


async def test_the_first_signal_drains() -> None:
    """No session enters any more; when the last has left, octi stops."""
    live = LiveSessions()
    live.enter(SessionId("s"))
    octi = Drain(live, 30)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(octi.run)
            await nursery.start(obey_signals, octi, Left())
            signal.raise_signal(signal.SIGTERM)
            await live.draining.wait()
            await trio.testing.wait_all_tasks_blocked()
            assert not octi.stopping.is_set()
            live.leave(SessionId("s"))
            await octi.stopping.wait()
            nursery.cancel_scope.cancel()


async def test_a_second_signal_hurries_and_a_third_ends_octi_at_once() -> None:
    """Whichever of the two they are; the exit code tells of the third, as a shell would."""
    live, left = LiveSessions(), Left()
    live.enter(SessionId("s"))
    octi = Drain(live, 30)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            await nursery.start(obey_signals, octi, left)
            signal.raise_signal(signal.SIGINT)
            await live.draining.wait()
            assert not live.hurrying.is_set()
            signal.raise_signal(signal.SIGTERM)
            await live.hurrying.wait()
            assert left.ended == []
            signal.raise_signal(signal.SIGINT)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert left.ended == [("SIGINT", 130)]


async def test_an_octi_of_which_a_part_has_died_drains_by_itself() -> None:
    """A supervisor's signal then is the first one, and hurries nobody."""

    async def crash() -> None:
        raise ZeroDivisionError

    live, vitals = LiveSessions(), Vitals()
    live.enter(SessionId("s"))
    octi = Drain(live, 30)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(obey_vitals, vitals, octi)
            await nursery.start(obey_signals, octi, Left())
            await vitals.guard("a part", crash)
            await live.draining.wait()
            signal.raise_signal(signal.SIGTERM)
            await trio.testing.wait_all_tasks_blocked()
            assert not live.hurrying.is_set()
            nursery.cancel_scope.cancel()


async def test_the_books_know_what_was_lost_in_the_end_alone() -> None:
    """Before that whoever had rows was told, and tried again."""

    class Failing(MemoryStore):
        failed = 3

        def statistics(self) -> dict[str, int]:
            return {"rows_failed": self.failed, "rows_waiting": 1, "rows_left": 2}

    books, store, live = Books(), Failing(), LiveSessions()
    assert (books.lost, books.waiting(live)) == (0, {"sessions": 0, "rows": 0}), "nothing is open yet"
    live.enter(SessionId("s"))
    with books.kept(store):
        store.failed = 5
    assert books.lost == 0
    store.failed = 7
    assert books.lost == 2
    assert books.waiting(live) == {"sessions": 1, "rows": 2}


async def test_sessions_that_somebody_else_drains_are_served() -> None:
    """Also when there is none yet, which makes them false: a regression."""
    live = LiveSessions()
    env = {"OCTI_STORE_URL": "sqlite:///:memory:", **COMPATIBLE, "OCTI_UPSTREAM_URL": "http://127.0.0.1:9"}
    async with open_services(read_config(env), live) as services:
        assert services.live is live


async def test_a_store_that_cannot_be_opened_ends_the_start(tmp_path: Path) -> None:
    """Bare, and with the port free again."""
    env = {"OCTI_STORE_URL": f"sqlite:///{tmp_path}/no/such/folder.db", "PORT": "0"}
    with pytest.raises(StoreFailed, match="there is no folder"):
        await run(read_config(env), no_banner)


async def test_a_signal_while_octi_opens_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speech workers take seconds to start: who pressed Ctrl-C does not wait for them."""

    @asynccontextmanager
    async def opens_for_ever(config: Config, live: LiveSessions, **parts: Any) -> AsyncIterator[Services]:
        signal.raise_signal(signal.SIGTERM)
        await trio.sleep(3600)
        yield cast(Services, None)

    monkeypatch.setattr("octi.serve.open_services", opens_for_ever)
    with trio.fail_after(5):
        assert await run(read_config({"PORT": "0"}), no_banner) == 0


def no_banner(line: str) -> None:
    """Nothing is said before everything is open."""
    raise AssertionError(line)


def test_what_is_there_when_octi_is_open_is_not_looked_through_again() -> None:
    """By the garbage collector, which would keep all sessions waiting."""
    before, thresholds = gc.get_freeze_count(), gc.get_threshold()
    try:
        spare_what_stays()
        assert gc.get_freeze_count() > before + 1000
        assert gc.get_threshold() == COLLECT_AFTER
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def test_threads_that_compute_give_way_soon() -> None:
    """The store's, that is, to the loop."""
    before = sys.getswitchinterval()
    try:
        share_the_interpreter()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    finally:
        sys.setswitchinterval(before)
