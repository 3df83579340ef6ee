"""The official clients of the Realtime API, unmodified: each holds a whole conversation with octi and notices nothing.

With `octi serve` and its embedded engine, and with the engine alone as `octi simulate` serves it.
"""

import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import httpx2
import pytest
import trustme

from tests.clients.trying import CLIENTS, HERE, ROOT, STEPS, Client, Steps, conversations, is_installed
from tests.clients.writing import DOCUMENT, document
from tests.origins.processes import running, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.engine,
    pytest.mark.skipif(not is_installed(), reason="the clients are not installed: make test does it"),
]
READY = r"is ready: +(https://[^/\s]+)"
RECORDED = HERE / "recorded"
NAMES = [client.name for client in CLIENTS]


@attrs.frozen
class Tried:
    """What came of all clients' conversations with one server, and the sessions that it kept."""

    steps: Mapping[str, Steps]
    sessions: list[dict[str, Any]]
    turns: Mapping[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Tried]:
    """All of them, at once: some want TLS, so all have it."""
    folder = tmp_path_factory.mktemp("clients")
    authority, pem, key = trustme.CA(), folder / "ca.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(str(pem))
    authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(str(key))
    serve = request.param == "octi serve"
    args = ["serve"] if serve else ["simulate", "--brain", "rules", "--port", "0"]
    args += [] if serve else ["--tls-cert", str(key), "--tls-key", str(key)]
    tls = {"OCTI_TLS_CERT": str(key), "OCTI_TLS_KEY": str(key)}
    with running(folder, args, {"PORT": "0", **(tls if serve else {})}, READY) as base:
        steps = conversations(f"{base}/v1", pem)
        yield Tried(steps, *(_kept(base, pem) if serve else ([], {})))


def _kept(base: str, authority: Path) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """The sessions of a server, and their turns."""

    with httpx2.Client(verify=ssl.create_default_context(cafile=str(authority)), trust_env=False) as client:
        sessions = client.get(f"{base}/sessions").json()["sessions"]
        names = [session["id"] for session in sessions]
        return sessions, {name: client.get(f"{base}/sessions/{name}/transcript").json()["turns"] for name in names}


both = pytest.mark.parametrize("tried", ["octi serve", "octi simulate"], indirect=True)


@both
@pytest.mark.parametrize("name", NAMES)
def test_a_client_types_and_is_answered(tried: Tried, name: str) -> None:
    """By the engine's own arithmetic."""
    assert "5" in tried.steps[name]["text"]["heard"]


@both
@pytest.mark.parametrize("name", NAMES)
def test_a_client_speaks_and_is_answered_aloud(tried: Tried, name: str) -> None:
    """It is told what it said, and hears something."""
    voice = tried.steps[name]["voice"]
    assert voice["understood"] == "What is the weather going to be like this weekend?"
    assert voice["sound"] > 0


@both
@pytest.mark.parametrize("name", NAMES)
def test_a_clients_function_is_called_and_its_result_is_said(tried: Tried, name: str) -> None:
    """Some packages run it themselves, with others the program does."""
    call = tried.steps[name]["function_call"]
    assert call["name"] == "get_weather"
    assert "Paris" in call["arguments"]
    assert "21 degrees" in call["heard"]


@both
@pytest.mark.parametrize("name", NAMES)
def test_a_client_talks_over_the_agent_and_cuts_it_off(tried: Tried, name: str) -> None:
    """The server has confirmed what was heard of the answer; openai-agents tells its user no more than that it did."""
    assert tried.steps[name]["barge_in"].get("heard_ms", 300) >= 300


@both
@pytest.mark.parametrize("name", NAMES)
def test_a_client_leaves_cleanly(tried: Tried, name: str) -> None:
    """With the code that a normal end has, behind all five steps."""
    assert tried.steps[name]["close"]["code"] == 1000
    assert tuple(tried.steps[name]) == STEPS


@pytest.mark.parametrize("tried", ["octi serve"], indirect=True)
def test_every_session_was_ended_by_its_client(tried: Tried) -> None:
    """And by nothing else; the agent's last turn is kept as cut off."""
    ended = [session for session in tried.sessions if session["endedBy"]]
    assert [(session["state"], session["endedBy"]) for session in ended] == [("ended", "client")] * len(CLIENTS)
    for session in ended:
        agents = [turn for turn in tried.turns[session["id"]] if turn["role"] == "assistant"]
        assert any(turn["interrupted"] for turn in agents), agents


@pytest.mark.parametrize("client", CLIENTS, ids=NAMES)
def test_the_table_of_clients_has_a_row_for_each(client: Client) -> None:
    """With the version that was tried."""
    assert f"| {client.name} | {client.package} {client.version} |" in document()


def test_the_table_of_clients_is_current() -> None:
    """`python -m tests.clients.writing` writes it."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`octi serve` without TLS: its Realtime door."""
    with serving(tmp_path_factory.mktemp("plain")) as node:
        yield node.base.replace("http", "ws", 1) + "/v1/realtime?model=gpt-realtime-2.1"


@pytest.mark.parametrize("name", ["livekit", "pipecat"])
def test_a_client_too_large_to_install_is_played_from_its_cassette(plain: str, name: str) -> None:
    """Its handshake and its first turn, as it said them to octi once; octi answers as it did then."""
    replay = [sys.executable, "-m", "octi", "replay", str(RECORDED / name), "--client", plain, "--speed", "0"]
    done = subprocess.run(replay, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "passed"), done.stdout + done.stderr
