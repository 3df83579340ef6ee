"""octi/store/migrations on every database: from each older schema to this version's, with what was in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from octi.errors import StoreFailed
from octi.records import Turn
from octi.store import migrations, sqlite, tables
from octi.store.reads import read_changes, read_sessions
from octi.store.schema import VERSION_TABLE
from octi.units import SessionId
from tests.postgres import fresh_schema

STEPS = [path.stem[1:5] for path in sorted((Path(migrations.__file__).parent / "versions").glob("r0*.py"))]
SESSION = "INSERT INTO sessions VALUES ('s', 'ended', 'd', 'u', 'm', 'v', 1.0, 2.0, 'client', 'gone')"
TURN = "INSERT INTO turns VALUES ('s', '{item}', {position}, 'user', '{item}', 0, 1, false)"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        opened = sqlite.make_engine(tmp_path / "octi.db")
        yield opened
        opened.dispose()
        return
    with fresh_schema() as url:
        from octi.store.postgres import Patience, make_engine, postgres_url  # noqa: PLC0415  (an extra)

        opened = make_engine(postgres_url(url), Patience())
        yield opened
        opened.dispose()


def upgrade_to(engine: sa.Engine, step: str) -> None:
    with engine.connect() as connection, migrations.loose_keys(connection), connection.begin():
        command.upgrade(migrations.config_for(connection), step)


def fill_the_first_schema(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(SESSION)
        for item, position in (("c", 2), ("a", 0), ("b", 1)):
            connection.exec_driver_sql(TURN.format(item=item, position=position))


def assert_current(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata) == []


def test_there_is_a_file_for_each_step(engine: sa.Engine) -> None:
    """Named by its number, so that the tests below go through all of them."""
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations.config_for(connection))
    assert sorted(revision.revision for revision in script.walk_revisions()) == STEPS


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_every_older_schema_comes_to_this_one_with_all_that_was_in_it(engine: sa.Engine, step: str) -> None:
    """And afterwards nothing is missing that `tables.py` has, nor is anything there that it has not."""
    upgrade_to(engine, STEPS[0])
    fill_the_first_schema(engine)
    upgrade_to(engine, step)
    migrations.upgrade(engine)
    assert_current(engine)
    with engine.connect() as connection:
        (session,) = read_sessions(connection)
        changes = read_changes(SessionId("s"), -1, connection)
    assert (session.id, session.end_reason) == ("s", "gone")
    assert [(change.revision, change.row.text) for change in changes if isinstance(change.row, Turn)] == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
    ]


def test_an_empty_database_comes_to_this_schema_and_back(engine: sa.Engine) -> None:
    """Twice changes nothing."""
    migrations.upgrade(engine)
    migrations.upgrade(engine)
    assert_current(engine)
    with engine.begin() as connection:
        command.downgrade(migrations.config_for(connection), "base")
    assert set(sa.inspect(engine).get_table_names()) == {VERSION_TABLE}


def test_a_newer_octis_database_is_refused(engine: sa.Engine) -> None:
    """And not touched."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StoreFailed, match=r"a newer octi wrote it \(schema 9999\); run that version"):
        migrations.upgrade(engine)


def test_the_constraints_have_the_names_of_tables(engine: sa.Engine) -> None:
    """Later steps speak of them by name."""
    migrations.upgrade(engine)
    inspector = sa.inspect(engine)
    for table in tables.metadata.sorted_tables:
        assert inspector.get_pk_constraint(table.name)["name"] == table.primary_key.name
        keys = {(key["name"], key["options"].get("ondelete")) for key in inspector.get_foreign_keys(table.name)}
        assert keys == {(key.name, key.ondelete) for key in table.foreign_key_constraints}
