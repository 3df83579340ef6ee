"""`octi health`, as a container's health check runs it."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import STDOUT, run
from urllib.parse import urlsplit

import pytest
import trio
from click.testing import CliRunner, Result

from octi.cli import main
from octi.config import read_config
from octi.front import open_listeners
from octi.health import Probe, Unwell, ask, health, probe_for
from octi.opening import open_services
from octi.serve import address_of, serve_services
from tests.scripted_provider import Behaviour, Caller, ScriptedProvider, answers, never_answers, providing, resets

ROOT = Path(__file__).parent.parent


# Where it asks


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8080/livez"),
        ({"HOST": "0.0.0.0", "PORT": "9000"}, "http://127.0.0.1:9000/livez"),
        ({"HOST": "::", "OCTI_TLS_CERT": "/run/cert.pem"}, "https://[::1]:8080/livez"),
        ({"HOST": "10.1.2.3", "PORT": None, "OCTI_TLS_CERT": ""}, "http://10.1.2.3:8080/livez"),
    ],
)
def test_it_asks_where_octi_listens(folder: Path, given: dict[str, str | None], url: str) -> None:
    """At an address that can be reached, where octi listens on all of them."""
    assert str(probe_for({"HOST": None, "PORT": None, "OCTI_TLS_CERT": None, **given}, "/livez")) == url


def test_it_reads_the_file_of_settings_as_octi_does(folder: Path) -> None:
    """The environment wins."""
    (folder / ".env").write_text("HOST=::1\nPORT=9000\nOCTI_BRAIN=nonsense\n", encoding="utf-8")
    assert str(probe_for({"HOST": None, "PORT": "9001"}, "/readyz")) == "http://[::1]:9001/readyz"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"PORT": "no"}, "PORT='no': should be a whole number from 0 to 65535"),
        ({"PORT": "0"}, "PORT=0: should be the port that octi got; --port says it"),
    ],
)
def test_where_it_cannot_know_that_is_said(folder: Path, given: dict[str, str | None], why: str) -> None:
    with pytest.raises(Unwell) as raised:
        probe_for(given, "/livez")
    assert str(raised.value) == why


def test_a_file_of_settings_that_is_no_text_is_said(folder: Path) -> None:
    """As an answer, not as a stack trace."""
    (folder / ".env").write_bytes(b"PORT=\xff\n")
    assert said(CliRunner().invoke(health, [])).startswith("octi health: .env cannot be read: ")


def said(result: Result) -> str:
    """What it says of an octi that is not well: one line, on stderr."""
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.rstrip("\n")


# What it makes of the answer


async def why(provider: ScriptedProvider, patience_s: float = 30.0) -> str:
    """Why whoever answers there is not well, without the address; "" if all is well."""
    url = urlsplit(provider.url)
    assert url.port
    probe = Probe("127.0.0.1", url.port, "/livez", url.scheme == "https")
    try:
        await trio.to_thread.run_sync(ask, probe, patience_s)
    except Unwell as error:
        return str(error).replace(str(probe), "URL")
    return ""


@pytest.mark.parametrize("tls", [False, True])
async def test_the_status_decides(tls: bool) -> None:
    """What octi says is wrong is handed on, in one line that steers no terminal."""
    unwell = {"problems": ["the disk is full", "a\x1b[2J\nb"]}
    async with providing(response(200), response(503, unwell), response(404), tls=tls) as provider:
        assert await why(provider) == ""
        assert await why(provider) == "URL answers 503: the disk is full; a?[2J?b"
        assert await why(provider) == "URL answers 404"
    assert [asked.path for asked in provider.asked] == ["/livez"] * 3


def response(status: int, body: object = None) -> Behaviour:
    """An answer of HTTP."""
    return answers(f"HTTP/1.1 {status} So\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}".encode())


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1", b"HTTP/1.1 OK\r\n\r\n", b"\xff" * 200_000])
async def test_another_program_is_told_apart(answer: bytes) -> None:
    """Whatever it says."""
    async with providing(answers(answer)) as provider:
        assert (await why(provider)).startswith(("URL does not speak HTTP: it is another program", "URL cannot be"))


async def test_https_where_http_is_spoken_is_told() -> None:
    """And where nobody listens, and where a connection breaks off."""
    async with providing(resets) as provider:
        assert (await why(provider)).startswith("URL cannot be reached: ")
        provider.url = provider.url.replace("http:", "https:")
        assert (await why(provider)).startswith("URL cannot be reached: ")
    assert (await why(provider)).startswith("URL cannot be reached: ")


async def test_a_server_that_hangs_is_not_alive() -> None:
    """One that says nothing, and one that says a little again and again."""
    async with providing(never_answers, dribbles) as provider:
        assert await why(provider, 0.1) == "URL did not answer within 0.1 s"
        assert await why(provider, 0.1) == "URL did not answer within 0.1 s"


async def dribbles(caller: Caller) -> None:
    """A byte now and then, for ever."""
    while True:
        await caller.send_all(b"H")
        await trio.sleep(0.01)


# The real one


async def asked(env: Mapping[str, str], *options: str) -> tuple[int, str]:
    """The command as a process of its own: its exit code, and all that it says."""
    command = [sys.executable, "-m", "octi", "health", *options]
    ran = await trio.run_process(
        command, capture_stdout=True, stderr=STDOUT, check=False, cwd=ROOT, env={**os.environ, **env}
    )
    return ran.returncode, ran.stdout.decode()


@pytest.mark.slow
async def test_a_running_octi_is_alive_also_while_it_drains() -> None:
    """It is ready only before; of an octi that is gone, the command says so."""
    env = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://127.0.0.1:9", "OCTI_SYSTEM_PROMPT": "Be kind."}
    config = read_config({"OCTI_STORE_URL": "sqlite:///:memory:", **env})
    listeners, stopping = await open_listeners("127.0.0.1", 0, None), trio.Event()
    base = address_of(listeners[0], "127.0.0.1")
    there = {"HOST": "0.0.0.0", "PORT": base.rpartition(":")[2]}
    async with open_services(config) as services, trio.open_nursery() as nursery:
        nursery.start_soon(serve_services, services, listeners, stopping)
        assert await asked(there) == (0, f"octi is alive: http://{base}/livez\n")
        assert await asked(there, "--ready") == (0, f"octi is ready: http://{base}/readyz\n")
        services.live.draining.set()
        assert await asked(there) == (0, f"octi is alive: http://{base}/livez\n")
        code, why_not = await asked(there, "--ready")
        assert (code, why_not) == (1, f"octi health: http://{base}/readyz answers 503: octi is restarting\n")
        stopping.set()
    code, why_not = await asked(there)
    assert (code, "cannot be reached" in why_not) == (1, True)


def test_it_loads_no_server() -> None:
    """It is asked every few seconds, on the core that the conversations need."""
    heavy = "trio", "quart", "sqlalchemy", "octi.cli"
    script = "import sys, runpy; sys.argv[1:] = ['health', '-h']\ntry: runpy.run_module('octi', run_name='__main__')\n"
    script += f"except SystemExit: sys.exit(str([name for name in {heavy} if name in sys.modules]))"
    ran = run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "alive" in ran.stdout
    assert ran.stderr == "[]\n"


def test_the_command_line_has_it_too() -> None:
    """With the same help, for whoever looks there."""
    listed = CliRunner().invoke(main, ["--help"]).output
    assert "health " in listed
    assert "/livez" in CliRunner().invoke(main, ["health", "-h"]).output
