"""octi as a process of its own, forked from one that has it loaded already: a start takes a tenth of a second, not two.

    python -m tests.proofs.zygote

reads one JSON object a line: {"env": {...}, "log": "file"} starts an octi and is answered {"pid": …, "base": "http://…"};
{"kill": pid} kills one and is answered when the kernel has taken it apart. At the end of its input it kills them all.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import trio

from octi.config import read_config
from octi.observe.logs import set_up_logs
from octi.serve import run
from octi.store.migrations import upgrade
from octi.store.sqlite import make_engine

READY = "octi is ready:"


def main() -> None:
    """Answer requests until there are none."""
    load()
    started: set[int] = set()
    try:
        for answer in _answers(started):
            print(json.dumps(answer), flush=True)  # noqa: T201  its one output
    finally:
        for pid in started:
            _kill(pid)


def load() -> None:
    """What an octi imports only once it needs it. In this thread, and nothing is left open."""
    for name in ("alembic.command", "httpcore2", "encodings.idna", "octi.store.postgres"):
        import_module(name)
    engine = make_engine(None)
    upgrade(engine)
    engine.dispose()


def _answers(started: set[int]) -> Iterator[Mapping[str, Any]]:
    for line in sys.stdin:
        asked = json.loads(line)
        if "kill" in asked:
            started.discard(asked["kill"])
            yield {"status": _kill(asked["kill"])}
        else:
            pid, base = _start(asked["env"], Path(asked["log"]))
            started.add(pid)
            yield {"pid": pid, "base": base}


def _kill(pid: int) -> int:
    """The signal that ended it: 9, unless it had ended by itself."""
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _start(env: Mapping[str, str], log: Path) -> tuple[int, str]:
    """Fork. Nothing runs here but this one thread, so nothing is torn."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            _serve(env, log, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as said:
        return pid, said.readline().strip()


def _serve(env: Mapping[str, str], log: Path, ready: int) -> None:
    nothing, logging = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (logging, 1), (logging, 2)):
        os.dup2(source, target)
    set_up_logs("info", json=True)
    trio.run(run, read_config({"PORT": "0", **env}), partial(_say, ready))


def _say(ready: int, line: str) -> None:
    if line.startswith(READY):
        os.write(ready, f"{line.removeprefix(READY).strip().rstrip('/')}\n".encode())


if __name__ == "__main__":
    main()
