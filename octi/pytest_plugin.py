"""The pytest plugin: `octi_simulator` runs simulated providers on loopback, `octi_memory` in memory.

A test fails whose client did not do what the scenario says. Every test run loads this file where octi is installed, so
it imports the rest of octi only when somebody asks for a fixture: that takes a third of a second.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest

STARTED = pytest.StashKey[Any]()  # a `testing.started.Simulators`


@pytest.fixture
def octi_simulator(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Starts a simulator: `octi_simulator(scenario, key="", pace_s=0, judge=True)`.

    The scenario is a text, or a file beside the test's. It ends with the test, and fails it if the scenario failed and
    is to be judged. `.url`, `.ws_url`, `.report()`.
    """
    from octi.testing.started import Simulators  # noqa: PLC0415  not before somebody asks for it

    started = Simulators(request.path.parent)
    request.node.stash[STARTED] = started
    yield started
    started.stop()


@pytest.fixture
def octi_memory(request: pytest.FixtureRequest) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """`octi.testing.in_memory`, with files beside the test's."""
    from octi.testing.memory import in_memory  # noqa: PLC0415  not before somebody asks for it

    return partial(in_memory, folder=request.path.parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge the scenarios of a test that has passed otherwise, as a part of it."""
    __tracebackhide__ = True  # a failure shows its report, and none of octi's own lines
    result = yield
    if started := item.stash.get(STARTED, None):
        started.judge()
    return result
