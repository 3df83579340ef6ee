"""The pytest plugin: `octi_simulator` runs simulated providers on loopback, `octi_memory` in memory.

A test fails whose client did not do what the scenario says.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from octi.simulator.script import Script
from octi.testing.memory import Provider, in_memory
from octi.testing.running import Running
from octi.testing.verdict import Named, check, script_of

RUNNING = pytest.StashKey[list[Running]]()

Start = Callable[..., Running]
InMemory = Callable[..., AbstractAsyncContextManager[Provider]]


@pytest.fixture
def octi_simulator(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a simulator: `octi_simulator(scenario, key="", pace_s=0, judge=True)`.

    The scenario is a text, or a file beside the test's. It ends with the test, and fails it if the scenario failed and
    is to be judged. `.url`, `.ws_url`, `.report()`.
    """
    started: list[Running] = []
    request.node.stash[RUNNING] = started

    def start(scenario: Named = Script(), *, key: str = "", pace_s: float = 0.0, judge: bool = True) -> Running:  # noqa: B008  a frozen value
        running = Running(script_of(scenario, request.path.parent), key, pace_s, judge)
        running.run()
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def octi_memory(request: pytest.FixtureRequest) -> InMemory:
    """`octi.testing.in_memory`, with files beside the test's."""
    return partial(in_memory, folder=request.path.parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge the scenarios of a test that has passed otherwise, as a part of it."""
    result = yield
    for running in item.stash.get(RUNNING, []):
        running.stop()
        if running.judge:
            check(running.report())
    return result
