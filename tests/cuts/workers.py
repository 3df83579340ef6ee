"""Runs in several processes: forked, so that a scenario may be any function, and only plain results come back."""

import multiprocessing
import threading
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from .trial import Trial

Work = Callable[[Sequence[int]], list[Trial]]  # numbers of cuts, in order; may stop before the last


def can_fork() -> bool:
    """Forking is possible, and sound: no other thread might hold a lock that the child would wait for."""
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def shared_out(work: Work, count: int, jobs: int) -> list[Trial]:
    """Have the numbers below `count` worked on by so many processes, each taking every n-th of them."""
    fork = multiprocessing.get_context("fork")
    ends = [fork.Pipe(duplex=False) for _ in range(jobs)]
    parts = [range(job, count, jobs) for job in range(jobs)]
    workers = [
        fork.Process(target=_answer, args=(work, part, theirs), daemon=True)
        for part, (_, theirs) in zip(parts, ends, strict=True)
    ]
    try:
        with warnings.catch_warnings():
            # Python counts threads that are not its own as well: a watchdog of faulthandler, which holds no lock
            warnings.simplefilter("ignore", DeprecationWarning)
            for worker, (_, theirs) in zip(workers, ends, strict=True):
                worker.start()
                theirs.close()
        return [trial for worker, (ours, _) in zip(workers, ends, strict=True) for trial in _heard(worker.pid, ours)]
    finally:
        for worker, (ours, _) in zip(workers, ends, strict=True):
            ours.close()
            if worker.pid is not None:
                worker.terminate()
                worker.join()
                worker.close()


def _answer(work: Work, part: Sequence[int], end: Connection) -> None:
    end.send(work(part))


def _heard(pid: int | None, end: Connection) -> list[Trial]:
    try:
        answer: list[Trial] = end.recv()
    except EOFError:
        raise RuntimeError(f"the worker {pid} ended without an answer; its output says why, or jobs=1") from None
    return answer
