"""The zygote, as a test asks it."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import attrs
import msgspec
import trio

ROOT = Path(__file__).parents[2]
ANSWER_S = 30.0


@attrs.frozen
class Started:
    """An octi that serves."""

    pid: int
    base: str


@attrs.define(eq=False)
class Zygote:
    """Starts and kills octis, one request at a time."""

    _process: trio.Process
    _one: trio.Lock = attrs.field(factory=trio.Lock)
    _read: bytes = b""

    async def start(self, env: Mapping[str, str], log: Path) -> Started:
        """An octi, from when it is ready."""
        answer = await self._ask({"env": dict(env), "log": str(log)})
        assert answer["base"], f"it did not start: {await trio.Path(log).read_text(encoding='utf-8')}"
        return Started(answer["pid"], answer["base"])

    async def kill(self, started: Started) -> None:
        """As `kill -9`; returns when nothing of it is left. It must have lived until then."""
        answer = await self._ask({"kill": started.pid})
        assert answer["status"] == 9, "it had ended before it was killed"

    async def _ask(self, request: Mapping[str, Any]) -> Any:
        assert self._process.stdin
        with trio.fail_after(ANSWER_S):
            async with self._one:
                await self._process.stdin.send_all(msgspec.json.encode(request) + b"\n")
                return msgspec.json.decode(await self._line())

    async def _line(self) -> bytes:
        assert self._process.stdout
        while b"\n" not in self._read:
            more = await self._process.stdout.receive_some()
            assert more, "the zygote has ended"
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line


@asynccontextmanager
async def open_zygote() -> AsyncIterator[Zygote]:
    """A zygote; with it end all that it started."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "tests.proofs.zygote"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield Zygote(process)
    finally:
        with trio.move_on_after(ANSWER_S, shield=True):
            await process.stdin.aclose()
            await process.wait()
        process.kill()
        await trio.aclose_forcefully(process.stdout)
