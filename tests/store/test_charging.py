"""octi/store/charging: rows are charged in the transaction that keeps them. `tests/contract` has what it comes to."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from octi.accounts import Account, Figure, Whose
from octi.store import migrations, tables
from octi.store.charging import charge, read_amounts
from octi.store.sqlite import make_engine
from octi.store.statements import keep
from tests.contract.test_spendings import DAY, counted
from tests.contract.test_store import make_session

ALL = Account(DAY, Whose.ALL, "", "", Figure.MONEY)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = make_engine(tmp_path / "octi.db")
    migrations.upgrade(opened)
    yield opened
    opened.dispose()


def test_a_transaction_that_is_rolled_back_charged_nothing(engine: sa.Engine) -> None:
    """Whenever octi is killed in it."""
    with engine.begin() as connection:
        keep(connection, [make_session(), counted("a", "1")])
    with engine.connect() as connection:
        keep(connection, [counted("a", "2"), counted("b", "3")])
        assert read_amounts(connection, [ALL]) == {ALL: Decimal(5)}
        connection.rollback()
    with engine.connect() as connection:
        assert read_amounts(connection, [ALL]) == {ALL: Decimal(1)}


def test_without_usage_nothing_is_asked_of_the_database(engine: sa.Engine) -> None:
    """Words and sessions, which are nearly all, cost no more than they did."""
    with engine.connect() as connection:
        asked: list[str] = []
        sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        charge(connection, [])
    assert not any("spendings" in statement for statement in asked)


def test_amounts_are_kept_with_all_their_digits(engine: sa.Engine) -> None:
    """As text: no database's number holds any decimal."""
    with engine.begin() as connection:
        keep(connection, [make_session(), counted(cost="0.000000000001")])
        amounts = connection.scalars(sa.select(tables.spendings.c.amount).where(tables.spendings.c.figure == "money"))
        assert set(amounts) == {"0.000000000001"}
