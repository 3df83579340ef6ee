"""What a run leaves behind: ends of memory channels, async generators, worker threads, threads, file descriptors."""

import gc
import os
import sys
import threading
import time
import warnings
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import AsyncGeneratorType
from typing import Any
from weakref import WeakSet

import attrs
import trio

from .insides import Ends
from .place import OWN, line_of, short

CHECKED_WARNINGS = (ResourceWarning, RuntimeWarning)  # something left open; a coroutine that was never awaited
IDLE_WORKER = "Trio thread "  # how Trio calls a thread that waits for its next work; they are kept for seconds
STRANGERS_S = 0.5  # of real time, for what other threads are about
TRIO = str(Path(trio.__file__).parent)
Generator = AsyncGeneratorType[Any, Any]  # whatever a scenario's generators give


def opener() -> str:
    """Who called Trio, on the way to here: file, line, function."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(("<", *OWN, TRIO)):
        frame = frame.f_back
    return line_of(frame, frame.f_lineno)


def unclosed(ends: Iterable[tuple[Ends, str]]) -> Iterator[str]:
    """The ends that are not closed (whether they are is seen from whether they can be cloned), with their openers."""
    for end, where in ends:
        with suppress(trio.ClosedResourceError):
            end.clone().close()
            state = end.statistics()
            held = f"buffer {state.current_buffer_used} of {state.max_buffer_size:g}"
            yield f"an end of a memory channel is not closed: {type(end).__name__} ({held}), opened at {where}"


@contextmanager
def generators_recorded() -> Iterator["WeakSet[Generator]"]:
    """Within, every async generator that is iterated in this thread. For the inside of a run, whose hook it wraps."""
    seen: WeakSet[Generator] = WeakSet()
    before = sys.get_asyncgen_hooks()

    def first(generator: AsyncGenerator[Any, Any]) -> None:
        if isinstance(generator, AsyncGeneratorType):  # only Cython's are not
            seen.add(generator)
        if before.firstiter:
            before.firstiter(generator)

    sys.set_asyncgen_hooks(firstiter=first)
    try:
        yield seen
    finally:
        sys.set_asyncgen_hooks(*before)


def unfinished(generators: Iterable[Generator]) -> Iterator[str]:
    """Those that were neither exhausted nor closed."""
    for generator in generators:
        if generator.ag_frame is not None:
            code = generator.ag_code
            yield f"an async generator is not closed: {code.co_qualname} ({short(code.co_filename)})"


def threads_in_flight() -> Iterator[str]:
    """Calls of `trio.to_thread` that were abandoned and still run. For the inside of a run."""
    borrowed = trio.to_thread.current_default_thread_limiter().borrowed_tokens
    if borrowed:
        yield f"{borrowed} call(s) of trio.to_thread still run"


@attrs.frozen
class Outside:
    """What this process holds beside memory."""

    files: frozenset[tuple[str, str]]  # descriptors, with what they lead to
    threads: frozenset[threading.Thread]

    @classmethod
    def now(cls) -> "Outside":
        """As it is at this moment."""
        return cls(frozenset(open_files()), frozenset(threading.enumerate()))

    @property
    def strangers(self) -> frozenset[threading.Thread]:
        """Threads that are at work beside this one, and may open and close what they like."""
        return frozenset(each for each in self.threads if at_work(each)) - {threading.current_thread()}

    def growth(self) -> Iterator[str]:
        """What has been added since. Where there were strangers, what they close again soon does not count."""
        files = Outside.now().files - self.files
        until = time.monotonic() + (STRANGERS_S if self.strangers else 0)
        while files and time.monotonic() < until:
            time.sleep(0.01)
            files &= Outside.now().files
        for number, what in sorted(files):
            yield f"a file descriptor is still open: {number} ({what})"
        for thread in Outside.now().threads - self.threads:
            if at_work(thread):
                yield f"a thread still runs: {thread.name}"


def at_work(thread: threading.Thread) -> bool:
    """It has not ended, and is none of those that Trio keeps for later."""
    return thread.is_alive() and not thread.name.startswith(IDLE_WORKER)


def open_files() -> Iterator[tuple[str, str]]:
    """Every descriptor and what it leads to; nothing where the system does not tell (Windows)."""
    with suppress(FileNotFoundError):
        for number in os.listdir("/dev/fd"):  # noqa: PTH208  # names alone, and four times as fast
            with suppress(OSError):  # the one that listed the folder
                yield number, os.readlink(f"/dev/fd/{number}")  # noqa: PTH115  # as above


@contextmanager
def collected_complaints() -> Iterator[list[str]]:
    """Within, warnings about what was left open, and errors that nobody could be told of.

    The garbage is collected at the end, so that they belong to this run and to no other.
    """
    said: list[str] = []
    hook = sys.unraisablehook
    sys.unraisablehook = lambda args: said.append(f"{args.exc_value!r} ignored in {args.object!r}")
    try:
        with warnings.catch_warnings(record=True) as caught:
            for category in CHECKED_WARNINGS:
                warnings.simplefilter("always", category)
            yield said
            gc.collect()
        said += [str(each.message) for each in caught if issubclass(each.category, CHECKED_WARNINGS)]
    finally:
        sys.unraisablehook = hook


@contextmanager
def garbage_by_hand() -> Iterator[None]:
    """Within, garbage is collected when asked for, and not at a moment that nobody knows; what is older stays out.

    That makes runs repeat each other, and collecting after each of them cheap.
    """
    enabled, frozen = gc.isenabled(), gc.get_freeze_count()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if not frozen:  # what others froze stays so, and ours with it
            gc.unfreeze()
        if enabled:
            gc.enable()
