"""An octi's speech workers, killed now and then."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import trio

BETWEEN_S = (5.0, 20.0)


async def kill_workers(pid: int, chance: random.Random, killed: list[int]) -> None:
    """One of them at a time, until cancelled. `killed` is told which."""
    while True:
        await trio.sleep(chance.uniform(*BETWEEN_S))
        if found := list(workers_of(pid)):
            with suppress(ProcessLookupError):
                os.kill(worker := chance.choice(found), signal.SIGKILL)
                killed.append(worker)


def workers_of(pid: int) -> Iterator[int]:
    """The processes that this one started to hear and speak."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                if b"octi.engine.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)
