"""Where jobs wait. No processes here, so time is virtual."""

from collections.abc import Awaitable, Callable

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.engine.desk import Desk, Job, patience
from octi.engine.pipe import Failed, Heard, Packet, Recognise
from octi.errors import EngineFailed


def make_job(number: int = 1) -> Job:
    return Job(Packet(Recognise(number)), limit_s=10.0)


def answer(number: int = 1) -> Packet:
    return Packet(Heard(number, "hello"))


@attrs.define
class Asker:
    """Somebody who asks and remembers what came of it."""

    desk: Desk
    outcomes: dict[Job, Packet | str] = attrs.field(factory=dict)

    async def ask(self, job: Job) -> None:
        try:
            self.outcomes[job] = await self.desk.ask(job)
        except EngineFailed as failure:
            self.outcomes[job] = failure.why


async def with_asked(jobs: list[Job], body: Callable[[Desk], Awaitable[None]], most: int = 10) -> list[Packet | str]:
    """Ask for jobs, one after another, run the body, and give what came of each."""
    asker = Asker(Desk(most))
    async with trio.open_nursery() as asking:
        for job in jobs:
            asking.start_soon(asker.ask, job)
            await wait_all_tasks_blocked()
        await body(asker.desk)
    return [asker.outcomes[job] for job in jobs]


async def test_jobs_are_taken_in_the_order_in_which_they_came(autojump_clock: MockClock) -> None:
    """First come, first served."""
    jobs = [make_job(number) for number in range(5)]
    taken: list[Job] = []

    async def take_all(desk: Desk) -> None:
        for job in jobs:
            taken.append(await desk.take())
            job.settle(answer())

    await with_asked(jobs, take_all)
    assert taken == jobs


async def test_an_idle_worker_gets_a_job_as_soon_as_it_comes(autojump_clock: MockClock) -> None:
    """A worker that waits is woken."""
    desk, job = Desk(1), make_job()

    async def work() -> None:
        taken = await desk.take()
        taken.settle(answer())
        desk.give_back(taken)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        await wait_all_tasks_blocked()
        assert await desk.ask(job) == answer()
    assert desk.done == 1


async def test_who_comes_when_the_queue_is_full_is_refused_at_once(autojump_clock: MockClock) -> None:
    """The bound holds, and is named in the refusal."""

    async def come_last(desk: Desk) -> None:
        with pytest.raises(EngineFailed, match="busy: 2 pieces of work are waiting"):
            await desk.ask(make_job())
        assert trio.current_time() == started
        desk.close("enough")

    started = trio.current_time()
    assert await with_asked([make_job(), make_job()], come_last, most=2) == ["enough", "enough"]


async def test_a_job_whose_caller_is_cancelled_is_never_taken(autojump_clock: MockClock) -> None:
    """It leaves the queue, and its place is free."""
    desk = Desk(1)
    with trio.move_on_after(1):
        await desk.ask(make_job())
    assert desk.queued == 0


async def test_an_answer_that_nobody_waits_for_is_dropped(autojump_clock: MockClock) -> None:
    """A caller cancelled while a worker is at it changes nothing for the worker, and the job is not tried again."""
    desk, job = Desk(1), make_job()
    with trio.move_on_after(1):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.ask, job)
            assert await desk.take() is job
    job.settle(answer())
    desk.give_back(job)
    assert (desk.queued, desk.done) == (0, 0)


async def test_a_job_given_back_without_an_outcome_is_next(autojump_clock: MockClock) -> None:
    """It goes to the head of the queue, once."""
    first, second = make_job(1), make_job(2)

    async def lose_two_workers(desk: Desk) -> None:
        for _ in range(2):
            assert await desk.take() is first
            desk.give_back(first)
        assert await desk.take() is second
        second.settle(answer(2))

    assert await with_asked([first, second], lose_two_workers) == ["two workers died of this piece of work", answer(2)]


async def test_a_job_that_the_models_refuse_fails_with_their_reason(autojump_clock: MockClock) -> None:
    """A worker's Failed is an EngineFailed."""
    job = make_job()

    async def refuse(desk: Desk) -> None:
        (await desk.take()).settle(Packet(Failed(1, "cannot be said")))

    assert await with_asked([job], refuse) == ["cannot be said"]


async def test_nobody_waits_for_ever(autojump_clock: MockClock) -> None:
    """Where no worker is free, callers wait as long as two tries and a wait as long as one of them may take."""
    job = make_job()
    assert patience(job) == 30.0
    with pytest.raises(EngineFailed, match="no worker was free in time"):
        await Desk(1).ask(job)
    assert trio.current_time() == 30.0


async def test_closing_fails_what_waits_and_what_is_in_hand_and_what_comes_later(autojump_clock: MockClock) -> None:
    """Nobody is left hanging."""

    async def close(desk: Desk) -> None:
        job = await desk.take()
        desk.close("closed")
        desk.give_back(job)
        assert desk.queued == 0
        with pytest.raises(EngineFailed, match="closed"):
            await desk.ask(make_job())

    assert await with_asked([make_job(), make_job()], close) == ["closed", "closed"]


@pytest.mark.parametrize("attempt", range(10))
async def test_a_worker_cancelled_the_moment_a_job_comes_does_not_swallow_it(
    attempt: int, autojump_clock: MockClock
) -> None:
    """Trio shuffles who runs first in a step, so the worker has the job in some attempts; another does it in all."""
    desk, job = Desk(1), make_job()
    done: list[Job] = []

    async def work() -> None:
        mine = await desk.take()
        try:
            await trio.lowlevel.checkpoint()
            done.append(mine)
            mine.settle(answer())
        finally:
            desk.give_back(mine)

    async def cancel(worker: trio.CancelScope) -> None:
        worker.cancel()

    async with trio.open_nursery() as nursery:
        async with trio.open_nursery() as dying:
            dying.start_soon(work)
            await wait_all_tasks_blocked()
            nursery.start_soon(desk.ask, job)
            nursery.start_soon(cancel, dying.cancel_scope)  # noqa: ASYNC111  it is over in the same step
        nursery.start_soon(work)
    assert done == [job]
