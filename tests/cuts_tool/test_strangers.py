"""Another thread of the process opens and closes what it likes: that is not said of a run, and hides nothing of it."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

import pytest
import trio

from tests.cuts import Cut, CutFailure, cut_everywhere

Work = Callable[[], None]


@contextmanager
def stranger() -> Iterator[Callable[[Work], None]]:
    """A thread that is told what to do, and waits until then; whoever tells it waits until it is done."""
    orders: Queue[Work | None] = Queue()

    def obey() -> None:
        while work := orders.get():
            work()
            orders.task_done()

    def tell(work: Work) -> None:
        orders.put(work)
        orders.join()

    thread = threading.Thread(target=obey, name="stranger")
    thread.start()
    try:
        yield tell
    finally:
        orders.put(None)
        thread.join()


@contextmanager
def restless() -> Iterator[None]:
    """A thread that runs Trio again and again."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            trio.run(trio.lowlevel.checkpoint)

    thread = threading.Thread(target=run, name="restless")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.slow
def test_what_others_open_and_close_all_the_time_is_not_said_of_a_run() -> None:
    """Hardly a run begins and ends with the same descriptors."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)

    with restless():
        assert cut_everywhere(scenario, seeds=8).seeds == 8


@pytest.mark.slow
def test_what_others_open_once_and_keep_is_not_said_of_a_run() -> None:
    """As the connection that a database's client has just made."""
    kept: list[int] = []

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
        if cut.n == 2 and not kept:
            tell(lambda: kept.extend(os.pipe()))

    with stranger() as tell:
        cut_everywhere(scenario)
    assert len(kept) == 2
    for end in kept:
        os.close(end)


def test_what_others_forget_is_not_said_of_a_run() -> None:
    """The warning is theirs, though it comes in the run's time."""
    forgotten: list[bool] = []

    def forget() -> None:
        end, other = os.pipe()
        os.close(other)
        open(end)  # noqa: PTH123, SIM115  (the mistake)
        forgotten.append(True)

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
        if cut.n == 2 and not forgotten:
            tell(forget)

    with stranger() as tell:
        cut_everywhere(scenario)
    assert forgotten == [True]


@pytest.mark.slow
def test_what_a_run_leaves_is_found_beside_others() -> None:
    """It leaves that again when it is repeated, whatever the other thread does."""
    kept: list[int] = []

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
            kept.extend(os.pipe())
            await trio.sleep(1)
            for end in kept:
                os.close(end)
            kept.clear()

    with restless(), pytest.raises(CutFailure) as caught:
        cut_everywhere(scenario)
    for end in kept:
        os.close(end)
    said = str(caught.value)
    assert said.startswith("seed 0, step 2 parked")
    assert said.count("a file descriptor is still open: ") == 2
    assert said.count("(pipe:") == 2
