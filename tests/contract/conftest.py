"""Every store, for the sentences that each of them keeps. PostgreSQL joins by a line in STORES."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from octi.store import open_store
from octi.store.base import Store

STORES = {"memory": "memory:", "sqlite": "sqlite:///{folder}/octi.db", "sqlite in memory": "sqlite:///:memory:"}
OUTLIVING = ["sqlite"]  # those that another process can read


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return STORES[request.param].format(folder=tmp_path)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with open_store(url) as opened:
        yield opened


@pytest.fixture(params=OUTLIVING)
def outliving(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return STORES[request.param].format(folder=tmp_path)
