"""Every store, for the sentences that each of them keeps."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from octi.store import open_store
from octi.store.base import Store
from tests.postgres import emptied, execute, fresh_schema

STORES = {"memory": "memory:", "sqlite": "sqlite:///{folder}/octi.db", "sqlite in memory": "sqlite:///:memory:"}
POSTGRESQL = "postgresql"
OUTLIVING = ["sqlite", POSTGRESQL]  # those that another process can read


@pytest.fixture(scope="session")
def schema() -> Iterator[str]:
    """One for all, for its making takes longer than most tests."""
    with fresh_schema() as url:
        yield url


def address(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param != POSTGRESQL:
        return STORES[request.param].format(folder=folder)
    url: str = request.getfixturevalue("schema")
    execute(emptied(), url)
    return url


@pytest.fixture(params=[*STORES, POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return address(request, tmp_path)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with open_store(url) as opened:
        yield opened


@pytest.fixture(params=OUTLIVING)
def outliving(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return address(request, tmp_path)
