"""What a process says of itself, counted."""

import os
import socket
import threading
import time
from pathlib import Path

import pytest
import trio

from octi.observe import census
from octi.observe.census import take_census


async def test_tasks_are_counted_by_name() -> None:
    """Those of every nursery of the run, and no longer once they have ended."""
    async with trio.open_nursery() as nursery:
        for name in ("relay", "relay", "keeper"):
            nursery.start_soon(trio.sleep_forever, name=name)
        tasks = take_census().tasks
        assert (tasks["relay"], tasks["keeper"]) == (2, 1)
        nursery.cancel_scope.cancel()
    assert not {"relay", "keeper"} & take_census().tasks.keys()


async def test_threads_are_counted_by_name() -> None:
    """Python's own."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait, args=(10,), name="octi store")
    thread.start()
    assert take_census().threads["octi store"] == 1
    done.set()
    thread.join()
    assert "octi store" not in take_census().threads


async def test_idle_threads_of_trios_are_one_kind() -> None:
    """It numbers them, and the numbers only grow."""

    async def hop() -> None:
        await trio.to_thread.run_sync(time.sleep, 0.05)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hop)
        nursery.start_soon(hop)
    names = take_census().threads
    assert names.get("Trio thread", 0) >= 2
    assert not [name for name in names if name[-1].isdigit()]


async def test_descriptors_are_counted_by_kind() -> None:
    """A socket, a pipe, a file: each appears, and goes when it is closed."""
    before = take_census().descriptors or {}
    reading, writing = os.pipe()
    with socket.socket(), open(os.devnull, "rb"):  # noqa: ASYNC230, PTH123  (the device is never slow)
        now = take_census().descriptors or {}
    os.close(reading)
    os.close(writing)
    more = {kind: now.get(kind, 0) - before.get(kind, 0) for kind in ("socket", "pipe", "file")}
    assert more == {"socket": 1, "pipe": 2, "file": 1}
    assert take_census().descriptors == before


async def test_a_census_leaves_nothing_behind() -> None:
    """Two in a row are the same, and the totals add up."""
    first, second = take_census(), take_census()
    assert first.totals == second.totals
    assert first.totals["tasks"] == sum(first.tasks.values()) >= 2
    assert first.memory_bytes > 1_000_000


async def test_a_system_without_proc_tells_what_it_can(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No descriptors, and the most memory that ever was."""
    monkeypatch.setattr(census, "OWN_DESCRIPTORS", tmp_path / "none")
    monkeypatch.setattr(census, "OWN_MEMORY", tmp_path / "none")
    taken = take_census()
    assert taken.descriptors is None
    assert taken.totals["descriptors"] == 0
    assert taken.memory_bytes > 1_000_000
