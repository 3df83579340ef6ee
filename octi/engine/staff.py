"""The worker processes: each is started, warmed up, given jobs, and replaced when it dies or hangs."""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import attrs
import structlog
import trio

import octi
from octi.engine.desk import Desk, Job
from octi.engine.pipe import Garbled, Missing, Packet, Ready, Unpacker, fits, pack
from octi.errors import EngineFailed, EngineMissing, OctiError
from octi.observe.plain import Own

log = structlog.get_logger("octi.engine")

PACKAGE_ROOT = Path(octi.__file__).parents[1]  # where `python -m octi.…` finds octi, whatever folder we started in
REAP_LIMIT_S = 2.0  # a killed process is gone at once, unless the kernel holds it
ENDING_S = 0.05  # from a signal that ends a process to its end
ENDING_LIMIT_S = 0.5  # between a process's last pipe and its end
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
MOST_FALSE_STARTS = 3  # for each worker; then starting is given up, if none has been ready by then


class WorkerLost(Exception):
    """A worker process is gone, or has to go, and why. Never leaves this module."""


@attrs.define(eq=False)
class Worker:
    """One worker process and the pipes to it. Takes one request at a time."""

    process: trio.Process
    _unpacker: Unpacker = attrs.field(init=False, factory=Unpacker)

    async def request(self, packet: Packet) -> Packet:
        """Send a request and wait for its answer; cancelled, the worker is of no more use. Raises WorkerLost."""
        assert self.process.stdin is not None
        try:
            await self.process.stdin.send_all(pack(packet))
        except trio.BrokenResourceError as error:
            raise await self._loss() from error
        answer = await self.receive()
        if not fits(answer.message, packet.message):
            raise WorkerLost("answered what it was not asked")
        return answer

    async def receive(self) -> Packet:
        """The next packet. Raises WorkerLost."""
        assert self.process.stdout is not None
        while data := await self.process.stdout.receive_some():
            match self._packets_in(bytes(data)):
                case []:
                    pass
                case [packet]:
                    return packet
                case _:
                    raise WorkerLost("answered more than it was asked")
        raise await self._loss()

    async def wait_lost(self) -> WorkerLost:
        """Wait until the process ends. Says how it did."""
        status = await self.process.wait()
        return WorkerLost(f"was killed by signal {-status}" if status < 0 else f"ended with status {status}")

    async def _loss(self) -> WorkerLost:
        """Why a pipe of it is broken: most likely the process has just ended."""
        with trio.move_on_after(ENDING_LIMIT_S):
            return await self.wait_lost()
        return WorkerLost("closed its pipe")

    def _packets_in(self, data: bytes) -> list[Packet]:
        try:
            return self._unpacker.feed(data)
        except Garbled as error:
            raise WorkerLost(f"talked nonsense ({error})") from error


@asynccontextmanager
async def open_worker(command: Sequence[str]) -> AsyncIterator[Worker]:
    """Start a worker process; when the block ends it is killed, reaped, and its pipes are closed. Raises WorkerLost."""
    pipe = subprocess.PIPE
    try:
        process = await trio.lowlevel.open_process(command, stdin=pipe, stdout=pipe, cwd=PACKAGE_ROOT)
    except OSError as error:
        raise WorkerLost(f"could not be started ({error})") from error
    try:
        yield Worker(process)
    finally:
        process.kill()  # it has nothing to lose
        with trio.move_on_after(REAP_LIMIT_S, shield=True):
            assert process.stdio is not None
            await process.stdio.aclose()
            await process.wait()


@attrs.define(eq=False)
class Staff:
    """What is known of all workers together. `opened` is set once one is ready, or it is clear that none will be."""

    size: int
    command: Sequence[str]
    start_limit_s: float
    ready: int = 0
    restarts: int = 0
    last_loss: str | None = None
    _refusal: OctiError | None = None
    _opened: trio.Event = attrs.field(init=False, factory=trio.Event)

    async def wait_opened(self) -> None:
        """Wait until a worker is ready. Raises EngineMissing or EngineFailed if there will be none, or none in time."""
        with trio.move_on_after(self.start_limit_s):
            await self._opened.wait()
        self.refuse(EngineFailed(Own(f"no worker was ready within {self.start_limit_s:g} s")))
        if self._refusal is not None:
            raise self._refusal

    def refuse(self, refusal: OctiError) -> None:
        """No worker will be ready, and why. Means nothing once one has been."""
        if not self._opened.is_set():
            self._refusal = refusal
            self._opened.set()

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """Count a worker as ready for as long as the block lasts."""
        self.ready += 1
        log.info("engine worker ready", ready=self.ready, workers=self.size)
        self._opened.set()
        try:
            yield
        finally:
            self.ready -= 1

    def note_loss(self, why: str) -> None:
        """A worker is lost and will be started again."""
        log.warning("engine worker lost", why=why)
        self.last_loss = why
        self.restarts += 1
        if self.restarts >= self.size * MOST_FALSE_STARTS:
            self.refuse(EngineFailed(Own(f"no worker becomes ready; the last one {why}")))


@attrs.define(eq=False)
class Post:
    """One worker's place: there is always one in it, or one about to come."""

    staff: Staff
    desk: Desk
    _losses: int = 0  # in a row, with no job answered in between

    async def keep_filled(self) -> None:
        """Employ one worker after another. Returns only when cancelled."""
        while True:
            why = await self._employ()
            self._losses += 1
            self.staff.note_loss(why)
            await trio.sleep(pause(self._losses))

    async def _employ(self) -> str:
        """One worker's life, from its start to its end. Says why it ended."""
        try:
            async with open_worker(self.staff.command) as worker:
                await self._greet(worker)
                with self.staff.on_duty():
                    raise await self._supervise(worker)
        except WorkerLost as lost:
            return str(lost)

    async def _greet(self, worker: Worker) -> None:
        """Wait until a worker is ready. Raises WorkerLost."""
        with trio.move_on_after(self.staff.start_limit_s):
            match (await worker.receive()).message:
                case Ready():
                    return
                case Missing(what, problem, remedy):
                    missing = EngineMissing(what, problem, remedy)
                    self.staff.refuse(missing)
                    raise WorkerLost(f"could not load its models ({missing})")
                case _:
                    raise WorkerLost("answered before it was asked")
        raise WorkerLost(f"was not ready within {self.staff.start_limit_s:g} s")

    async def _supervise(self, worker: Worker) -> WorkerLost:
        """Give a ready worker jobs until it is lost, be it while it has nothing to do. Says how it was lost."""
        losses: list[WorkerLost] = []

        async def first(wait: Callable[[Worker], Awaitable[WorkerLost]]) -> None:
            losses.append(await wait(worker))
            serving.cancel_scope.cancel(reason="the worker is lost")

        async with trio.open_nursery() as serving:
            serving.start_soon(first, self._attend)
            serving.start_soon(first, Worker.wait_lost)
        return losses[0]

    async def _attend(self, worker: Worker) -> WorkerLost:
        """Give the worker one job after another. Says what went wrong in the end."""
        while True:
            job = await self.desk.take()
            try:
                await self._see_alive(job, worker)
                await self._hand_over(job, worker)
            except WorkerLost as lost:
                return lost
            finally:
                self.desk.give_back(job)

    async def _see_alive(self, job: Job, worker: Worker) -> None:
        """Workers that die together do not die of one job: one that is alive tries it again. Raises WorkerLost."""
        if job.tries > 1:
            job.tries -= 1  # this one has not had it yet
            with trio.move_on_after(ENDING_S):
                raise await worker.wait_lost()
            job.tries += 1

    async def _hand_over(self, job: Job, worker: Worker) -> None:
        """One job, done or failed. Raises WorkerLost; the job may be tried again then, unless it took too long."""
        with trio.move_on_after(job.limit_s):
            answer = await worker.request(job.request)
            job.settle(answer)
            self._losses = 0
            return
        job.settle(EngineFailed(Own(f"a worker took longer than {job.limit_s:g} s")))
        raise WorkerLost(f"took longer than {job.limit_s:g} s")


def pause(losses: int) -> float:
    """Seconds to wait before a worker is started again, by how many were lost in a row."""
    doublings = min(losses - 1, 10)  # enough to be past the longest, and never too much for a float
    return min(FIRST_PAUSE_S * 2.0**doublings, LONGEST_PAUSE_S)
