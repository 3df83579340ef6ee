"""The browser, and octi for it to visit. What there is: __init__.py beside this file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from octi.testing.running import Running
from octi.testing.verdict import script_of
from tests.browser.chromium import Chromium, chromium_path
from tests.browser.chromium import chromium as launched
from tests.browser.servers import Server, settings_for
from tests.browser.visit import Visit
from tests.origins.processes import KEY, Script


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """The browser; ended with the module, so that its event loop is in no other test's way."""
    chromium_path()
    with launched(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="module")
def octi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An octi over its embedded engine, for tests that neither kill it nor ask for settings."""
    chromium_path()
    with ExitStack() as stack:
        yield _started(stack, tmp_path_factory, None, {})


@pytest.fixture
def octi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts one of the test's own: `octi_server(simulator=None, OCTI_MAX_SESSIONS="1", ...)`."""
    with ExitStack() as stack:
        yield lambda simulator=None, **settings: _started(stack, tmp_path_factory, simulator, settings)


def _started(
    stack: ExitStack, folders: pytest.TempPathFactory, simulator: str | None, settings: Mapping[str, str]
) -> Server:
    server = Server(folders.mktemp("octi"), settings_for(simulator, settings))
    stack.callback(server.kill)
    server.start()
    stack.callback(server.stop)
    return server


@pytest.fixture
def simulator() -> Iterator[Callable[..., str]]:
    """Starts a simulated provider with a script or a scenario, as a mapping: `simulator(script, pace_s=0.01)`."""
    with ExitStack() as stack:

        def start(script: Script, pace_s: float = 0.01) -> str:
            running = Running(script_of(msgspec.json.encode(script).decode(), Path()), KEY, pace_s, judge=False)
            running.run()
            stack.callback(running.stop)
            return running.url

        yield start


@pytest.fixture
def page_for(chromium: Chromium) -> Iterator[Callable[..., Visit]]:
    """Opens a page: `page_for(octi, "/", audio=[...], ...)`, with what `Chromium.open` takes; closed with the test."""
    with ExitStack() as stack:

        def visit(server: Server, path: str = "/", **wishes: Any) -> Visit:
            opened = chromium.open(server.base + path, **wishes)
            stack.callback(opened.close)
            return opened

        yield visit
