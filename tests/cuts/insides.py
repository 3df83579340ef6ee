"""All that this package needs of Trio and that Trio has no public name for. Nothing else here looks inside it."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import trio
import trio._core._run as scheduler

Ends = trio.MemorySendChannel[object] | trio.MemoryReceiveChannel[object]
MADE = "__attrs_post_init__"  # what attrs calls at the end of a constructor


class TrioChangedError(RuntimeError):
    """This version of Trio is built otherwise than this file expects."""


def check_trio() -> None:
    """Raise, unless Trio still has all that is used here."""
    _require(scheduler, "_ALLOW_DETERMINISTIC_SCHEDULING", bool)
    _require(scheduler, "_r", random.Random)
    _require(trio.lowlevel.Task, "_next_send")
    _require(trio.MemorySendChannel, MADE)
    _require(trio.MemoryReceiveChannel, MADE)


def _require(owner: ModuleType | type, name: str, kind: type = object) -> None:
    if not hasattr(owner, name) or not isinstance(getattr(owner, name), kind):
        raise TrioChangedError(
            f"Trio {trio.__version__} has no {owner.__name__}.{name} (of type {kind.__name__}), which cuts/insides.py"
            " needs: use an older Trio, or mend that file"
        )


@contextmanager
def deterministic() -> Iterator[None]:
    """Within, the order in which Trio runs its tasks follows from `seed_scheduler` alone.

    The same two names are set by Trio's own plugin for Hypothesis.
    """
    check_trio()
    before = scheduler._ALLOW_DETERMINISTIC_SCHEDULING
    scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]  # Trio offers no other way
    try:
        yield
    finally:
        scheduler._ALLOW_DETERMINISTIC_SCHEDULING = before  # type: ignore[misc]  # as above


def seed_scheduler(seed: int) -> None:
    """Begin a new order, the same one for the same seed."""
    scheduler._r.seed(seed)


def cancelled_raised_in(task: trio.lowlevel.Task) -> trio.Cancelled | None:
    """What the task's next step begins with, if that is Cancelled; only within `before_task_step`."""
    error = getattr(task._next_send, "error", None)
    return error if isinstance(error, trio.Cancelled) else None


@contextmanager
def on_new_channel_end(call: Callable[[Ends], None]) -> Iterator[None]:
    """Within, `call` is given every end of a memory channel that is made, clones too."""
    with _wrapped(trio.MemorySendChannel, call), _wrapped(trio.MemoryReceiveChannel, call):
        yield


@contextmanager
def _wrapped(kind: type, call: Callable[[Ends], None]) -> Iterator[None]:
    before = getattr(kind, MADE)

    def made(end: Ends) -> None:
        before(end)
        call(end)

    setattr(kind, MADE, made)
    try:
        yield
    finally:
        setattr(kind, MADE, before)
