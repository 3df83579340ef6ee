"""Runs are shared out to processes, and what they find comes back in full."""

import os
import threading
from collections.abc import Sequence

import pytest

from tests.cuts import Spot, Trial
from tests.cuts.workers import can_fork, shared_out


def trial(number: int, seed: int) -> Trial:
    return Trial(seed=seed, spot=Spot(number), labels=(), place=None, came_out=True, took=0, after=0, complaints=())


def work(numbers: Sequence[int]) -> list[Trial]:
    """Notes where it was done."""
    return [trial(number, os.getpid()) for number in numbers]


def test_every_number_is_worked_on_once() -> None:
    """In processes of their own, none of which is this one."""
    done = shared_out(work, 5, 3)
    assert sorted(each.spot.step for each in done) == [0, 1, 2, 3, 4]
    assert len({each.seed for each in done} - {os.getpid()}) == 3


def test_a_worker_that_dies_is_an_error() -> None:
    """It is not taken for one that found nothing."""

    def dies(numbers: Sequence[int]) -> list[Trial]:
        if 3 in numbers:
            os._exit(9)
        return work(numbers)

    with pytest.raises(RuntimeError, match="ended without an answer"):
        shared_out(dies, 4, 2)


def test_with_another_thread_nothing_is_forked() -> None:
    """It might hold a lock that nobody would release in the child."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait, args=[10])
    thread.start()
    assert not can_fork()
    over.set()
    thread.join()
