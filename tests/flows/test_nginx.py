"""octi behind nginx, by the file that operators are given: whole conversations, what stays inside, whose client it is.

`deploy/nginx.conf` is taken as it is, but for its ports, its certificate and where it logs. Real time, loopback.
"""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import httpx2 as httpx
import msgspec
import pytest
import structlog
import trio
from structlog.testing import capture_logs

from octi.clock import wall_clock
from octi.config import read_config
from octi.front import open_listeners
from octi.serve import address_of, serve_services
from octi.session.live import LiveSessions
from octi.simulator.reading import read_text
from octi.simulator.server import open_simulator
from octi.store.memory import MemoryStore
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.websocket.opener import open_websocket
from tests import parts
from tests.providers import MORNING, VOICE
from tests.scripted_provider import authority, client_tls

GIVEN = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
AROUND = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
master_process off;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/octi.conf;
}}
"""

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _nginx_is_here() -> None:
    structlog.reset_defaults()
    if NGINX is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("nginx is not installed (Debian: nginx)")


@contextmanager
def free_port() -> Iterator[int]:
    """A port that nobody has, kept until the block ends."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def given(folder: Path, port: int, octis: list[str]) -> str:
    """The file for operators, with what they would put in: each place is there, once for all."""
    text = GIVEN.read_text(encoding="utf-8")
    servers = "".join(f"server {octi} max_fails=0; " for octi in octis)
    for there, here in (
        ("server 127.0.0.1:8080 max_fails=0;", servers),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("listen 80;", f"listen unix:{folder}/http;"),
        ("/etc/nginx/octi.crt", f"{folder}/octi.crt"),
        ("/etc/nginx/octi.key", f"{folder}/octi.key"),
        ("/var/log/nginx/octi.log", f"{folder}/octi.log"),
    ):
        assert text.count(there) == 1
        text = text.replace(there, here)
    return text


@attrs.define(eq=False)
class Site:
    """nginx and the octi behind it, as clients see them."""

    port: int
    store: MemoryStore
    log: Path

    async def hears(self, path: str, kind: str, *messages: bytes | str) -> list[dict[str, Any]]:
        """Say this on a socket, and hear until a message of a type."""
        heard: list[dict[str, Any]] = []
        async with open_websocket(f"wss://127.0.0.1:{self.port}{path}", tls=client_tls()) as client:
            heard.append(msgspec.json.decode(await client.get_message()))
            for message in messages:
                await client.send_message(message)
            while heard[-1]["type"] != kind:
                if isinstance(message := await client.get_message(), str):
                    heard.append(msgspec.json.decode(message))
        return heard

    @asynccontextmanager
    async def browser(self, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
        """A client at an address of this machine."""
        way = httpx.AsyncHTTPTransport(verify=client_tls(), local_address=address)
        async with httpx.AsyncClient(transport=way, base_url=f"https://127.0.0.1:{self.port}") as client:
            yield client


@asynccontextmanager
async def site(folder: Path, *others: str) -> AsyncIterator[Site]:
    """octi behind nginx. others: addresses that nginx believes to be further octis, and asks before this one."""
    store, live, stopping = MemoryStore(), LiveSessions(), trio.Event()
    config = read_config({"OCTI_TRUSTED_PROXIES": "127.0.0.1"})
    listeners = await open_listeners("127.0.0.1", 0, None)
    with trio.fail_after(30):
        async with open_simulator(read_text(MORNING), key="sk-secret") as provider, trio.open_nursery() as nursery:
            upstream = Dialled(provider=compatible("sk-secret", provider.url), max_message_bytes=1 << 20)
            services = parts.node(upstream, nursery, config=config, store=store, live=live, now=wall_clock)
            nursery.start_soon(serve_services, services, listeners, stopping)
            octi = address_of(listeners[0], "127.0.0.1")
            async with nginx(folder, [*others, octi]) as port:
                yield Site(port, store, folder / "octi.log")
                await live.wait_empty()
            stopping.set()


@asynccontextmanager
async def nginx(folder: Path, octis: list[str]) -> AsyncIterator[int]:
    """nginx in front of these; its port."""
    certificate = authority().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(folder / "octi.crt"))
    certificate.private_key_pem.write_to_path(str(folder / "octi.key"))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), encoding="utf-8")
    with free_port() as port:
        (folder / "octi.conf").write_text(given(folder, port, octis), encoding="utf-8")
    command = [NGINX or "", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    checked = await trio.run_process([*command, "-t"], check=False, capture_stderr=True)
    assert checked.returncode == 0, checked.stderr.decode()
    assert b"[warn]" not in checked.stderr
    async with trio.open_nursery() as nursery:
        process = await nursery.start(trio.run_process, command)
        await wait_open(port, process)
        yield port
        nursery.cancel_scope.cancel()


async def wait_open(port: int, process: "trio.Process") -> None:
    """Until somebody listens."""
    while True:
        try:
            await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
        except OSError:
            assert process.poll() is None
            await trio.sleep(0.02)
        else:
            return


async def test_a_spoken_conversation_passes(tmp_path: Path) -> None:
    """From the microphone's bytes to the store."""
    async with site(tmp_path) as behind:
        heard = await behind.hears("/ws/realtime", "transcript", VOICE)
        assert heard[0] == {"type": "ready"}
    (record,) = await behind.store.sessions()
    turns = await behind.store.turns(record.id)
    assert [(turn.role.value, turn.text) for turn in turns] == [("user", "Hello?"), ("assistant", "Good morning.")]


async def test_the_realtime_api_passes(tmp_path: Path) -> None:
    """And its query, which nginx does not log: it may hold a key."""
    async with site(tmp_path) as behind:
        asked = msgspec.json.encode({"type": "response.create", "event_id": "e1"}).decode()
        heard = await behind.hears("/v1/realtime?model=gpt-realtime&hush=hush", "response.done", asked)
        assert heard[0]["type"] == "session.created"
    assert "/v1/realtime" in behind.log.read_text(encoding="utf-8")
    assert "hush" not in behind.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/metrics", "/debug/census", "//debug/census", "/%64ebug/census", "/readyz"])
async def test_what_is_for_operators_stays_inside(tmp_path: Path, path: str) -> None:
    """However it is written."""
    with capture_logs() as lines:
        async with site(tmp_path) as behind, behind.browser() as browser:
            answer = await browser.get(httpx.URL(f"https://127.0.0.1:{behind.port}", raw_path=path.encode()))
            assert (await browser.get("/livez")).status_code == 200
    assert answer.status_code == 404
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/livez"]


async def test_octis_log_names_the_client(tmp_path: Path) -> None:
    """The one that nginx sees, whatever that one says itself."""
    with capture_logs() as lines:
        async with site(tmp_path) as behind, behind.browser("127.0.0.2") as browser:
            await browser.get("/", headers={"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"})
    assert [line["client"] for line in lines if line["event"] == "request"] == ["127.0.0.2"]


async def test_a_body_that_is_too_large_is_refused_in_octis_words(tmp_path: Path) -> None:
    """In JSON, as every other error."""
    async with site(tmp_path) as behind, behind.browser() as browser:
        answer = await browser.post("/sessions", content=b'{"voice":"%b"}' % (b"x" * 1_500_000))
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/json")


async def test_events_come_as_they_happen(tmp_path: Path) -> None:
    """nginx would collect them, were it not told otherwise."""
    async with site(tmp_path) as behind, behind.browser() as browser:
        made = (await browser.post("/sessions", json={})).json()
        async with browser.stream("GET", f"/sessions/{made['id']}/events") as events:
            lines = events.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            await browser.post(f"/sessions/{made['id']}/instructions", json={"note": "Be brief."})
            async for line in lines:
                if "Be brief." in line:
                    break
            await browser.delete(f"/sessions/{made['id']}")
            rest = [line async for line in lines]
    assert "event: end" in rest


@pytest.mark.parametrize("refusal", [b"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", b""], ids=["503", "nothing"])
async def test_an_octi_that_refuses_has_the_next_one_asked(tmp_path: Path, refusal: bytes) -> None:
    """Sockets and whatever makes something as well: who refuses has made nothing."""
    asked: list[bytes] = []

    async def refuse(stream: trio.SocketStream) -> None:
        asked.append(bytes(await stream.receive_some()).partition(b" ")[0])
        await stream.send_all(refusal)
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, refuse, 0, host="127.0.0.1"))
        async with (
            site(tmp_path, f"127.0.0.1:{listener.socket.getsockname()[1]}") as behind,
            behind.browser() as browser,
        ):
            for _ in range(4):
                for _ in range(2):  # nginx asks both in turn: so that the first one is asked for either
                    assert (await browser.post("/sessions", json={})).status_code == 201
                await behind.hears("/ws/realtime", "ready")
        nursery.cancel_scope.cancel()
    assert set(asked) == {b"POST", b"GET"}
