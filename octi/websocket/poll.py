"""One wait for many sockets: what is found ready is handled there and then, and no task takes a step for it.

A task that waits for its own socket costs two scheduler steps and a system call for each message, more than all that a
relay does with one (docs/capacity.md). Here the kernel is asked once what is ready, and each socket's step is called in
turn. The task that owns the socket is parked meanwhile; it goes on when its step says that it must wait for something
else, or fails, or when it is cancelled. So a session's tasks, their deadlines and their errors stay what they were.
"""

import select
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from types import TracebackType

import attrs
import outcome
import trio

from octi.vitals import Guard, unguarded

PART = "the poll of the sockets"
AT_ONCE = 64  # sockets that are served before all other tasks have their turn

Step = Callable[[], bool]  # True: that was all for now, the task goes on; it may raise


@attrs.define(eq=False)
class Poll:
    """The sockets that wait to be read. `run` serves them, in a task of its own; leaving the block closes it."""

    _epoll: select.epoll = attrs.field(factory=select.epoll)
    _found: dict[int, "Visit"] = attrs.field(factory=dict)

    def __enter__(self) -> "Poll":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        trio.lowlevel.notify_closing(self._epoll.fileno())
        self._epoll.close()

    def __len__(self) -> int:
        return len(self._found)

    async def run(self) -> None:
        """Serve whoever is ready; returns never."""
        while True:
            await trio.lowlevel.wait_readable(self._epoll.fileno())
            for socket, _ in self._epoll.poll(0, AT_ONCE):
                if visit := self._found.get(socket):  # one that was served before it may have ended this one
                    visit.found()

    async def serve(self, socket: int, step: Step) -> None:
        """Have `step` called whenever there is something to read, until it returns True. What it raises is raised here.

        It is called with the context of this task, in another one: it never waits. Who is cancelled in the middle of a
        step is cancelled behind it; a step that fails then is not lost.
        """
        visit = Visit(self, socket, step)
        self._found[socket] = visit
        self._epoll.register(socket, select.EPOLLIN)
        await trio.lowlevel.wait_task_rescheduled(visit.abort)

    def closing(self, socket: int) -> None:
        """The socket is about to be closed. Who waits for it gets trio.ClosedResourceError."""
        if visit := self._found.get(socket):
            visit.closed()

    def forget(self, socket: int) -> None:
        """Serve it no more."""
        del self._found[socket]
        self._epoll.unregister(socket)


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
        result = outcome.capture(self._context.run, self._step)
        self._busy = False
        if isinstance(result, outcome.Value):
            if self._cancel is not None:
                result = outcome.capture(self._cancel)
            elif not result.value:
                return
        self._poll.forget(self._socket)
        trio.lowlevel.reschedule(self._task, result)

    def closed(self) -> None:
        """There will be nothing to read any more."""
        self._poll.forget(self._socket)
        trio.lowlevel.reschedule(self._task, outcome.Error(trio.ClosedResourceError("it was closed")))

    def abort(self, cancel: trio.lowlevel.RaiseCancelT) -> trio.lowlevel.Abort:
        """The task is cancelled; if its own step did it, then behind that."""
        if self._busy:
            self._cancel = cancel
            return trio.lowlevel.Abort.FAILED
        self._poll.forget(self._socket)
        return trio.lowlevel.Abort.SUCCEEDED


@asynccontextmanager
async def open_poll(guard: Guard = unguarded) -> AsyncIterator[Poll | None]:
    """A poll with its task; None where the system has none, and each task waits for its own socket."""
    if not hasattr(select, "epoll"):
        yield None
        return
    with Poll() as poll:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(guard, PART, poll.run, name="poll")
            try:
                yield poll
            finally:
                nursery.cancel_scope.cancel(reason="nobody is served any more")
