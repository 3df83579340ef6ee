"""octi over real loopback, in this process or as one of its own, as those around it see it."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import attrs
import httpx2
import msgspec
import trio

from octi.answerer import dialled
from octi.clock import wall_clock
from octi.config import read_config
from octi.front import open_listeners
from octi.serve import address_of, serve_services
from octi.session.live import LiveSessions
from octi.simulator.script import read_script
from octi.simulator.server import open_simulator
from octi.store import open_store
from octi.upstream.api import open_api
from octi.upstream.asking import Patience
from octi.websocket.opener import Upgrade, open_websocket
from tests import parts
from tests.engine.wire import Event
from tests.simulator.clients import KEY, Client, Socket

ROOT = Path(__file__).parents[2]
PROMPT = "You are a friendly agent."
SOON_S = 15.0  # real time, in which anything must have happened that has to
LOOK_S = 0.02


def provider_env(url: str, **more: str) -> dict[str, str]:
    """The settings of an octi whose provider is there; its agent's extractions need not wait for each other."""
    return {
        "OCTI_UPSTREAM": "openai",
        "OCTI_UPSTREAM_URL": url,
        "OPENAI_API_KEY": KEY,
        "OCTI_SYSTEM_PROMPT": PROMPT,
        "EXTRACTION_COOLDOWN_SECONDS": "0.001",
        **more,
    }


@asynccontextmanager
async def simulating(script: Mapping[str, Any], pace_s: float = 0.0) -> AsyncIterator[Client]:
    """The provider: plays a script, as users write it."""
    played = read_script(msgspec.json.encode(script))
    async with open_simulator(played, key=KEY, pace_s=pace_s) as simulator, http_client() as http:
        yield Client(simulator, http)


def http_client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(trust_env=False, timeout=SOON_S)


async def eventually(look: Callable[[], Any], what: str) -> Any:
    """What an async function gives as soon as that is something. `what`: for whoever reads why it failed."""
    seen = None
    with trio.move_on_after(SOON_S):
        while not (seen := await look()):  # noqa: ASYNC110  what is looked at is in another process
            await trio.sleep(LOOK_S)
        return seen
    raise AssertionError(f"never seen: {what}")


async def asked_to_extract(provider: Client) -> None:
    """Return when the provider has been asked for a profile."""

    async def look() -> bool:
        return any(each["path"] == "/v1/responses" for each in await provider.get("/_simulator/requests"))

    await eventually(look, "a request for a profile")


@attrs.define(eq=False)
class Story:
    """A session's server-sent events, as one client was told them."""

    told: list[tuple[str, Event]] = attrs.field(factory=list)
    begun: trio.Event = attrs.field(factory=trio.Event)
    over: trio.Event = attrs.field(factory=trio.Event)

    @property
    def kinds(self) -> list[str]:
        """What was told, in order; not that somebody said something whose words came later."""
        return [kind for kind, data in self.told if data.get("text") != ""]

    def of(self, kind: str) -> list[Event]:
        return [data for each, data in self.told if each == kind]

    async def until(self, kind: str, count: int = 1) -> Event:
        """The count-th event of a kind."""

        async def look() -> list[Event]:
            return self.of(kind)[count - 1 :]

        seen: list[Event] = await eventually(look, f"event {count} {kind!r}")
        return seen[0]

    async def follow(self, http: httpx2.AsyncClient, url: str) -> None:
        kind = ""
        async with http.stream("GET", url, timeout=None) as answer:
            self.begun.set()
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self.told.append((kind, msgspec.json.decode(value)))
        self.over.set()


@attrs.frozen
class Words(Socket):
    """A socket of octi's; what sounds on it is not listened to."""

    async def next(self) -> Event:
        while isinstance(message := await self.socket.get_message(), bytes):
            pass
        return msgspec.json.decode(message, type=dict[str, Any])


@attrs.frozen
class Octi:
    """An octi that serves, as its clients see it."""

    base: str  # http://127.0.0.1:port
    http: httpx2.AsyncClient

    async def ask(self, path: str, body: object = None, method: str = "POST") -> httpx2.Response:
        """An answer, whatever it is."""
        content = None if body is None else msgspec.json.encode(body)
        return await self.http.request(method, self.base + path, content=content)

    async def post(self, path: str, body: object = None) -> Any:
        """The JSON of a good answer."""
        answer = await self.ask(path, body)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json()

    async def get(self, path: str) -> Any:
        answer = await self.ask(path, method="GET")
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json()

    async def turns(self, session: str, role: str = "user") -> list[Event]:
        """What one side has said so far, as it is stored."""
        turns = (await self.get(f"/sessions/{session}/transcript"))["turns"]
        return [turn for turn in turns if turn["role"] == role]

    async def said(self, session: str, *words: str, role: str = "user") -> list[Event]:
        """The turns of one side, once these words are stored among them."""

        async def look() -> list[Event]:
            turns = await self.turns(session, role)
            return turns if set(words) <= {turn["text"] for turn in turns} else []

        turns: list[Event] = await eventually(look, f"the turns {words}")
        return turns

    async def state(self, session: str, state: str) -> Event:
        """A session, once it is in a state."""

        async def look() -> Event | None:
            shown: Event = await self.get(f"/sessions/{session}")
            return shown if shown["state"] == state else None

        shown: Event = await eventually(look, f"a session that is {state}")
        return shown

    @asynccontextmanager
    async def socket(self, path: str, secret: str = "") -> AsyncIterator[Words]:
        """A WebSocket, with a client secret as a browser sends it."""
        offered = ("realtime", f"openai-insecure-api-key.{secret}") if secret else ()
        async with open_websocket(self.base.replace("http", "ws", 1) + path, Upgrade(subprotocols=offered)) as socket:
            yield Words(socket)

    @asynccontextmanager
    async def story(self, session: str, after: str = "") -> AsyncIterator[Story]:
        """What its events tell of a session meanwhile."""
        story, url = Story(), f"{self.base}/sessions/{session}/events?after={after}"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(story.follow, self.http, url)
            await story.begun.wait()
            yield story
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def octi_here(
    env: Mapping[str, str], *, patience: Patience | None = None, timeout_s: float = 30.0
) -> AsyncIterator[Octi]:
    """octi in this process, with a provider that it asks as patiently as is said."""
    config = read_config({"OCTI_STORE_URL": "sqlite:///:memory:", **env})
    upstream, live, stopping = dialled(config), LiveSessions(), trio.Event()
    listeners = await open_listeners("127.0.0.1", 0, None)
    async with (
        open_store(config.store_url) as store,
        open_api(upstream.provider, patience=patience, timeout_s=timeout_s) as api,
        trio.open_nursery() as nursery,
        http_client() as http,
    ):
        services = parts.node(upstream, nursery, config=config, store=store, live=live, now=wall_clock, api=api)
        nursery.start_soon(serve_services, services, listeners, stopping)
        yield Octi(f"http://{address_of(listeners[0], '127.0.0.1')}", http)
        live.draining.set()
        with trio.fail_after(SOON_S):
            await live.wait_empty()
        stopping.set()
        nursery.cancel_scope.deadline = trio.current_time() + SOON_S


@attrs.frozen
class Process(Octi):
    """An octi as a process of its own."""

    process: trio.Process
    errors: Path

    @property
    def log(self) -> list[Event]:
        """What it has logged so far."""
        lines = self.errors.read_text(encoding="utf-8").splitlines()
        return [msgspec.json.decode(line) for line in lines]

    async def end(self, number: int) -> int:
        """Signal it, and wait for its end; its exit code."""
        self.process.send_signal(number)
        with trio.fail_after(SOON_S):
            return await self.process.wait()


@asynccontextmanager
async def octi_process(folder: Path, env: Mapping[str, str], name: str = "octi") -> AsyncIterator[Process]:
    """octi as a process, from when it is ready; killed if it is still there at the end. Its store is in the folder."""
    errors = folder / f"{name}.log"
    with errors.open("ab") as stderr:  # noqa: ASYNC230  a test may wait for its disk
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", "octi", "serve"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PORT": "0", **env},
            stdout=PIPE,
            stderr=stderr,
        )
    assert process.stdout
    try:
        base = await _ready_at(process.stdout, errors)
        async with http_client() as http:
            yield Process(base, http, process, errors)
    finally:
        process.kill()
        with trio.move_on_after(SOON_S, shield=True):
            await process.wait()
        await trio.aclose_forcefully(process.stdout)


async def _ready_at(stdout: trio.abc.ReceiveStream, errors: Path) -> str:
    """Where it serves, once it says so."""
    text = b""
    with trio.fail_after(60):
        while b"talk to it" not in text:
            more = await stdout.receive_some()
            assert more, await trio.Path(errors).read_text(encoding="utf-8")
            text += more
    return text.split(b"octi is ready:", 1)[1].split()[0].decode().rstrip("/")
