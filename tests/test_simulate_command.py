"""`octi simulate`: in this process where it does not begin, and as a process of its own where it serves."""

import json
import os
import re
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT

import httpx2
import pytest
import trio

from octi.websocket.opener import Upgrade, open_websocket
from tests.command_line import MODULE, ROOT, octi


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"caller": [\n{"sey": "Hello"}]}', "2: caller[0]: should have exactly one of say, "),
        ('{"faults": [{"path": "/v1/responses", "status": 99}]}', "1: faults[0].status"),
        ('{"turn": [\n{"hear": "yes",\n "sya": "No"}]}', "3: turn[0].sya: unknown field; did you mean `say`?"),
        ("no script", "1: not JSON"),
    ],
)
def test_a_script_that_cannot_be_played_is_explained(folder: Path, text: str, said: str) -> None:
    """Exit code 1, the file, and the field at fault."""
    (folder / "script.json").write_text(text, encoding="utf-8")
    result = octi("simulate", "script.json")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"octi simulate: script.json:{said}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("script.json", "--brain", "echo"), "one of SCRIPT, --scenario and --brain"),
        (("--tls-cert", "script.json"), "--tls-cert and --tls-key go together"),
        (("--brain", "chat"), "OCTI_CHAT_URL is not set"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, args: tuple[str, ...], said: str) -> None:
    """Before anything starts."""
    (folder / "script.json").write_text("{}", encoding="utf-8")
    result = octi("simulate", *args)
    assert result.exit_code == 2
    assert said in result.stderr


@asynccontextmanager
async def simulated(folder: Path, *args: str) -> AsyncIterator[tuple[str, trio.Process]]:
    """`octi simulate` under way: its address, and the process, whose output may be read on."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIMULATOR_KEY": "sk-very-secret"}
    command = [sys.executable, *MODULE, "simulate", "--port", "0", *args]
    process = await trio.lowlevel.open_process(command, cwd=folder, env=env, stdout=PIPE, stderr=STDOUT)
    assert process.stdout
    try:
        told = b""
        with trio.fail_after(60):
            while b"/_simulator/calls" not in told:
                more = await process.stdout.receive_some()
                assert more, told
                told += more
        found = re.search(rb"https?://[\d.]+:\d+", told)
        assert found
        yield found[0].decode(), process
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()
        await trio.aclose_forcefully(process.stdout)


async def rest_of(process: trio.Process) -> bytes:
    told = b""
    assert process.stdout
    with trio.fail_after(30):
        while more := await process.stdout.receive_some():
            told += more
    return told


@pytest.mark.slow
@pytest.mark.parametrize(("text", "code"), [("Yes", 0), ("No", 1)])
async def test_a_scenario_ends_with_a_report_and_an_exit_code(tmp_path: Path, text: str, code: int) -> None:
    """`--once`: after the first session; the report alone is on standard output's end."""
    (tmp_path / "s.toml").write_text('[[turn]]\nhear = "yes"\nsay = "Good."\nhang_up = true\n', encoding="utf-8")
    async with simulated(tmp_path, "--scenario", "s.toml", "--once", "--report", "json") as (url, process):
        upgrade = Upgrade(headers={"Authorization": "Bearer sk-very-secret"})
        async with open_websocket(url.replace("http", "ws") + "/v1/realtime?model=m", upgrade) as socket:
            content = [{"type": "input_text", "text": text}]
            item = {"type": "message", "role": "user", "content": content}
            await socket.send_message(json.dumps({"type": "conversation.item.create", "item": item}))
            await socket.send_message(json.dumps({"type": "response.create"}))
            while json.loads(await socket.get_message())["type"] != "response.done":
                pass
        told = await rest_of(process)
        assert await process.wait() == code
    report = json.loads(told[told.index(b"\n{\n") if not told.startswith(b"{") else 0 :])
    assert report["passed"] is (code == 0)


@pytest.mark.parametrize("args", [(), ("script.json",), ("--scenario", "s.toml")])
def test_nobody_comes_to_a_simulator(folder: Path, args: tuple[str, ...]) -> None:
    """`--once` does not wait for ever: a report if there is one, what would help, and exit code 1."""
    (folder / "script.json").write_text("{}", encoding="utf-8")
    (folder / "s.toml").write_text("[[turn]]\n", encoding="utf-8")
    result = octi("simulate", "--port", "0", "--once", "--wait", "0.1", *args)
    assert result.exit_code == 1
    assert result.stderr.endswith("octi simulate: nobody came; to wait longer than 0.1 s there is --wait\n")
    assert ("no client came" in result.stdout) is ("--scenario" in args)


@pytest.mark.slow
async def test_the_engine_alone_answers_over_tls(tmp_path: Path) -> None:
    """`--brain echo --tls`: typed conversations need no models; the certificate signs itself."""
    async with simulated(tmp_path, "--brain", "echo", "--tls") as (url, _):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with httpx2.AsyncClient(verify=context, trust_env=False) as http:
            assert (await http.get(url + "/_simulator/calls")).json() == []
        upgrade = Upgrade(headers={"Authorization": "Bearer sk-very-secret"})
        address = url.replace("https", "wss") + "/v1/realtime?model=m"
        with trio.fail_after(20):
            async with open_websocket(address, upgrade, tls=context) as socket:
                assert json.loads(await socket.get_message())["type"] == "session.created"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_simulator_tells_where_it_is_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """With how to point octi at it, without the key; exit code 0."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIMULATOR_KEY": "sk-very-secret"}
    command = [sys.executable, *MODULE, "simulate", "--port", "0"]
    process = await trio.lowlevel.open_process(command, cwd=tmp_path, env=env, stdout=PIPE)
    stdout = process.stdout
    assert stdout
    try:
        told = b""
        with trio.fail_after(60):
            while b"/_simulator/calls" not in told:
                more = await stdout.receive_some()
                assert more
                told += more
            process.send_signal(number)
            assert await process.wait() == 0
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()
        await trio.aclose_forcefully(stdout)
    assert re.search(rb"OCTI_UPSTREAM=openai OCTI_UPSTREAM_URL=http://127\.0\.0\.1:\d+\n", told)
    assert b"sk-very-secret" not in told
