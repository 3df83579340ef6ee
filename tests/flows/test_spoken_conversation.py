"""A spoken conversation from door to door: real speech, the real server, the real engine, the store afterwards."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import attrs
import pytest
import trio
from hypercorn.app_wrappers import ASGIWrapper

from octi.config import read_config
from octi.front import open_listeners, serve
from octi.opening import open_services
from octi.records import SessionRecord, Turn
from octi.services import Services
from octi.talk.client import TalkOptions, TalkResult, talk
from octi.web.app import create_app
from octi.web.sockets import Sockets
from tests.recordings import RECORDINGS, word_error_rate

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SPOKEN = [
    recording for recording in RECORDINGS if recording.path.stem.endswith(("goforward", "hello-world", "weather"))
]


@attrs.frozen
class Running:
    """A server under way."""

    services: Services
    base: str

    async def stored(self) -> list[tuple[SessionRecord, list[Turn]]]:
        """What is in the store once every session has ended."""
        with trio.fail_after(10):
            await self.services.live.wait_empty()
        store = self.services.store
        return [(record, await store.turns(record.id)) for record in await store.sessions()]


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[Running]:
    """octi on loopback, with its engine, on a store of its own."""
    config = read_config({"OCTI_STORE_URL": f"sqlite:///{folder}/octi.db", "OCTI_ENGINE_WORKERS": "1", **settings})
    async with open_services(config) as services, trio.open_nursery() as nursery:
        listeners = await open_listeners("127.0.0.1", 0, None)
        port = listeners[0].socket.getsockname()[1]  # type: ignore[union-attr]
        stopping, app = trio.Event(), ASGIWrapper(create_app(services))
        await nursery.start(partial(serve, app, listeners, sockets=Sockets(services), stopping=stopping))
        yield Running(services, f"ws://127.0.0.1:{port}")
        stopping.set()


async def speak(url: str, *files: Path) -> TalkResult:
    """Speak recordings as `octi talk` does."""
    with trio.fail_after(90):
        return await talk(TalkOptions(url=url, files=files), lambda line: None)


async def test_speech_is_recognised_answered_and_kept(tmp_path: Path) -> None:
    """Three recordings, human and synthetic: the words are right, a voice answers, the transcript is in the store.

    At both doors at once, and neither hears the other.
    """
    results: dict[str, TalkResult] = {}

    async def converse(door: str, path: str) -> None:
        results[door] = await speak(octi.base + path, *(recording.path for recording in SPOKEN))

    async with running(tmp_path) as octi:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(converse, "octi", "/ws/realtime")
            nursery.start_soon(converse, "realtime", "/v1/realtime")
        stored = await octi.stored()
    assert len(SPOKEN) == 3
    assert sorted(record.door for record, _ in stored) == sorted(results) == ["octi", "realtime"]
    for record, turns in stored:
        check(results[record.door], record, turns)


def check(result: TalkResult, record: SessionRecord, turns: list[Turn]) -> None:
    """One conversation, as its client heard it and as it is stored."""
    for recording, spoken in zip(SPOKEN, result.spoken, strict=True):
        assert word_error_rate(recording.text, spoken.heard) <= 0.25
        assert spoken.answer
        assert spoken.latency_s is not None
    assert len(result.pcm) > 48_000
    assert [turn.role.value for turn in turns] == ["user", "assistant"] * 3
    assert [turn.text for turn in turns if turn.role.value == "user"] == [spoken.heard for spoken in result.spoken]
    assert all(turn.end_ms > turn.start_ms for turn in turns)
    assert (record.ended_by, result.problems) == ("client", ())


async def test_a_worker_killed_while_it_works_costs_no_turn(tmp_path: Path) -> None:
    """The only worker is killed in mid-conversation, again and again: the answers come late, and they come."""
    async with running(tmp_path) as octi, trio.open_nursery() as nursery:
        nursery.start_soon(kill_workers, 3)
        result = await speak(f"{octi.base}/ws/realtime", *(recording.path for recording in SPOKEN[:2]))
        nursery.cancel_scope.cancel()
    assert all(spoken.heard and spoken.answer for spoken in result.spoken)


async def kill_workers(times: int) -> None:
    """Kill this process's speech workers, so many times."""
    for _ in range(times):
        await trio.sleep(1.5)
        found = subprocess.run(  # noqa: ASYNC221  a few milliseconds, in a test
            ["pgrep", "-f", "-P", str(os.getpid()), "octi.engine.worker"], capture_output=True, check=False
        )
        for pid in found.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
