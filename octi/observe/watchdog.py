"""Tells when a task kept the loop from running, which one it was, and what it was at.

Trio says when a step of a task begins and ends; that is timed. When it has ended, its beginning is gone: what can
still be told is the task's name and where it waits now. So a thread looks twenty times a second whether a step takes
long just then, and notes the line that it is at: a step of over a tenth of a second is always caught at it, a shorter
one by chance. Code that holds the interpreter's lock all the while keeps the thread from looking, too.
"""

import inspect
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import PurePath
from time import perf_counter
from types import CodeType, FrameType

import attrs
import structlog
import trio

from octi.observe.base import Meter
from octi.observe.seldom import Seldom

log = structlog.get_logger("octi.loop")

BLOCKED_S = 0.05
LOOK_S = 0.05
SETTLED_S = 1.0  # what opens octi may block: nobody is served yet
LAG_S = 0.5  # between two looks at how late the loop is
REMINDER_S = 60.0
MOST_PLACES = 6  # of a stack
IDLE = 0.0
TRIOS = frozenset({inspect.getfile(trio.run), inspect.getfile(trio.lowlevel.wait_task_rescheduled)})  # in all stacks


@attrs.frozen(kw_only=True)
class Block:
    """One step that took long. `waits`: where its task waits now; `at`: what it was at, if that was seen."""

    task: str
    seconds: float
    waits: tuple[str, ...]
    at: tuple[str, ...]


@attrs.define(eq=False)
class Watchdog(trio.abc.Instrument):
    """Times every step of every task. Says so at most once a minute, and then what was worst since."""

    meter: Meter = attrs.field(factory=Meter)
    limit_s: float = BLOCKED_S
    began: float = IDLE  # the step under way
    _task: trio.lowlevel.Task | None = None  # whose it is
    _seen: tuple[float, tuple[str, ...]] = (IDLE, ())  # a step, by its beginning, and what it was at
    _untold: int = 0
    _worst: Block | None = None  # of those that were not told
    _seldom: Seldom = attrs.field(factory=lambda: Seldom(REMINDER_S))

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """See `trio.abc.Instrument`. It ends the step before, too: each thing that Trio tells costs time."""
        now = perf_counter()
        if now - self.began > self.limit_s and self.began:
            self._note(now - self.began)
        self.began, self._task = now, task

    def before_io_wait(self, timeout: float) -> None:  # noqa: ASYNC109  as Trio has it
        """See `trio.abc.Instrument`. No step is under way."""
        if perf_counter() - self.began > self.limit_s and self.began:
            self._note(perf_counter() - self.began)
        self.began, self._task = IDLE, None

    def see(self, thread: int) -> None:
        """From another thread: note what the loop's is at, if its step takes long."""
        began = self.began
        if began and perf_counter() - began > self.limit_s and (frame := sys._current_frames().get(thread)):
            at = tuple(places((each.f_code, each.f_lineno) for each in _outwards(frame)))
            self._seen = (began, at) if self.began == began else (IDLE, ())  # else it went on meanwhile

    def _note(self, took: float) -> None:
        task, began = self._task, self.began
        self.meter.blocked(took)
        self._untold += 1
        if task is not None and (self._worst is None or took > self._worst.seconds):
            waits = [(frame.f_code, line) for frame, line in task.iter_await_frames()]
            at = self._seen[1] if self._seen[0] == began else ()
            self._worst = Block(task=task.name, seconds=took, waits=tuple(places(reversed(waits))), at=at)
        self.tell()

    def tell(self) -> None:
        """Log the worst that was not told yet, unless another was logged just now."""
        now, worst, others = trio.current_time(), self._worst, self._untold - 1
        if worst is None or not self._seldom.may(now):
            return
        self._seldom.due(now)
        self._worst, self._untold = None, 0
        log.warning(
            "loop blocked",
            task=worst.task,
            seconds=round(worst.seconds, 3),
            at=worst.at or None,
            waits=worst.waits or None,
            others=others,
        )


def places(stack: Iterable[tuple[CodeType, int]]) -> Iterator[str]:
    """Where a stack is, innermost first: file, line and function, and nothing that is in them."""
    told = ((code, line) for code, line in stack if code.co_filename not in TRIOS)
    for code, line in islice(told, MOST_PLACES):
        yield f"{'/'.join(PurePath(code.co_filename).parts[-3:])}:{line} {code.co_qualname}"


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


async def watch_loop(meter: Meter) -> None:
    """Watch the loop, and how late it is, until cancelled."""
    await trio.sleep(SETTLED_S)
    watchdog = Watchdog(meter)
    trio.lowlevel.add_instrument(watchdog)
    try:
        with looking(watchdog):
            while True:
                due = trio.current_time() + LAG_S
                await trio.sleep_until(due)
                meter.lagged(max(0.0, trio.current_time() - due))
                watchdog.tell()
    finally:
        trio.lowlevel.remove_instrument(watchdog)


@contextmanager
def looking(watchdog: Watchdog) -> Iterator[None]:
    """A thread looks at what this one is at, for as long as the block lasts."""
    over, watched = threading.Event(), threading.get_ident()

    def look() -> None:
        while not over.wait(LOOK_S):
            watchdog.see(watched)

    thread = threading.Thread(target=look, name="octi watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(1.0)
