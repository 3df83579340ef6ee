"""Where work for the engine waits: a bounded queue in order of arrival, and what becomes of each piece."""

from collections import deque

import attrs
import trio

from octi.engine.pipe import Failed, Packet
from octi.errors import EngineFailed
from octi.observe.plain import Own

MOST_TRIES = 2  # a worker that dies may be bad luck; a second one that dies of the same work is not


@attrs.define(eq=False)
class Job:
    """One request to a worker and what came of it. `limit_s` is how long a worker may take over it."""

    request: Packet
    limit_s: float
    tries: int = 0
    outcome: Packet | EngineFailed | None = None
    settled: trio.Event = attrs.field(init=False, factory=trio.Event)

    def settle(self, outcome: Packet | EngineFailed) -> None:
        """Give the one who waits an answer, or say why there is none. The first time counts."""
        if self.outcome is None:
            self.outcome = outcome
            self.settled.set()


@attrs.define(eq=False)
class Desk:
    """The jobs that wait for a worker, oldest first.

    Bounded: whoever comes when `most` are waiting is refused at once, as an agent that answers late is of no use.
    """

    most: int
    done: int = 0
    _waiting: deque[Job] = attrs.field(init=False, factory=deque)
    _idle: trio.lowlevel.ParkingLot = attrs.field(init=False, factory=trio.lowlevel.ParkingLot)
    _in_hand: set[Job] = attrs.field(init=False, factory=set)
    _closed: str | None = None

    @property
    def queued(self) -> int:
        """How many jobs wait for a worker."""
        return len(self._waiting)

    async def ask(self, job: Job) -> Packet:
        """Queue a job and wait for its answer. Raises EngineFailed.

        A caller who is cancelled takes the job out of the queue; if a worker has it already, the answer is dropped.
        """
        self._accept(job)
        try:
            with trio.move_on_after(patience(job)):
                await job.settled.wait()
        finally:
            self._forget(job)
        return answer_of(job)

    async def take(self) -> Job:
        """Wait for the oldest job. The worker that takes it hands it back with `give_back`, whatever happens."""
        while not self._waiting:
            await self._idle.park()
        job = self._waiting.popleft()
        job.tries += 1
        self._in_hand.add(job)
        return job

    def give_back(self, job: Job) -> None:
        """A worker is through with a job, or lost. A job without an outcome goes to the head of the queue, once."""
        self._in_hand.discard(job)
        if isinstance(job.outcome, Packet):
            self.done += 1
        elif job.outcome is not None:
            return
        elif job.tries < MOST_TRIES:
            self._waiting.appendleft(job)
            self._idle.unpark()
        else:
            job.settle(EngineFailed(Own("two workers died of this piece of work")))

    def close(self, why: str) -> None:
        """Fail whatever is waiting or in hand, and whatever comes from now on."""
        self._closed = why
        for job in (*self._waiting, *self._in_hand):
            job.settle(EngineFailed(Own(why)))
        self._waiting.clear()

    def _accept(self, job: Job) -> None:
        if self._closed is not None:
            raise EngineFailed(Own(self._closed))
        if self.queued >= self.most:
            raise EngineFailed(Own(f"busy: {self.queued} pieces of work are waiting"))
        self._waiting.append(job)
        self._idle.unpark()

    def _forget(self, job: Job) -> None:
        """Nobody waits for the job any more: no worker need begin with it, or begin again."""
        job.settle(EngineFailed(Own("no worker was free in time")))
        if job in self._waiting:
            self._waiting.remove(job)


def answer_of(job: Job) -> Packet:
    """The answer to a settled job. Raises EngineFailed if it has none."""
    match job.outcome:
        case Packet(Failed(_, why)):
            raise EngineFailed(why)
        case Packet() as answer:
            return answer
        case EngineFailed() as failure:
            raise failure
        case None:
            raise AssertionError("the job is not settled")


def patience(job: Job) -> float:
    """Seconds that a caller waits in all: in the queue, for one worker, and for another if the first one dies."""
    return job.limit_s * (MOST_TRIES + 1)
