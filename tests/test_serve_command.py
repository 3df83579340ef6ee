"""`octi serve`, as a process of its own."""

import json
import os
import re
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import PIPE

import attrs
import pytest
import trio
from trio_websocket import ConnectionClosed

from octi.records import SessionState
from octi.simulator.reading import read_text
from octi.simulator.server import open_simulator
from octi.store import open_store
from octi.websocket.opener import open_websocket
from tests.command_line import MODULE, NOBODY, ROOT
from tests.providers import QUIET
from tests.scripted_provider import authority, client_tls


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@attrs.define(eq=False)
class Served:
    """An octi that serves."""

    process: trio.Process
    banner: str
    errors: Path

    @property
    def base(self) -> str:
        """ws://127.0.0.1:port"""
        found = re.search(r"(wss?://\S+)/ws/realtime", self.banner)
        assert found
        return found[1]

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.errors.read_text(encoding="utf-8")

    async def end(self, number: signal.Signals) -> int:
        """Signal it, and wait for its end; its exit code."""
        self.process.send_signal(number)
        with trio.fail_after(20):
            return await self.process.wait()


async def spawn(folder: Path, env: Mapping[str, str], python: tuple[str, ...] = MODULE) -> trio.Process:
    """Start `octi serve` in a folder, with these settings alone; its errors go to errors.log."""
    with (folder / "errors.log").open("wb") as stderr:  # noqa: ASYNC230  a test may wait for its disk
        return await trio.lowlevel.open_process(
            [sys.executable, *python, "serve"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PORT": "0", **env},
            stdout=PIPE,
            stderr=stderr,
        )


@asynccontextmanager
async def serving(folder: Path, env: Mapping[str, str], python: tuple[str, ...] = MODULE) -> AsyncIterator[Served]:
    """An octi in a folder, on a free port, from when it is ready; killed if it is still there at the end."""
    process = await spawn(folder, env, python)
    try:
        yield Served(process, await banner_of(process, folder / "errors.log"), folder / "errors.log")
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()
        assert process.stdout
        await trio.aclose_forcefully(process.stdout)


async def banner_of(process: trio.Process, errors: Path) -> str:
    """What it prints until it is ready."""
    assert process.stdout
    text = b""
    with trio.fail_after(60):
        while b"talk to it" not in text:
            more = await process.stdout.receive_some()
            assert more, await trio.Path(errors).read_text(encoding="utf-8")
            text += more
    return text.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.slow
async def test_a_signal_ends_octi_and_tells_its_sessions(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0; a live client hears why and gets 1012; its session is stored."""
    async with open_simulator(read_text(QUIET)) as provider:
        env = {**NOBODY, "OCTI_UPSTREAM_URL": provider.url, "OPENAI_API_KEY": "sk-very-secret"}
        async with serving(tmp_path, env) as node, open_websocket(node.base + "/ws/realtime") as socket:
            assert json.loads(await socket.get_message()) == {"type": "ready"}
            async with trio.open_nursery() as nursery:
                nursery.start_soon(node.process.wait)
                node.process.send_signal(number)
                with trio.fail_after(20):
                    assert json.loads(await socket.get_message())["message"] == "octi is restarting"
                    with pytest.raises(ConnectionClosed):
                        await socket.get_message()
            assert socket.closed
            assert socket.closed.code == 1012
            assert node.process.returncode == 0
            log = node.log
    async with open_store(f"sqlite:///{tmp_path}/octi.db") as store:
        (record,) = await store.sessions()
    assert (record.state, record.ended_by, record.end_reason) == (SessionState.ENDED, "octi", "octi is restarting")
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events[-2:] == ["session ended", "octi has stopped"]
    assert "sk-very-secret" not in log + node.banner


@pytest.mark.slow
async def test_a_signal_while_octi_starts_ends_it_cleanly(tmp_path: Path) -> None:
    """Opening the engine takes seconds; one who thinks better of it gets no stack trace."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    process = await spawn(tmp_path, {"PORT": str(port), "OCTI_ENGINE_WORKERS": "1"})
    with trio.fail_after(60):
        await wait_listening(port)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    assert process.stdout
    await process.stdout.aclose()
    assert "Traceback" not in await trio.Path(tmp_path / "errors.log").read_text(encoding="utf-8")


async def wait_listening(port: int) -> None:
    """Return when somebody listens, and has had a moment to go on."""
    while True:
        try:
            await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
        except OSError:
            await trio.sleep(0.05)
        else:
            await trio.sleep(0.05)
            return


@pytest.mark.slow
async def test_a_port_that_is_taken_is_explained(tmp_path: Path) -> None:
    """Exit code 1, the address, what to set."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        port = listener.socket.getsockname()[1]
        process = await spawn(tmp_path, {**NOBODY, "PORT": str(port)})
        with trio.fail_after(60):
            assert await process.wait() == 1
    assert process.stdout
    await process.stdout.aclose()
    said = await trio.Path(tmp_path / "errors.log").read_text(encoding="utf-8")
    assert f"octi cannot serve at 127.0.0.1:{port}: " in said
    assert "Address already in use" in said
    assert "Traceback" not in said


@pytest.mark.slow
async def test_tls_files_serve_https_and_wss(tmp_path: Path) -> None:
    """And the banner says so."""
    certificate = authority().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    env = {**NOBODY, "OCTI_TLS_CERT": "cert.pem", "OCTI_TLS_KEY": "key.pem"}
    async with open_simulator(read_text(QUIET)) as provider:
        env["OCTI_UPSTREAM_URL"] = provider.url
        async with serving(tmp_path, env) as node:
            assert node.base.startswith("wss://127.0.0.1:")
            async with open_websocket(node.base + "/v1/realtime", tls=client_tls()) as socket:
                assert json.loads(await socket.get_message())["type"] == "session.created"
            assert b'"status":"ready"' in await fetched(node.base, "/readyz", client_tls())
            assert await node.end(signal.SIGTERM) == 0


async def fetched(base: str, path: str, tls: ssl.SSLContext) -> bytes:
    """The answer to a GET."""
    host, _, port = base.partition("://")[2].rpartition(":")
    stream = await trio.open_ssl_over_tcp_stream(host, int(port), ssl_context=tls, https_compatible=True)
    async with stream:
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return b"".join([chunk async for chunk in stream])


HIDING = """
import sys
sys.modules["onnxruntime"] = None  # what Python has for a package that cannot be imported
from octi.cli import main
main(prog_name="octi")
"""


@pytest.mark.slow
async def test_without_an_engines_package_octi_serves_typed_conversations(tmp_path: Path) -> None:
    """It says which one is missing, and how to install it."""
    async with serving(tmp_path, {"OCTI_BRAIN": "echo"}, ("-c", HIDING)) as node:
        with trio.fail_after(20):
            banner = node.banner
            while "typed conversations only" not in banner:
                assert node.process.stdout
                banner += (await node.process.stdout.receive_some()).decode()
        assert "onnxruntime is not installed" in banner
        assert 'pip install "octi[engine]"' in banner
        assert await typed(node.base, "Hello, octi") == "You said: Hello, octi."
        assert await node.end(signal.SIGTERM) == 0


@pytest.mark.slow
async def test_octi_answers_by_a_scenario_and_hangs_up(tmp_path: Path) -> None:
    """Its verdict is one line; the client is told that the call is over, and begins no other."""
    (tmp_path / "s.toml").write_text('[[turn]]\nhear = "hello"\nsay = "Goodbye."\nhang_up = true\n', encoding="utf-8")
    settings = {"OCTI_BRAIN": "scenario", "OCTI_SCENARIO": "s.toml"}
    async with serving(tmp_path, settings, ("-c", HIDING)) as node:
        with trio.fail_after(20):
            async with open_websocket(node.base + "/ws/realtime") as socket:
                await socket.get_message()
                await socket.send_message(json.dumps({"type": "user_text", "text": "Hello!"}))
                with suppress(ConnectionClosed):
                    while True:
                        await socket.get_message()
                assert socket.closed
                assert (socket.closed.code, socket.closed.reason) == (1000, "the call is over")
        assert await node.end(signal.SIGTERM) == 0
    lines = (tmp_path / "errors.log").read_text(encoding="utf-8")
    assert "scenario passed" in lines


async def typed(base: str, text: str) -> str:
    """What the agent answers to a typed line."""
    with trio.fail_after(20):
        async with open_websocket(base + "/ws/realtime") as socket:
            while True:
                message = json.loads(await socket.get_message())
                if message["type"] == "ready":
                    await socket.send_message(json.dumps({"type": "user_text", "text": text}))
                if message["type"] == "transcript":
                    return str(message["text"])
