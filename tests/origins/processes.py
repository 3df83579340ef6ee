"""octi and the simulated provider as processes of their own, started as their users start them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx2

ROOT = Path(__file__).parent.parent.parent
START_S, END_S = 60.0, 20.0
PROMPT = "You are the agent of a test, and kind."
KEY = "sk-of-the-tests"

Script = Mapping[str, Any]


@attrs.frozen
class Node:
    """An octi that serves. `simulator`: where its provider is, if it has one."""

    base: str  # http://127.0.0.1:port
    folder: Path
    simulator: str | None = None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(
    folder: Path, simulator: str | None = None, settings: Mapping[str, str] | None = None, *, tidy: bool = True
) -> Iterator[Node]:
    """`octi serve` with its store in a folder, over the embedded engine or over a simulated provider.

    tidy: it is to log no error.
    """
    upstream = {"OCTI_ENGINE_WORKERS": "1"}
    if simulator:
        upstream = {"OCTI_UPSTREAM": "openai", "OCTI_UPSTREAM_URL": simulator, "OPENAI_API_KEY": KEY}
    env = {"PORT": "0", "OCTI_SYSTEM_PROMPT": PROMPT, **upstream, **(settings or {})}
    with running(folder, ["serve"], env, r"octi is ready: +(http://[^/]+)/") as base:
        wait_ready(base)
        yield Node(base, folder, simulator)
    log = (folder / "errors.log").read_text(encoding="utf-8")
    assert not tidy or not re.search(r'"level": "(error|critical)"|Traceback', log), log
    assert KEY not in log


@contextmanager
def simulating(folder: Path, script: Script, *, port: int = 0, pace_s: float = 0.01) -> Iterator[str]:
    """`octi simulate` with a script; its address."""
    folder.mkdir(exist_ok=True)
    (folder / "script.json").write_text(json.dumps(script), encoding="utf-8")
    args = ["simulate", "script.json", "--port", str(port), "--pace", str(pace_s), "--key", KEY]
    with running(folder, args, {}, r"provider is ready: (http://\S+)") as base:
        yield base


@contextmanager
def running(folder: Path, args: list[str], env: Mapping[str, str], ready: str) -> Iterator[str]:
    """A process, until the block ends; what the one group of `ready` finds in what it prints.

    It runs in the folder, so that no `.env` of a developer's has a say, and must end cleanly.
    """
    folder.mkdir(exist_ok=True)
    printed, errors = folder / "printed.log", folder / "errors.log"
    with printed.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "octi", *args],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env},
            stdout=stdout,
            stderr=stderr,
        )
    try:
        yield announced(process, printed, errors, ready)
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_S) == 0
    finally:
        process.kill()
        process.wait()


def announced(process: "subprocess.Popen[bytes]", printed: Path, errors: Path, ready: str) -> str:
    """What a process says when it is ready."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if found := re.search(ready, printed.read_text(encoding="utf-8")):
            return found[1]
        assert process.poll() is None, errors.read_text(encoding="utf-8")
        time.sleep(0.02)
    raise AssertionError(f"not ready within {START_S:g} s")


def wait_ready(base: str) -> None:
    """Return when `/readyz` says so."""
    deadline = time.monotonic() + START_S
    with httpx2.Client(trust_env=False, verify=False) as client:
        while client.get(f"{base}/readyz").status_code != 200:
            assert time.monotonic() < deadline, "not ready"
            time.sleep(0.05)
