"""Worker processes one at a time; what becomes of jobs is in test_pool.py."""

import sys

import pytest
import trio

from octi.engine.desk import Desk, Job
from octi.engine.pipe import Packet, Ready, Spoken, Synthesise
from octi.engine.staff import LONGEST_PAUSE_S, Post, Staff, WorkerLost, open_worker, pause

FAKE = (sys.executable, "-m", "tests.engine.fake_worker")


async def test_a_worker_answers_and_is_gone_when_the_block_ends() -> None:
    """Killed and reaped, and its pipes are closed."""
    async with open_worker((*FAKE, "ready")) as worker:
        assert await worker.receive() == Packet(Ready())
        answer = await worker.request(Packet(Synthesise(1, "hello", "alloy", 1.0)))
        assert answer == Packet(Spoken(1), b"hello")
    assert worker.process.returncode is not None
    with pytest.raises(trio.ClosedResourceError):
        await worker.receive()


async def test_how_a_worker_ended_is_told() -> None:
    """By its exit status."""
    async with open_worker((*FAKE, "dies")) as worker:
        with pytest.raises(WorkerLost, match="ended with status 3"):
            await worker.receive()
        assert str(await worker.wait_lost()) == "ended with status 3"


async def test_a_program_that_does_not_exist_is_told() -> None:
    """With its name."""
    with pytest.raises(WorkerLost, match="/no-such-program"):
        async with open_worker(("/no-such-program",)):
            raise AssertionError("started")


def test_pauses_grow_to_a_bound() -> None:
    """The first is short, as one death is an accident."""
    assert [pause(losses) for losses in (1, 2, 3)] == pytest.approx([0.1, 0.2, 0.4])
    assert pause(10) == pause(10_000) == LONGEST_PAUSE_S


async def test_workers_that_die_together_do_not_die_of_one_job() -> None:
    """The second one was gone before it had the job: a third is to try it."""
    desk = Desk(most=1)
    job = Job(Packet(Synthesise(1, "hello", "alloy", 1.0)), limit_s=10, tries=1)  # the first one has died at it
    desk.give_back(job)
    async with open_worker((*FAKE, "ready")) as worker:
        await worker.receive()
        worker.process.kill()
        post = Post(Staff(1, FAKE, 10), desk)
        assert str(await post._attend(worker)) == "was killed by signal 9"
    assert (desk.queued, job.tries, job.outcome) == (1, 1, None)
