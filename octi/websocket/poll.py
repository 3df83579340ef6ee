"""One wait for many sockets: what is found ready is handled there and then, and no task takes a step for it.

A task that waits for its own socket costs two scheduler steps and a system call for each message, more than all that a
relay does with one (docs/capacity.md). Here the kernel is asked once what is ready, and each socket's step is called in
turn. The task that owns the socket is parked meanwhile; it goes on when its step says that it must wait for something
else, or fails, or when it is cancelled. So a session's tasks, their deadlines and their errors stay what they were.

What the steps have to send goes out behind the last of them: a socket's frames in one call, and one peer after another
while these are awake; a peer that is woken for each frame costs more than the frame.

Under load, and only then, it also waits here for what comes next, for a millisecond or two at a time: a way through
the scheduler costs more than a frame as well. All other tasks wait so much longer for their turn, unless they have
much to do; frames do not wait at all. And while others have their turn it looks again between any two steps of theirs,
if a millisecond has passed: a hundred strangers who knock at once delay a frame by one step, and not by a hundred.
"""

import select
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from math import inf
from time import monotonic
from types import TracebackType
from typing import Protocol

import attrs
import outcome
import trio

from octi.vitals import Guard, unguarded

PART = "the poll of the sockets"
AT_ONCE = 64  # sockets that are served before what they have to send goes out
TURN_S = 0.002  # for so long at most others wait for their turn while there is something to read
MOMENT_S = 0.001  # the shortest time that `epoll` can wait
DENSE_PER_S = 2000.0  # what is read so often is worth waiting for a moment: something comes, as a rule
LOOK_S = 0.05  # how often that is looked at
FEW = 4  # steps of others between two turns: who takes more has much to do, and is not kept waiting

Step = Callable[[], bool]  # True: that was all for now, the task goes on; it may raise
Flush = Callable[[], None]  # sends what its steps left; it never raises


@attrs.define
class Pace:
    """How fast things come to be read. dense: one comes within a moment, as a rule, so that it is worth waiting for."""

    dense: bool = False
    _served: int = 0  # since when it was looked at
    _looked_at: float = 0.0

    def served(self, count: int, now: float) -> None:
        """So many more were there."""
        self._served += count
        passed = now - self._looked_at
        if passed > LOOK_S:
            self.dense = self._served > DENSE_PER_S * passed
            self._served, self._looked_at = 0, now


class Kernel(Protocol):
    """Who knows which sockets are ready to be read; they have numbers. Level-triggered: who has not read is told again.

    Whoever made it closes it.
    """

    def register(self, socket: int) -> None:
        """Look at this one as well."""

    def unregister(self, socket: int) -> None:
        """No longer."""

    def ready(self, patience_s: float) -> list[int]:
        """Those that are ready, some of them if there are many; waits so long for the first, and nobody runs."""

    async def wait(self) -> None:
        """Return when one is ready."""

    def close(self) -> None:
        """Let go."""


@attrs.define(eq=False)
class Epoll:
    """Linux's."""

    _epoll: select.epoll = attrs.field(factory=select.epoll)

    def register(self, socket: int) -> None:
        """See `Kernel.register`."""
        self._epoll.register(socket, select.EPOLLIN)

    def unregister(self, socket: int) -> None:
        """See `Kernel.unregister`."""
        self._epoll.unregister(socket)

    def ready(self, patience_s: float) -> list[int]:
        """See `Kernel.ready`; it knows no less than a millisecond."""
        return [socket for socket, _ in self._epoll.poll(patience_s, AT_ONCE)]

    async def wait(self) -> None:
        """See `Kernel.wait`."""
        await trio.lowlevel.wait_readable(self._epoll.fileno())

    def close(self) -> None:
        """Close it."""
        trio.lowlevel.notify_closing(self._epoll.fileno())
        self._epoll.close()


@attrs.define(eq=False)
class Poll:
    """The sockets that wait to be read. `run` serves them, in a task of its own; leaving the block closes it."""

    serving: bool = attrs.field(default=False, init=False)  # steps are taken; what they send may wait for `behind`
    _kernel: Kernel = attrs.field(factory=Epoll)
    _clock: Callable[[], float] = monotonic
    _found: dict[int, "Visit"] = attrs.field(factory=dict)
    _behind: list[Flush] = attrs.field(factory=list)
    _pace: Pace = attrs.field(factory=Pace)
    _served_at: float = -inf
    _steps: int = 0  # that others took since the last turn

    def __enter__(self) -> "Poll":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kernel.close()

    def __len__(self) -> int:
        return len(self._found)

    async def run(self) -> None:
        """Serve whoever is ready; returns never."""
        while True:
            await self._kernel.wait()
            patient = self._pace.dense and self._steps <= FEW
            self._steps = 0
            self._take_turn(MOMENT_S if patient else 0)

    def look(self) -> None:
        """Serve whoever is ready, if it was not done just now. Some task has just taken a step, and others wait."""
        self._steps += 1
        if self._clock() - self._served_at > MOMENT_S and not self.serving:
            self._take_turn(0)

    def _take_turn(self, patience_s: float) -> None:
        """Serve whoever is ready, and who is after so long, until the others must have their turn."""
        now = self._clock()
        until, served = now + TURN_S, 0
        while now < until and (ready := self._kernel.ready(patience_s)):
            self.visit(ready)
            served += len(ready)
            now = self._clock()
        self._served_at = now
        self._pace.served(served, now)

    def visit(self, sockets: Iterable[int]) -> None:
        """Take one step for each of these, then send what the steps left to be sent."""
        self.serving = True
        try:
            for socket in sockets:
                if visit := self._found.get(socket):  # one that was served before it may have ended this one
                    visit.found()
        finally:
            self.serving = False
            behind, self._behind = self._behind, []
            for flush in behind:
                flush()

    def behind(self, flush: Flush) -> None:
        """Have something sent when all that are ready have been served."""
        self._behind.append(flush)

    async def serve(self, socket: int, step: Step) -> None:
        """Have `step` called whenever there is something to read, until it returns True. What it raises is raised here.

        It is called with the context of this task, in another one: it never waits. Who is cancelled in the middle of a
        step is cancelled behind it; a step that fails then is not lost.
        """
        visit = Visit(self, socket, step)
        self._found[socket] = visit
        self._kernel.register(socket)
        await trio.lowlevel.wait_task_rescheduled(visit.abort)

    def closing(self, socket: int) -> None:
        """The socket is about to be closed. Who waits for it gets trio.ClosedResourceError."""
        if visit := self._found.get(socket):
            visit.closed()

    def forget(self, socket: int) -> None:
        """Serve it no more."""
        del self._found[socket]
        self._kernel.unregister(socket)


@attrs.define(eq=False)
class Visit:
    """A task's wait, until its step has had enough, has failed, or the task is cancelled."""

    _poll: Poll
    _socket: int
    _step: Step
    _task: trio.lowlevel.Task = attrs.field(factory=trio.lowlevel.current_task)
    _context: Context = attrs.field(factory=copy_context)
    _busy: bool = False  # in the middle of a step
    _cancel: trio.lowlevel.RaiseCancelT | None = None  # what came meanwhile

    def found(self) -> None:
        """There is something to read."""
        self._busy = True
        try:
            enough = self._context.run(self._step)
        except BaseException as error:  # noqa: ASYNC103  whatever it is, it is the task's, and raised there
            self._go_on(outcome.Error(error))
            return  # noqa: ASYNC104  as above
        finally:
            self._busy = False
        if self._cancel is not None:
            self._go_on(outcome.capture(self._cancel))
        elif enough:
            self._go_on(outcome.Value(None))

    def _go_on(self, result: outcome.Outcome[object]) -> None:
        self._poll.forget(self._socket)
        trio.lowlevel.reschedule(self._task, result)

    def closed(self) -> None:
        """There will be nothing to read any more."""
        self._go_on(outcome.Error(trio.ClosedResourceError("it was closed")))

    def abort(self, cancel: trio.lowlevel.RaiseCancelT) -> trio.lowlevel.Abort:
        """The task is cancelled; if its own step did it, then behind that."""
        if self._busy:
            self._cancel = cancel
            return trio.lowlevel.Abort.FAILED
        self._poll.forget(self._socket)
        return trio.lowlevel.Abort.SUCCEEDED


@attrs.define(eq=False)
class Between(trio.abc.Instrument):
    """Has a poll look between any two steps of other tasks."""

    poll: Poll

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """What Trio calls."""
        self.poll.look()


@asynccontextmanager
async def open_poll(guard: Guard = unguarded) -> AsyncIterator[Poll | None]:
    """A poll with its task; None where the system has none, and each task waits for its own socket."""
    if not hasattr(select, "epoll"):
        yield None
        return
    with Poll() as poll:
        async with running(poll, guard):
            yield poll


@asynccontextmanager
async def running(poll: Poll, guard: Guard = unguarded) -> AsyncIterator[None]:
    """Have a poll serve its sockets, in a task of its own and between the steps of others."""
    between = Between(poll)
    trio.lowlevel.add_instrument(between)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(guard, PART, poll.run, name="poll")
            try:
                yield
            finally:
                nursery.cancel_scope.cancel(reason="nobody is served any more")
    finally:
        trio.lowlevel.remove_instrument(between)
