"""octi over both upstreams, started once for all tests: they share its processes, and no session.

Nothing in this folder imports octi: what is tested is the contract that clients of the two origins were written for.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager

import attrs
import httpx2
import pytest

from tests.origins.processes import Node, Script, free_port, serving, simulating
from tests.origins.talking import Provider

ANNA, INCOME = "My name is Anna Berg.", "I earn 3000 euros a month."
UPDATED = {"wait_for": "session.update"}
# In a call, the caller speaks when octi has joined, and then at each word of the operator's: octi updates the session
# then. It does so too when it has extracted a profile. At a socket, whoever makes noise says the same. Some models are
# troubled.
SCRIPT = {
    "caller": [UPDATED, {"say": ANNA}, UPDATED, UPDATED, {"say": INCOME}, UPDATED, {"leave": True}],
    "faults": [
        {"path": "/v1/realtime?model=is-lost-once", "after_events": 4},
        {"path": "/v1/realtime?model=is-busy-once", "status": 429, "headers": {"retry-after": "1"}},
        {"path": "/v1/realtime?model=is-forbidden", "status": 401},
        {"path": "/v1/realtime?model=is-unknown", "status": 404},
    ],
}


@pytest.fixture(scope="session")
def embedded_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with serving(tmp_path_factory.mktemp("embedded")) as node:
        yield node


@pytest.fixture(scope="session")
def provided_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("provided")
    with simulating(folder / "simulator", SCRIPT) as simulator, serving(folder, simulator) as node:
        yield node


ORIGINS_SETTINGS = {
    "REALTIME_MODEL": "gpt-realtime-mini",
    "OCTI_DEFAULT_VOICE": "cedar",
    "EXTRACTION_COOLDOWN_SECONDS": "7",
    "SIDEBAND_DEBUG_EVENTS": "true",
}


@attrs.frozen
class Stage:
    """An octi whose provider is there while a test has it play a script of its own, and away between them."""

    node: Node
    folders: pytest.TempPathFactory

    def playing(self, script: Script) -> AbstractContextManager[str]:
        """The provider, until the block ends."""
        assert self.node.simulator
        port = int(self.node.simulator.rpartition(":")[2])
        return simulating(self.folders.mktemp("simulator"), script, port=port)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with serving(tmp_path_factory.mktemp("stage"), f"http://127.0.0.1:{free_port()}", ORIGINS_SETTINGS) as node:
        yield Stage(node, tmp_path_factory)


@pytest.fixture(params=["embedded", "provided"])
def node(request: pytest.FixtureRequest) -> Node:
    """octi, over each upstream in turn."""
    found: Node = request.getfixturevalue(f"{request.param}_node")
    return found


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.engine), "provided"])
def voiced_node(request: pytest.FixtureRequest) -> Node:
    """The same, for tests that need the agent's voice."""
    found: Node = request.getfixturevalue(f"{request.param}_node")
    return found


def client_of(base: str) -> httpx2.AsyncClient:
    """Speaks HTTP to an address, and to no proxy."""
    return httpx2.AsyncClient(base_url=base, trust_env=False, verify=False, timeout=30)


@pytest.fixture
async def http(node: Node) -> AsyncIterator[httpx2.AsyncClient]:
    """Speaks to `node`."""
    async with client_of(node.base) as client:
        yield client


@pytest.fixture
async def provider(provided_node: Node) -> AsyncIterator[Provider]:
    """Who answers behind `provided_node`."""
    assert provided_node.simulator
    async with client_of(provided_node.simulator) as client:
        yield Provider(provided_node.simulator, client)
