"""Exhaustive cancellation: run a scenario once for every step that it takes, and cancel it at that step.

    async def scenario(cut: Cut) -> None:
        provider = FakeProvider()
        async with cut:  # like a CancelScope, cancelled from outside at its n-th step
            await relay(provider)
        assert provider.closed  # must hold whatever n was

    report = cut_everywhere(scenario)

A *step* is one run of a task (the block's own, or one below it) from a wake-up to its next yield, as
`trio.abc.Instrument` sees them. Every step is cut in two ways:

    PARKED   behind the step: the task sleeps in its checkpoint, which raises Cancelled
    RESUMED  before the step: what it waited for HAS happened, the next checkpoint raises Cancelled

The clock is a MockClock that jumps when everybody waits, and the scheduler and `random` are seeded: up to its cut, a
run repeats the one before. So a scenario must be deterministic: no sockets, no worker threads, no sets of tasks. It is
run some thousand times: keep it short, and make everything that it needs inside it.

What is below the block, and so counted and cut: nurseries opened inside `async with cut`. Tasks started there in a
nursery that was open before (a server, a peer) are neither.
"""

import enum
import gc
import random
import traceback
import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType

import attrs
import trio
import trio._core._run as trio_insides
from trio.testing import MockClock

COLLECT_EVERY = 50  # runs; collecting after each of them would take longer than they do
CHECKED_WARNINGS = (ResourceWarning, RuntimeWarning)  # something left open; a coroutine that was never awaited


class When(enum.Enum):
    """Which side of a step is cut."""

    PARKED = "parked"
    RESUMED = "resumed"


@attrs.frozen
class Place:
    """Where a cut fell."""

    step: int
    when: When
    task: str
    stack: tuple[str, ...]  # outermost first

    def __str__(self) -> str:
        return f"step {self.step} ({self.when.value}) of {self.task}\n    " + "\n    ".join(self.stack)


@attrs.define(eq=False)
class Cut(trio.abc.Instrument):
    """An async context manager over a CancelScope that its n-th step cancels. n = 0 never does."""

    n: int
    when: When
    steps: int = 0
    place: Place | None = None
    cut_at: float | None = None
    took: float = 0.0  # virtual seconds from the cut to the end of the block
    after: int = 0  # steps from the cut to the end of the block
    entered: bool = False
    _root: trio.lowlevel.Task | None = None
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _below: dict[trio.lowlevel.Task, bool] = attrs.field(factory=dict)  # is a task part of the block?
    _older: frozenset[trio.Nursery] = frozenset()  # nurseries that its task had open before

    async def __aenter__(self) -> "Cut":
        if self.entered:
            raise RuntimeError("a scenario has one block to cut")
        self.entered = True
        self._root = trio.lowlevel.current_task()
        self._older = frozenset(self._root.child_nurseries)
        self._scope.__enter__()
        trio.lowlevel.add_instrument(self)
        self.before_task_step(self._root)  # the step that enters the block is its first
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        trio.lowlevel.remove_instrument(self)
        if self.cut_at is not None:
            self.took = trio.current_time() - self.cut_at
        return self._scope.__exit__(kind, error, trace)

    @property
    def was_cut(self) -> bool:
        """The block was cancelled; false where it ended before its n-th step, and in the uncut run."""
        return self.cut_at is not None

    @property
    def caught(self) -> bool:
        """The block let Cancelled out, as it should; false if it ended as if nothing had happened."""
        return self._scope.cancelled_caught

    def forget(self) -> None:
        """Let go of the run's tasks: what they held is to be collected."""
        self._root, self._below, self._older = None, {}, frozenset()

    # What Trio calls

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count; and cut, if this is the step."""
        if not self._counts(task):
            return
        self.steps += 1
        if self.was_cut:
            self.after += 1
        elif self.steps == self.n and self.when is When.RESUMED:
            self._cancel(task)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Cut, if this was the step."""
        if self.steps == self.n and self.n and not self.was_cut and self.when is When.PARKED and self._counts(task):
            self._cancel(task)

    def _counts(self, task: trio.lowlevel.Task) -> bool:
        if task not in self._below:
            self._below[task] = any(each is self._root for each in self._up_from(task))
        return self._below[task]

    def _up_from(self, task: trio.lowlevel.Task) -> Iterator[trio.lowlevel.Task]:
        """The task, its parent, and so on; not beyond a nursery that is older than the block."""
        at: trio.lowlevel.Task | None = task
        while at is not None:
            yield at
            nursery = at.parent_nursery
            at = None if nursery is None or nursery in self._older else nursery.parent_task

    def _cancel(self, task: trio.lowlevel.Task) -> None:
        frames = traceback.StackSummary.extract(task.iter_await_frames())
        stack = tuple(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
        self.place = Place(self.n, self.when, task.name, stack)
        self.cut_at = trio.current_time()
        self._scope.cancel(reason=f"cut {self.n} {self.when.value}")


class CutFailure(AssertionError):
    """A scenario did not hold for one of its cuts; says which."""


@attrs.frozen
class Report:
    """What a scenario went through."""

    steps: int  # of the longest uncut run
    runs: int
    slowest: float  # virtual seconds that a block needed to end after its cut
    most_after: int  # steps that a block needed to end after its cut
    swallowed: tuple[Place, ...]  # cuts whose block ended without letting Cancelled out

    def __str__(self) -> str:
        return (
            f"{self.steps} steps, {self.runs} runs, slowest end {self.slowest:g} virtual s,"
            f" most steps after a cut {self.most_after}, {len(self.swallowed)} cuts swallowed"
        )


Scenario = Callable[[Cut], Awaitable[None]]


def cut_everywhere(
    scenario: Scenario,
    *,
    seeds: int = 1,
    prompt: float | None = 1.0,
    limit: int = 5000,
    whens: Iterable[When] = tuple(When),
) -> Report:
    """Run `scenario` uncut, and then once for every seed, side and step.

    seeds: how many orders of the scheduler to try; each costs a whole round.
    prompt: virtual seconds within which the block must end after its cut; None: any time at all.
    limit: the most steps that the block may have.

    Raises CutFailure, with the place of the cut, for any exception out of a run, for a warning about something left
    open, for an end that is not prompt, for too many steps, and for a scenario that never enters its cut.
    """
    before = trio_insides._ALLOW_DETERMINISTIC_SCHEDULING
    trio_insides._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]  # Trio offers no other way
    try:
        rounds = [_round(scenario, seed, when, limit, prompt) for seed in range(seeds) for when in whens]
    finally:
        trio_insides._ALLOW_DETERMINISTIC_SCHEDULING = before  # type: ignore[misc]
    cuts = [cut for each in rounds for cut in each]
    made = [cut for cut in cuts if cut.was_cut]
    return Report(
        steps=max((cut.steps for cut in cuts if cut.n == 0), default=0),
        runs=len(cuts),
        slowest=max((cut.took for cut in made), default=0.0),
        most_after=max((cut.after for cut in made), default=0),
        swallowed=tuple(cut.place for cut in made if cut.place and not cut.caught),
    )


def _round(scenario: Scenario, seed: int, when: When, limit: int, prompt: float | None) -> list[Cut]:
    """Step after step, until the block has ended before it could be cut: then every step was tried."""
    cuts: list[Cut] = []
    while not cuts or cuts[-1].n == 0 or cuts[-1].was_cut:
        cut = Cut(len(cuts), when)
        _run_once(scenario, cut, seed)
        if cut.steps > limit:
            raise CutFailure(f"more than {limit} steps")
        if prompt is not None and cut.took > prompt:
            raise _failure(seed, cut, f"took {cut.took:g} virtual s to end")
        cuts.append(cut)
    return cuts


def _run_once(scenario: Scenario, cut: Cut, seed: int) -> None:
    trio_insides._r.seed(seed)
    random.seed(seed)
    with _checked_warnings() as caught:
        try:
            trio.run(scenario, cut, clock=MockClock(autojump_threshold=0))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise _failure(seed, cut, repr(error)) from error  # noqa: ASYNC104  # out here nobody is cancelled
        if cut.n % COLLECT_EVERY == 0:
            gc.collect()
    for warning in caught:
        if issubclass(warning.category, CHECKED_WARNINGS):
            raise _failure(seed, cut, f"(or up to {COLLECT_EVERY} steps before) {warning.message}")
    if not cut.entered:
        raise CutFailure("the scenario never entered its cut")
    cut.forget()


@contextmanager
def _checked_warnings() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        for category in CHECKED_WARNINGS:
            warnings.simplefilter("always", category)
        yield caught


def _failure(seed: int, cut: Cut, text: str) -> CutFailure:
    return CutFailure(f"seed {seed}, {cut.place or 'uncut'}\n  -> {text}")


def _short(filename: str) -> str:
    """A file by its folder and name."""
    return "/".join(filename.rsplit("/", 2)[-2:])
