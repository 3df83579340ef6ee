"""Processes of a run: started on their core, waited for, ended with all that they started."""

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import attrs

START_S = 90.0  # LiteLLM takes half a minute on a busy machine
END_S = 5.0
LOOK_S = 0.05
LOG_SHOWN = 400  # characters of what one that failed said last


class NotUp(Exception):
    """A process ended, or did not listen in time; the message says what it said last."""


@attrs.frozen
class Cores:
    """Where what runs. relay None: there are not two cores, and nothing is pinned."""

    relay: int | None
    others: int | None


def cores() -> Cores:
    """The first core is the relay's, the last one everybody else's."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[-1]) if len(allowed) > 1 else Cores(None, None)


def pin(core: int | None, pid: int = 0) -> None:
    """Keep a process, and what it starts from now on, on a core."""
    if core is not None:
        os.sched_setaffinity(pid, {core})


def settle(core: int | None) -> None:
    """Of a process that is about to begin: its core, and as many descriptors as may be had."""
    pin(core)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def running(
    command: Sequence[str | Path],
    log: Path,
    core: int | None,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process for as long as the block lasts. What it says goes to the log."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=cwd,
            preexec_fn=partial(settle, core),
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it and all that it started: their state is thrown away anyway. Returns when they use no CPU any more."""
    pids = tree(process.pid)
    for pid in reversed(pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    began = time.monotonic()
    while any(is_running(pid) for pid in pids) and time.monotonic() - began < END_S:
        time.sleep(LOOK_S)


def is_running(pid: int) -> bool:
    """Is it more than a name that nobody has asked after? A process that has ended has no command any more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def tree(pid: int) -> list[int]:
    """A process and those that it started, and so on; parents first."""
    children: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, path.read_text(encoding="ascii").split())
    return [pid, *(below for child in children for below in tree(child))]


def wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> float:
    """Until it listens; after how many seconds that was. Raises NotUp."""
    began = time.monotonic()
    while time.monotonic() - began < START_S:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.monotonic() - began
        if process.poll() is not None:
            break
        time.sleep(LOOK_S)
    said = log.read_text(encoding="utf-8", errors="replace")[-LOG_SHOWN:].strip()
    raise NotUp(f"it {'ended' if process.poll() is not None else 'does not listen'}: {said or 'it said nothing'}")


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
