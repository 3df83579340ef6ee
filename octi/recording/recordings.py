"""Records the sound of a node's sessions: they note, and one task has all of it written, in one thread.

Nobody waits for it: a session that has ended is written to its end beside whatever comes next. What the disk does not
take ends a recording, never a session.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from math import inf
from typing import Any
from uuid import uuid4

import attrs
import msgspec
import structlog
import trio

from octi.clock import Now
from octi.recording.reel import Reel, ReelTape
from octi.recording.shelf import STILL_S, Shelf
from octi.recording.sounds import Note, sounds_of
from octi.recording.take import Take
from octi.records import Development, DevelopmentKind, SessionRecord
from octi.session.taping import Tape
from octi.units import SessionId

log = structlog.get_logger("octi.recording")

FLUSH_S = 0.5  # between two times that what was heard is written
INCOMPLETE, REMOVED = "incomplete", "removed"
MADE_ROOM = "the oldest go when the folder is full (OCTI_RECORD_BUDGET_BYTES={})"
BEHIND = "the disk was too slow, {} bytes of sound were left out; there is silence in their place"

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]
Tell = Callable[[list[Development]], None]


def own_thread() -> InThread:
    """Runs one thing at a time in a thread, beside all others' and left behind if nobody waits for it any more."""
    return partial(trio.to_thread.run_sync, abandon_on_cancel=True, limiter=trio.CapacityLimiter(1))


@attrs.frozen
class Job:
    """What the thread is to do for one recording. at: seconds since its session began."""

    reel: Reel
    take: Take
    notes: list[Note]
    at: float
    over: bool


@attrs.frozen
class Outcome:
    """What came of it. problem: why there will be no more; "": none."""

    job: Job
    problem: str = ""


@attrs.define(eq=False)
class Recordings:
    """All recordings of a node; a `session.taping.Taping`. tell: keeps rows without waiting (`Store.leave`)."""

    shelf: Shelf
    session_bytes: int
    tell: Tell
    now: Now
    in_thread: InThread = attrs.field(factory=own_thread)
    counts: dict[str, int] = attrs.field(
        factory=lambda: {"written_bytes": 0, "dropped_bytes": 0, "failed": 0, "removed": 0}
    )
    _takes: dict[Reel, Take] = attrs.field(factory=dict)
    _stirred: trio.Event = attrs.field(factory=trio.Event)
    _closed: trio.Event = attrs.field(factory=trio.Event)
    _given_up: bool = False
    _looked_at: float = -inf

    def __call__(self, record: SessionRecord, upstream: str) -> AbstractAsyncContextManager[Tape]:
        """See `session.taping.Taping`."""
        return self._taped(record)

    @asynccontextmanager
    async def _taped(self, record: SessionRecord) -> AsyncIterator[Tape]:
        reel = Reel(record, stopped=self._given_up)
        self._takes[reel] = Take(record.id, self.shelf, self.session_bytes, sounds_of(record.door))
        self._stirred.set()
        try:
            yield ReelTape(reel)
        finally:
            reel.end()

    def statistics(self) -> Mapping[str, int]:
        """What there is, and what was done so far."""
        dropped = sum(reel.dropped_bytes + take.line.left_out for reel, take in self._takes.items())
        live = sum(reel.ended_at is None and not reel.stopped for reel in self._takes)
        told = {**self.counts, "dropped_bytes": self.counts["dropped_bytes"] + dropped}
        return {**told, "live": live, "kept_bytes": self.shelf.bytes}

    async def run(self) -> None:
        """Write, until it is closed and all is written."""
        while self._takes or not self._closed.is_set():
            if self._takes:
                with trio.move_on_after(FLUSH_S):
                    await self._closed.wait()
                await self._flush()
            else:
                await self._stirred.wait()
                self._stirred = trio.Event()

    def close(self) -> None:
        """No session begins any more, and none goes on."""
        for reel in self._takes:
            reel.end()
        self._closed.set()
        self._stirred.set()

    def give_up(self) -> None:
        """Nobody writes any more."""
        for reel in self._takes:
            reel.stop()
        self._given_up = True

    async def _flush(self) -> None:
        jobs = [self._job(reel, take) for reel, take in self._takes.items()]
        look = trio.current_time() - self._looked_at >= STILL_S
        self._looked_at = trio.current_time() if look else self._looked_at
        outcomes = await self.in_thread(partial(self._write, jobs, self.now(), look=look))
        for outcome in outcomes:
            self._settle(outcome)

    def _job(self, reel: Reel, take: Take) -> Job:
        over = reel.ended_at is not None
        return Job(reel, take, reel.collect(), reel.now() if reel.ended_at is None else reel.ended_at, over)

    # In the thread

    def _write(self, jobs: list[Job], wall: float, *, look: bool) -> list[Outcome]:
        live = frozenset(job.take.session for job in jobs)
        if look:
            with suppress(OSError):  # whoever writes is told what is wrong with the folder
                self.shelf.look()
        return [self._write_one(job, wall, live) for job in jobs]

    def _write_one(self, job: Job, wall: float, live: frozenset[SessionId]) -> Outcome:
        if job.reel.stopped:
            return Outcome(job)
        problem = ""
        try:
            job.take.write(job.notes, job.at, wall, live)
            if job.over:
                job.take.end(job.at, wall, live)
        except OSError as error:
            problem = error.strerror or str(error)
        except Exception as error:  # a bug, or a message as nobody thought of: no reason to end what is recorded
            log.exception("a recording crashed", session=job.take.session)
            problem = f"octi could not write it down ({type(error).__name__})"
        if job.over or problem:
            with suppress(OSError):  # the disk failed already
                job.take.close()
        return Outcome(job, problem)

    # And back

    def _settle(self, outcome: Outcome) -> None:
        reel, take = outcome.job.reel, outcome.job.take
        self.counts["written_bytes"] += take.written_bytes
        take.written_bytes = 0
        removed, take.removed = take.removed, []
        for session in removed:
            self._removed(session)
        if outcome.problem:
            self.counts["failed"] += 1
            self._say(take.session, INCOMPLETE, outcome.problem)
            reel.stop()
        if outcome.job.over:
            del self._takes[reel]
            self._count_dropped(reel.dropped_bytes + take.line.left_out, take.session)

    def _count_dropped(self, dropped: int, session: SessionId) -> None:
        self.counts["dropped_bytes"] += dropped
        if dropped:
            self._say(session, INCOMPLETE, BEHIND.format(dropped))

    def _removed(self, session: SessionId) -> None:
        self.counts["removed"] += 1
        self._say(session, REMOVED, MADE_ROOM.format(self.shelf.budget))

    def _say(self, session: SessionId, state: str, why: str) -> None:
        log.warning(f"a recording is {state}", session=session, why=why)
        body = msgspec.json.encode({"state": state, "why": why}).decode()
        row = Development(session=session, id=uuid4().hex, kind=DevelopmentKind.RECORDING, at=self.now(), body=body)
        self.tell([row])
