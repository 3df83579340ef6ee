"""Ends a run that would never end: everybody waits and nothing can wake anybody, or it goes on without end."""

import math
import time
from collections.abc import Awaitable, Callable, Iterator

import attrs
import outcome
import trio

from .place import Place, stack_of

STUCK_S = 1.0  # of real time without a step and without a deadline
LOOK_EVERY = 64  # turns of the scheduler; a run that is stuck makes thousands in a second
MOST_TASKS = 10  # that are listed


class GivenUp(BaseException):  # like Cancelled, it is no error of whom it is thrown into
    """Thrown into tasks that even a cancellation does not end."""


@attrs.define(eq=False)
class Motion(trio.abc.Instrument):
    """Notices the next step of any task, and is done."""

    seen: bool = False

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """It moved."""
        self.seen = True
        trio.lowlevel.remove_instrument(self)


@attrs.define(eq=False)
class Watchdog(trio.abc.Instrument):
    """An instrument for one run. It cancels the run, and throws into what is shielded from that."""

    most_turns: int  # of the scheduler; in each of them it runs every task that can be run
    verdict: str | None = None
    _turns: int = 0
    _still_since: float = 0.0
    _motion: Motion | None = None  # looked for since everybody was seen waiting
    _task: trio.lowlevel.Task | None = None
    _whole: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    async def guard(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run it; to be called by the run's first task."""
        self._task = trio.lowlevel.current_task()
        with self._whole:
            await run()

    def before_io_wait(self, timeout: float) -> None:
        """Look now and then: this is called before each turn."""
        self._turns += 1
        if self._turns % LOOK_EVERY == 0:
            self._look()

    def _look(self) -> None:
        now = trio.lowlevel.current_statistics()
        if self._turns > self.most_turns:
            self._give_up(f"still goes on after {self._turns} turns of the scheduler", now.tasks_runnable == 0)
        elif now.tasks_runnable or math.isfinite(now.seconds_to_next_deadline):
            self._motion = None
        elif self._motion is None or self._motion.seen:
            self._motion, self._still_since = Motion(), time.monotonic()
            trio.lowlevel.add_instrument(self._motion)
        elif time.monotonic() - self._still_since > STUCK_S:
            self._give_up("is stuck: everybody waits, and there is no deadline", throwing=True)
        else:
            time.sleep(0.001)  # only a thread or a socket could help; let it

    def _give_up(self, why: str, throwing: bool) -> None:
        """Cancel; the second time, `throwing`, it seems that shields are in the way."""
        self._still_since = time.monotonic()
        if self.verdict is None:
            self.verdict = "\n".join([f"the run {why}", *self._waiting()])
            self._whole.cancel(reason="given up by the watchdog")
        elif throwing:
            for task in [each for each in self._tasks() if not children(each)]:  # whoever has some waits for them
                trio.lowlevel.reschedule(task, outcome.Error(GivenUp()))

    def _waiting(self) -> list[str]:
        places = [str(Place(task.name, stack_of(task.iter_await_frames()))) for task in self._tasks()]
        return sorted(f"   {place}" for place in places)[:MOST_TASKS]

    def _tasks(self) -> Iterator[trio.lowlevel.Task]:
        found = [self._task] if self._task else []
        for task in found:
            yield task
            found += children(task)


def children(task: trio.lowlevel.Task) -> list[trio.lowlevel.Task]:
    """The tasks in its nurseries."""
    return [child for nursery in task.child_nurseries for child in nursery.child_tasks]
