"""The block that is cut: a cancel scope that counts the steps of its tasks, and is cancelled at one of them."""

import re
from collections import Counter
from collections.abc import Iterator
from types import TracebackType

import attrs
import trio

from .insides import cancelled_raised_in
from .place import Place, Spot, When, stack_of

RANDOM_ID = re.compile("[0-9a-f]{8,}")  # in a task's name: differs between runs, though the run does not


@attrs.define(eq=False)
class Cut(trio.abc.Instrument):
    """An async context manager over a CancelScope that its n-th step cancels. n = 0 never does."""

    n: int
    when: When
    entered: bool = False
    labels: list[str] = attrs.field(factory=list)  # whose each step was
    place: Place | None = None  # where the cut fell
    raised: Place | None = None  # where its Cancelled was raised
    swallowed: bool = False  # it was raised, and the block ended as if it had not been
    took: float = 0.0  # virtual seconds from the cut to the end of the block
    after: int = 0  # steps from the cut to the end of the block
    strays: list[Place] = attrs.field(factory=list)  # tasks that the block started elsewhere and that outlived it
    _cut_at: float | None = None
    _root: trio.lowlevel.Task | None = None
    _running: trio.lowlevel.Task | None = None
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _names: dict[trio.lowlevel.Task, str | None] = attrs.field(factory=dict)  # None: not part of the block
    _namesakes: Counter[str] = attrs.field(factory=Counter)
    _started: dict[trio.lowlevel.Task, None] = attrs.field(factory=dict)  # by the block, and not ended
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
        self._running = None
        self.strays = [Place(task.name, stack_of(task.iter_await_frames())) for task in self._started]
        self.swallowed = kind is None and self.raised is not None
        if self._cut_at is not None:
            self.took = trio.current_time() - self._cut_at
        return self._scope.__exit__(kind, error, trace)

    @property
    def spot(self) -> Spot:
        """The step and side that this cut is meant for."""
        return Spot(self.n, self.when)

    @property
    def steps(self) -> int:
        """How many steps the block made, cut or not."""
        return len(self.labels)

    @property
    def was_cut(self) -> bool:
        """The block was cancelled; false where it ended before its n-th step, and in the uncut run."""
        return self.place is not None

    @property
    def caught(self) -> bool:
        """The block let Cancelled out, as it should; false if it ended as if nothing had happened."""
        return self._scope.cancelled_caught

    @property
    def running(self) -> bool:
        """One of the block's tasks runs at this moment."""
        return self._running is not None

    def forget(self) -> None:
        """Let go of the run's tasks: what they held is to be collected."""
        self._root = self._running = None
        self._names, self._started, self._older = {}, {}, frozenset()

    # What Trio calls

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count; and cut, if this is the step."""
        name = self._name(task)
        if name is None:
            return
        self._running = task
        self.labels.append(name)
        if self.was_cut:
            self.after += 1
            self._note_cancelled(task, name)
        elif len(self.labels) == self.n and self.when is When.RESUMED:
            self._cancel(task, name)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Cut, if this was the step."""
        self._running = None
        if len(self.labels) == self.n and self.when is When.PARKED and not self.was_cut and self.n:
            name = self._name(task)
            if name is not None:
                self._cancel(task, name)

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """Remember what the block starts, wherever it does."""
        if self._running is not None:
            self._started[task] = None

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        """Forget it when it has ended."""
        self._started.pop(task, None)

    def _name(self, task: trio.lowlevel.Task) -> str | None:
        """A task's name, numbered if others of the block have it as well."""
        if task not in self._names:
            self._names[task] = self._new_name(task) if self._is_below(task) else None
        return self._names[task]

    def _new_name(self, task: trio.lowlevel.Task) -> str:
        name = RANDOM_ID.sub("*", task.name)
        self._namesakes[name] += 1
        count = self._namesakes[name]
        return name if count == 1 else f"{name} #{count}"

    def _is_below(self, task: trio.lowlevel.Task) -> bool:
        return any(each is self._root for each in self._up_from(task))

    def _up_from(self, task: trio.lowlevel.Task) -> Iterator[trio.lowlevel.Task]:
        """The task, its parent, and so on; not beyond a nursery that is older than the block."""
        at: trio.lowlevel.Task | None = task
        while at is not None:
            yield at
            nursery = at.parent_nursery
            at = None if nursery is None or nursery in self._older else nursery.parent_task

    def _cancel(self, task: trio.lowlevel.Task, name: str) -> None:
        self.place = Place(name, stack_of(task.iter_await_frames()))
        self._cut_at = trio.current_time()
        self._scope.cancel(reason=self._reason)

    @property
    def _reason(self) -> str:
        return f"cut {self.spot}"

    def _note_cancelled(self, task: trio.lowlevel.Task, name: str) -> None:
        cancelled = cancelled_raised_in(task)
        if cancelled is not None and cancelled.reason == self._reason and (task is self._root or self.raised is None):
            self.raised = Place(name, stack_of(task.iter_await_frames()))
