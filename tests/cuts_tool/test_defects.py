"""One small bad scenario for each kind of defect: it is found, at the right place; and its good twin passes."""

import gc
import os
import socket
import threading
import warnings
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.cuts import Cut, CutFailure, Scenario, When, cut_everywhere
from tests.streams import window_stream_pair


def said_of(scenario: Scenario, **rules: object) -> str:
    """What is said of a scenario that does not hold."""
    with pytest.raises(CutFailure) as caught:
        cut_everywhere(scenario, **rules)  # type: ignore[arg-type]  # each as it is declared
    return str(caught.value)


# Cancelled


def test_cancelled_that_is_swallowed_is_found() -> None:
    """Told with the place where it was raised, which may be far from the cut."""

    async def swallows() -> None:
        with suppress(trio.Cancelled):  # the mistake
            await trio.sleep(1)

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
            await swallows()

    said = said_of(scenario)
    assert "step 2 parked" in said
    assert "Cancelled was raised and swallowed in" in said
    assert "swallows" in said.partition("swallowed in")[2]
    assert cut_everywhere(scenario, swallowing=True).too_late > 0


def test_a_block_that_ends_in_its_shield_is_no_defect() -> None:
    """Nothing was raised, so nothing was swallowed; the report counts it."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            with trio.CancelScope(shield=True):
                await trio.sleep(1)

    assert cut_everywhere(scenario).too_late == 3


def test_a_timeout_of_the_blocks_own_is_not_taken_for_its_cut() -> None:
    """A scope that catches its own Cancelled swallows nothing."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            with trio.CancelScope(shield=True):
                with trio.move_on_after(0.1):
                    await trio.sleep(1)

    cut_everywhere(scenario)


def test_cleaning_up_without_a_shield_is_found() -> None:
    """A checkpoint in `finally` raises again."""

    async def scenario(cut: Cut) -> None:
        said: list[str] = []
        async with cut:
            try:
                said.append("hello")
                await trio.sleep(1)
            finally:
                await trio.lowlevel.checkpoint()  # noqa: ASYNC102  # the mistake
                said.append("bye")
        assert said in ([], ["hello", "bye"])

    assert "step 1 parked" in said_of(scenario)


# Time


def test_a_slow_end_is_found_unless_it_is_allowed() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            try:
                await trio.sleep(1)
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(60)

    assert "took 60 virtual s" in said_of(scenario)
    assert cut_everywhere(scenario, prompt=None).slowest == 60


@pytest.mark.slow
def test_a_shield_for_ever_is_found_and_broken() -> None:
    """Whoever waits is listed with the stack of its awaits."""

    async def wait_for_nobody() -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep_forever()

    async def scenario(cut: Cut) -> None:
        async with cut, trio.open_nursery() as nursery:
            try:
                nursery.start_soon(trio.sleep, 2)
                await trio.sleep(1)
            except trio.Cancelled:
                await wait_for_nobody()  # noqa: ASYNC102  # the mistake
                raise

    said = said_of(scenario)
    assert "is stuck: everybody waits, and there is no deadline" in said
    assert "wait_for_nobody" in said.partition("is stuck")[2]


@pytest.mark.slow
def test_a_run_without_an_end_is_found() -> None:
    """Time passes and steps are made, but nothing comes of them."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            try:
                await trio.sleep(1)
            finally:
                with trio.CancelScope(shield=True):
                    while True:  # noqa: ASYNC110  # the mistake
                        await trio.sleep(1)

    async def endless(cut: Cut) -> None:
        async with cut:
            while True:  # noqa: ASYNC110  # the mistake
                await trio.lowlevel.checkpoint()

    for each in (scenario, endless):
        assert "still goes on after" in said_of(each, limit=100)


def test_a_block_too_long_is_an_error() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            for _ in range(100):
                await trio.lowlevel.checkpoint()

    assert "more than 50 steps" in said_of(scenario, limit=50)


# What is left


def opens_between(*, step_is_safe: bool) -> Scenario:
    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
            near, far = socket.socketpair()
            if not step_is_safe:
                await trio.lowlevel.checkpoint()  # the mistake
            with near, far:
                await trio.sleep(1)

    return scenario


def test_a_socket_that_is_left_open_is_found() -> None:
    said = said_of(opens_between(step_is_safe=False))
    assert said.startswith("seed 0, step 2 parked")
    assert "unclosed <socket.socket" in said
    cut_everywhere(opens_between(step_is_safe=True))


def test_a_descriptor_that_somebody_still_holds_is_found() -> None:
    """It is no garbage, and no warning tells of it."""
    held = []

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
            held.append(os.pipe())
            await trio.sleep(1)
            for end in held.pop():
                os.close(end)

    said = said_of(scenario)
    for end in held.pop():
        os.close(end)
    assert said.startswith("seed 0, step 2 parked")
    assert "a file descriptor is still open: " in said
    assert "(pipe:" in said


def test_a_channel_end_that_is_left_open_is_found() -> None:
    """Even if nobody holds it any more: whoever reads the other end would wait for ever."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            to_nobody, from_nobody = trio.open_memory_channel[int](1)
            await trio.sleep(1)
            from_nobody.close()
            to_nobody.close()

    said = said_of(scenario)
    assert said.startswith("seed 0, step 1 parked")
    assert "an end of a memory channel is not closed: MemorySendChannel (buffer 0 of 1)" in said
    cut_everywhere(scenario, channels=False)


def test_channel_ends_that_are_closed_pass() -> None:
    """By the block, or by whoever was given them; those of the world around the block do not count."""

    async def scenario(cut: Cut) -> None:
        given: list[trio.abc.AsyncResource] = []
        trio.open_memory_channel[int](1)
        async with cut:
            ends = trio.open_memory_channel[int](1)
            given += ends
            with ends[0].clone():
                await trio.sleep(1)
        for end in given:
            await end.aclose()

    cut_everywhere(scenario)


def test_a_task_left_in_an_older_nursery_is_found() -> None:
    """If nobody may outlive the block; a server that serves on may."""

    async def scenario(cut: Cut) -> None:
        over = trio.Event()
        async with trio.open_nursery() as outer:
            async with cut:
                outer.start_soon(over.wait, name="keepalive")
                await trio.sleep(1)
                over.set()
                await wait_all_tasks_blocked()
            over.set()

    said = said_of(scenario, strays=False)
    assert said.startswith("seed 0, step 1 parked")
    assert "outlived the block that started it: keepalive\n    trio/_sync.py" in said
    cut_everywhere(scenario)


@pytest.mark.slow
def test_a_task_that_is_left_waiting_is_found_always() -> None:
    """The nursery never closes, so the run is stuck."""

    async def scenario(cut: Cut) -> None:
        async with trio.open_nursery() as outer, cut:
            outer.start_soon(trio.sleep_forever, name="listener")
            await trio.sleep(1)
            outer.cancel_scope.cancel()

    said = said_of(scenario)
    assert said.startswith("seed 0, step 1 parked")
    assert "   listener\n" in said.partition("is stuck")[2]


def test_an_async_generator_that_is_not_closed_is_found() -> None:
    """Garbage or held, at its end or later."""
    held = []

    async def numbers() -> AsyncGenerator[int, None]:
        for number in range(3):
            yield number

    async def drops(cut: Cut) -> None:
        async with cut:
            async for _ in numbers():  # the mistake
                await trio.sleep(1)

    async def holds(cut: Cut) -> None:
        async with cut:
            held.append(numbers())
            async for _ in held[-1]:
                await trio.sleep(1)

    async def closes(cut: Cut) -> None:
        async with cut, aclosing(numbers()) as generator:
            async for _ in generator:
                await trio.sleep(1)

    assert "was garbage collected before it had been exhausted" in said_of(drops)
    said = said_of(holds)
    assert said.startswith("seed 0, step 1 parked")
    assert "an async generator is not closed: " in said
    cut_everywhere(closes)


def test_a_worker_thread_that_goes_on_is_found() -> None:
    """It was abandoned; Trio waits for it no longer."""
    done: list[threading.Event] = []

    async def scenario(cut: Cut) -> None:
        done.append(threading.Event())
        async with cut:
            await trio.to_thread.run_sync(done[-1].wait, 10 if cut.n else 0, abandon_on_cancel=True)

    said = said_of(scenario)
    for each in done:
        each.set()
    assert said.startswith("seed 0, step 1 parked")
    assert "1 call(s) of trio.to_thread still run" in said


def test_a_thread_that_goes_on_is_found() -> None:
    done = threading.Event()

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
            poller = threading.Thread(target=done.wait, args=[10], name="poller")
            poller.start()
            await trio.lowlevel.checkpoint()  # the mistake
            done.set()
            poller.join()
            done.clear()

    said = said_of(scenario)
    done.set()
    assert said.startswith("seed 0, step 2 parked")
    assert "a thread still runs: poller" in said


def test_half_a_frame_is_found() -> None:
    """A frame of which a cut has sent only some must be the last that is sent."""
    frame = b"4:abcd"

    def scenario_of(*, tidy: bool) -> Scenario:
        async def scenario(cut: Cut) -> None:
            near, far = window_stream_pair(4)
            got = bytearray()

            async def read() -> None:
                async for data in far:
                    got.extend(data)

            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                whole = False
                async with cut:
                    await near.send_all(frame)
                    whole = True
                if whole or not tidy:
                    await near.send_all(frame)
                await near.send_eof()
            assert (frame * 2).startswith(got), f"half a frame: {bytes(got)!r}"

        return scenario

    assert "half a frame: b'4:ab4:abcd'" in said_of(scenario_of(tidy=False))
    cut_everywhere(scenario_of(tidy=True))


def test_a_coroutine_that_is_never_awaited_is_found() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.lowlevel.checkpoint()
            trio.sleep(1)  # type: ignore[unused-coroutine]  # noqa: ASYNC105  # the mistake

    assert "never awaited" in said_of(scenario)


def test_an_error_that_nobody_can_be_told_of_is_found() -> None:
    """As one in a destructor, which Python prints and forgets."""

    class Handle:
        def __del__(self) -> None:
            raise ValueError("it was in use")

    async def scenario(cut: Cut) -> None:
        async with cut:
            Handle()
            await trio.sleep(1)

    assert "ValueError('it was in use') ignored in" in said_of(scenario)


# The scenario itself


def test_a_scenario_that_is_not_deterministic_is_found() -> None:
    """Two runs without a cut differ, so no step has a number."""
    runs = []

    async def scenario(cut: Cut) -> None:
        runs.append(cut)
        async with cut, trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 1, name=f"worker {len(runs)}")
            await trio.lowlevel.checkpoint()

    said = said_of(scenario)
    assert "seed 0, uncut" in said
    assert "the scenario is not deterministic at step 2: worker 2 vs. worker 1" in said


def test_a_run_that_leaves_the_track_later_is_found() -> None:
    """Each run is compared up to its cut; here the sixth (the second side of step 2) is the first to differ."""
    runs = []

    async def scenario(cut: Cut) -> None:
        runs.append(cut)
        async with cut:
            for _ in range(9 if len(runs) < 6 else 1):
                await trio.lowlevel.checkpoint()

    said = said_of(scenario, whens=[When.PARKED])
    assert "the scenario is not deterministic at step 3: the end of the block vs. " in said


def test_ids_in_names_of_tasks_are_no_difference() -> None:
    """Eight hexadecimal digits and more count as one; namesakes are numbered in the order of their first steps."""

    async def scenario(cut: Cut) -> None:
        async with cut, trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(trio.lowlevel.checkpoint, name=f"answer resp_{os.urandom(8).hex()}")
        assert cut.n or cut.labels[1:3] == ["answer resp_*", "answer resp_* #2"]

    cut_everywhere(scenario)


def test_a_scenario_that_is_wrong_without_a_cut_says_so() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            raise ValueError("wrong anyway")

    assert said_of(scenario).startswith("seed 0, uncut\n  -> ValueError: wrong anyway")


def test_errors_in_a_group_are_told_one_by_one() -> None:
    """A nursery wraps what its tasks raise."""

    async def fails() -> None:
        raise ValueError("wrong in a task")

    async def scenario(cut: Cut) -> None:
        async with cut, trio.open_nursery() as nursery:
            nursery.start_soon(fails)
            await trio.sleep(1)

    assert "ValueError: wrong in a task" in said_of(scenario)


def test_a_scenario_without_a_block_is_an_error() -> None:
    async def scenario(cut: Cut) -> None:
        await trio.sleep(1)

    assert "never entered" in said_of(scenario)


def test_a_scenario_has_one_block() -> None:
    async def scenario(cut: Cut) -> None:
        for _ in range(2):
            async with cut:
                await trio.sleep(1)

    assert "one block to cut" in said_of(scenario)


def test_invariants_of_ones_own_are_asked_after_each_run() -> None:
    """With the cut, outside of Trio."""
    registered: list[int] = []

    async def scenario(cut: Cut) -> None:
        registered.clear()
        async with cut:
            registered.append(1)
            await trio.sleep(1)
            registered.pop()

    def nobody_is_registered(cut: Cut) -> None:
        assert not registered, f"{len(registered)} still registered"

    said = said_of(scenario, invariants=[nobody_is_registered])
    assert said.startswith("seed 0, step 1 parked")
    assert "1 still registered" in said


def test_everything_is_put_back() -> None:
    """Whether the scenario holds or not: garbage collection, hooks, filters of warnings, Trio's channels."""

    def state() -> list[object]:
        made = trio.MemorySendChannel.__attrs_post_init__
        return [gc.isenabled(), gc.get_freeze_count() > 0, made, list(warnings.filters), threading.active_count()]

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
        assert cut.n < 2

    before = state()
    said_of(scenario)
    assert state() == before
