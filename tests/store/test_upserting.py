"""octi/store/upserting: rows take the place of those of the same key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from octi.store import migrations, tables
from octi.store.sqlite import make_engine
from octi.store.upserting import replace, see_that_there_are

ROW = {"day": "d", "whose": "all", "tenant": "", "user": "", "figure": "money", "amount": "1"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = make_engine(tmp_path / "octi.db")
    migrations.upgrade(opened)
    yield opened
    opened.dispose()


def test_a_row_is_put_where_one_of_its_key_stands(engine: sa.Engine) -> None:
    """And nothing is asked where there are none."""
    with engine.begin() as connection:
        replace(connection, tables.spendings, [])
        replace(connection, tables.spendings, [ROW])
        replace(connection, tables.spendings, [{**ROW, "amount": "2"}])
        assert list(connection.scalars(sa.select(tables.spendings.c.amount))) == ["2"]


def test_a_row_that_is_there_may_be_left_as_it_is(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        see_that_there_are(connection, tables.spendings, [])
        see_that_there_are(connection, tables.spendings, [ROW])
        see_that_there_are(connection, tables.spendings, [{**ROW, "amount": "2"}, {**ROW, "day": "e"}])
        assert list(connection.scalars(sa.select(tables.spendings.c.amount))) == ["1", "1"]
