"""Turns whose workers die: at any moment the turn comes late or fails clearly, and the next one works.

The clock is real, as the workers are processes. They die of the job that they are given, so nothing here is timed.
"""

import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from octi.engine.base import Brain, Call, HangUp, Prompt, Say
from octi.engine.pipe import Packet, Recognise, Synthesise
from octi.engine.pool import Pool, open_pool
from octi.engine.server import Engine
from octi.engine.staff import Worker
from octi.websocket.memory import memory_legs
from tests.engine.fakes import (
    NOON,
    TRANSCRIBE,
    Client,
    FakeBrain,
    MarkedEar,
    always,
    append,
    every,
    only,
    silence,
    update,
    voice,
)
from tests.engine.test_pool import FAKE
from tests.engine.wire import Event
from tests.recordings import SYNTHETIC, plain_words

SOON_S = 60.0  # nothing takes this long, on however slow a machine
WORDS = "conversation.item.input_audio_transcription."
SAID = [Say("Well then."), Say("That is all.")]  # of which a scripted worker says the first words
SPOKEN = [voice(), silence()]


def workers() -> list[int]:
    """The worker processes that this process has started, and that are not gone."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"worker" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return found


def kill_all() -> None:
    for pid in workers():
        os.kill(pid, signal.SIGKILL)


@attrs.define(eq=False)
class Deadly:
    """Stands for `Worker.request`: a worker that is given one of these jobs, in this order, gets a signal instead."""

    jobs: list[type] = attrs.field(factory=list)
    number: int = signal.SIGKILL
    skip: int = 0  # so many of the first kind are harmless
    _request: Callable[[Worker, Packet], Any] = Worker.request

    async def __call__(self, worker: Worker, packet: Packet) -> Packet:
        if self.jobs and isinstance(packet.message, self.jobs[0]):
            if self.skip:
                self.skip -= 1
            else:
                self.jobs.pop(0)
                worker.process.send_signal(self.number)
        answer: Packet = await self._request(worker, packet)
        return answer


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> Deadly:
    found = Deadly()

    async def request(worker: Worker, packet: Packet) -> Packet:
        return await found(worker, packet)

    monkeypatch.setattr(Worker, "request", request)
    return found


@attrs.define(eq=False)
class Witness(Client):
    """A client that does something when it has read so many events."""

    at: int = -1
    does: Callable[[], None] = kill_all

    async def _receive(self) -> None:
        before = len(self._inbox)
        await super()._receive()
        if 0 <= self.at < len(self._inbox) - before:
            self.does()
        self.at -= len(self._inbox) - before


@attrs.define
class Thinking(FakeBrain):
    """Whoever is asked by it has no worker any more."""

    thinks: Callable[[], None] = lambda: None

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call | HangUp, None]:
        self.thinks()
        for piece in SAID:
            yield piece


@asynccontextmanager
async def talking(pool: Pool, brain: Brain | None = None) -> AsyncIterator[Witness]:
    """A conversation over a pool, with a client that reads the user's words too."""
    near, far = memory_legs()
    client = Witness(near)
    with trio.fail_after(SOON_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Engine(pool, always(brain or Thinking()), lambda: NOON).converse, far, "gpt-realtime")
            client.send(TRANSCRIBE)
            await client.next("session.updated")
            yield client
            await near.close(1000, "bye")


@asynccontextmanager
async def scripted(size: int = 1, job_limit_s: float = SOON_S) -> AsyncIterator[Pool]:
    """Workers without models, that remember nothing they said. None of them outlives the block."""
    command = (*FAKE, "ready")
    async with open_pool(
        size, open_ear=MarkedEar, command=command, most_spoken_bytes=0, job_limit_s=job_limit_s
    ) as pool:
        yield pool
    assert workers() == []


async def turn(client: Client, *said: Event) -> list[Event]:
    client.send(*(said or SPOKEN))
    return await client.answered()


def check_whole(events: list[Event], heard: str = "bytes of en") -> None:
    """The turn was understood and answered, with both sentences in its voice."""
    assert heard in " ".join(plain_words(only(events, WORDS + "completed")["transcript"]))
    response = only(events, "response.done")["response"]
    assert response["status"] == "completed"
    assert response["output"][0]["content"][0]["transcript"] == "Well then. That is all."
    assert len(every(events, "response.output_audio.delta")) >= 2


def check_failed(error: Event, code: str, why: str) -> None:
    """It is the engine's own fault, and said so."""
    assert (error["type"], error["code"]) == ("server_error", code)
    assert error["message"].startswith("the speech engine failed: ")
    assert why in error["message"]


# One death


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(
    ("job", "skip"), [(Recognise, 0), (Synthesise, 0), (Synthesise, 1)], ids=["recognising", "first", "second"]
)
async def test_a_worker_that_dies_of_a_job_costs_time_alone(job: type, skip: int, size: int, deadly: Deadly) -> None:
    """Another does the job: the words are there, and every sentence, once."""
    async with scripted(size) as pool, talking(pool) as client:
        deadly.jobs, deadly.skip = [job], skip
        check_whole(await turn(client))
        assert (deadly.jobs, pool.statistics().restarts) == ([], 1)
        check_whole(await turn(client))


@pytest.mark.slow
async def test_a_worker_that_dies_of_a_look_costs_nothing(deadly: Deadly) -> None:
    """While the user speaks: the final words are asked for in earnest."""
    async with scripted() as pool, talking(pool) as client:
        deadly.jobs = [Recognise]
        client.send(update(audio={"input": {"transcription": {"model": "gpt-4o-transcribe"}}}), voice(640))
        await client.next("input_audio_buffer.speech_started")
        while deadly.jobs:  # noqa: ASYNC110  what happens in a worker sets no event here
            await trio.sleep(0.005)
        check_whole(await turn(client, silence()))


@pytest.mark.slow
async def test_all_workers_killed_at_any_event_cost_time_alone() -> None:
    """At each event of a turn that a client reads, from the first to the last."""
    moments = 0
    async with scripted() as pool, talking(pool) as client:
        events = await turn(client)
        for at in range(len(events)):
            client.at = at
            check_whole(await turn(client))
            moments += 1
        check_whole(await turn(client))
        assert pool.statistics().restarts >= moments
    assert moments > 20


@pytest.mark.slow
async def test_all_workers_killed_in_mid_thought_cost_time_alone() -> None:
    """Between the words and the answer no worker has anything to do."""
    async with scripted(2) as pool, talking(pool, Thinking(thinks=kill_all)) as client:
        for _ in range(2):
            check_whole(await turn(client))


# Two deaths


@pytest.mark.slow
async def test_words_that_two_workers_die_of_are_told_as_lost(deadly: Deadly) -> None:
    """The turn is answered all the same, and the next is as any other. Both a guess and the words in earnest fail."""
    async with scripted() as pool, talking(pool) as client:
        deadly.jobs = [Recognise] * 2
        events = await turn(client)
        check_failed(only(events, WORDS + "failed")["error"], "transcription_failed", "two workers died")
        assert only(events, "response.done")["response"]["status"] == "completed"
        check_whole(await turn(client))


@pytest.mark.slow
@pytest.mark.parametrize(("skip", "said"), [(0, []), (1, ["Well then."])])
async def test_a_sentence_that_two_workers_die_of_fails_the_answer(skip: int, said: list[str], deadly: Deadly) -> None:
    """What was said before it stays; the next turn is as any other."""
    async with scripted() as pool, talking(pool) as client:
        deadly.jobs, deadly.skip = [Synthesise] * 2, skip
        response = only(await turn(client), "response.done")["response"]
        assert response["status"] == "failed"
        check_failed(response["status_details"]["error"], "engine_failed", "two workers died")
        assert [item["content"][0]["transcript"] for item in response["output"]] == said
        check_whole(await turn(client))


# Workers that hang


@pytest.mark.slow
@pytest.mark.parametrize("job", [Recognise, Synthesise])
async def test_a_worker_that_hangs_is_told_after_its_limit(job: type, deadly: Deadly) -> None:
    """It is killed, and nobody waits for a second one; the next turn is as any other."""
    async with scripted(job_limit_s=2.0) as pool, talking(pool) as client:
        deadly.jobs, deadly.number = [job], signal.SIGSTOP
        events = await turn(client)
        error = (
            only(events, WORDS + "failed")["error"]
            if job is Recognise
            else only(events, "response.done")["response"]["status_details"]["error"]
        )
        check_failed(error, "transcription_failed" if job is Recognise else "engine_failed", "took longer than 2")
        check_whole(await turn(client))
        assert pool.statistics().restarts == 1


# With the models


@pytest.mark.engine
@pytest.mark.slow
async def test_real_workers_killed_at_each_stage_of_a_turn(deadly: Deadly) -> None:
    """Hearing, recognising, thinking, speaking: late, and right. Nobody is left when the pool is closed."""
    recording, thinking = SYNTHETIC[0], Thinking()
    spoken, heard = append(recording.pcm(24_000)), " ".join(plain_words(recording.text))
    async with open_pool(1, most_spoken_bytes=0) as pool, talking(pool, thinking) as client:
        client.at = 0  # hearing: speech has begun
        check_whole(await turn(client, spoken, silence(900)), heard)
        deadly.jobs = [Recognise]
        check_whole(await turn(client, spoken, silence(900)), heard)
        thinking.thinks = kill_all
        check_whole(await turn(client, spoken, silence(900)), heard)
        thinking.thinks = lambda: None
        deadly.jobs, deadly.skip = [Synthesise], 1
        check_whole(await turn(client, spoken, silence(900)), heard)
        assert pool.statistics().restarts == 4
        check_whole(await turn(client, spoken, silence(900)), heard)
    assert workers() == []
