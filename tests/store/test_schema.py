"""Which schema a database has, asked without Alembic."""

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from octi.store import migrations
from octi.store.schema import VERSION_TABLE, is_current, newest
from octi.store.sqlite import make_engine


@pytest.fixture
def engine() -> sa.Engine:
    """A database in memory."""
    return make_engine(None)


def test_the_newest_schema_is_that_of_the_last_step(engine: sa.Engine) -> None:
    """As Alembic has it."""
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations.config_for(connection))
    assert script.get_heads() == [newest()]


def test_a_new_database_is_not_current_until_it_was_brought_up(engine: sa.Engine) -> None:
    """Nor is it changed by being asked."""
    assert not is_current(engine)
    assert sa.inspect(engine).get_table_names() == []
    migrations.upgrade(engine)
    assert is_current(engine)


@pytest.mark.parametrize("seen", [["0001"], ["9999"], [], ["0001", "0002"]])
def test_any_other_schema_is_not_current(engine: sa.Engine, seen: list[str]) -> None:
    """An older one is brought up, a newer one refused: by who knows the steps."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM {VERSION_TABLE}")
        for each in seen:
            connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{each}')")
    assert not is_current(engine)
