"""octi/store/migrations: a database comes to this version's schema, or says why not."""

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from octi.errors import StoreFailed
from octi.store import migrations, open_store, tables
from octi.store.base import Change
from octi.store.sqlite import make_engine
from octi.store.statements import read_changes
from octi.units import SessionId


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = make_engine(tmp_path / "octi.db")
    yield opened
    opened.dispose()


def names(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def fill(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO sessions VALUES ('s', 'live', '', '', '', '', 1, NULL, NULL, NULL)")
        connection.exec_driver_sql("INSERT INTO turns VALUES ('s', 'i', 0, 'user', 'oui', 0, 1, 0, 1)")


def test_the_migrated_schema_is_the_one_in_tables(engine: sa.Engine) -> None:
    """Whoever changes `tables.py` writes a migration; what it lacks is printed here."""
    migrations.upgrade(engine)
    with engine.connect() as connection:
        options = {"version_table": migrations.VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_the_migrated_constraints_have_the_names_of_tables(engine: sa.Engine) -> None:
    """Later migrations speak of them by name, on every database; the comparison above does not look at keys' names."""
    migrations.upgrade(engine)
    inspector = sa.inspect(engine)
    for table in tables.metadata.sorted_tables:
        assert inspector.get_pk_constraint(table.name)["name"] == table.primary_key.name
        keys = {(key["name"], key["options"].get("ondelete")) for key in inspector.get_foreign_keys(table.name)}
        assert keys == {(key.name, key.ondelete) for key in table.foreign_key_constraints}


def test_upgrading_twice_changes_nothing(engine: sa.Engine) -> None:
    """It runs at every start."""
    migrations.upgrade(engine)
    fill(engine)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.turns)) == 1


def test_every_step_can_be_undone(engine: sa.Engine) -> None:
    """Down to nothing, and up again."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        command.downgrade(migrations.config_for(connection), "base")
    assert names(engine) == {migrations.VERSION_TABLE}
    migrations.upgrade(engine)
    assert names(engine) == {migrations.VERSION_TABLE, "sessions", "turns"}


def test_a_database_of_a_newer_octi_is_refused(engine: sa.Engine) -> None:
    """With its name, its schema and what to do; and it is not touched."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StoreFailed, match=r"octi\.db: a newer octi wrote it \(schema 9999\)"):
        migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT version_num FROM {migrations.VERSION_TABLE}").scalar() == "9999"


def as_the_first_version(engine: sa.Engine) -> None:
    """A database as octi's first version wrote it: two sessions, turns not in the order of the conversation."""
    with engine.begin() as connection:
        command.upgrade(migrations.config_for(connection), "0001")
        for name in ("s", "t"):
            session = (name, "ended", "d", "u", "m", "v", 1.0, 2.0, "client", "gone")
            connection.exec_driver_sql("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", session)
            for item, position in (("c", 2), ("a", 0), ("b", 1)):
                turn = (name, item, position, "user", item, 0, 1, 0)
                connection.exec_driver_sql("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)", turn)


async def test_a_database_of_the_first_version_is_opened(engine: sa.Engine, tmp_path: Path) -> None:
    """Its turns get revisions in the order of the conversation, in each session anew; new ones go on from there."""
    as_the_first_version(engine)
    async with open_store(f"sqlite:///{tmp_path}/octi.db") as store:
        for name in (SessionId("s"), SessionId("t")):
            changes = await store.changes(name)
            assert [(change.revision, change.turn.item) for change in changes] == [(1, "a"), (2, "b"), (3, "c")]
        first = changes[0].turn
        await store.save([attrs.evolve(first, text="new")])
        assert await store.changes(SessionId("t"), 3) == [Change(4, attrs.evolve(first, text="new"))]


def test_an_older_octi_that_still_writes_loses_nothing(engine: sa.Engine) -> None:
    """It knows no revisions, and its rows are kept all the same."""
    migrations.upgrade(engine)
    fill(engine)
    with engine.begin() as connection:
        names = "session, item, position, role, text, start_ms, end_ms, interrupted"
        connection.exec_driver_sql(f"INSERT INTO turns ({names}) VALUES ('s', 'j', 1, 'user', 'non', 0, 1, 0)")
        assert [change.turn.item for change in read_changes(SessionId("s"), -1, connection)] == ["j", "i"]


def test_somebody_elses_tables_are_refused(engine: sa.Engine) -> None:
    """Rather than written into."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE sessions (cookie TEXT)")
    with pytest.raises(StoreFailed, match="tables sessions are not octi's"):
        migrations.upgrade(engine)


def test_a_step_that_fails_leaves_the_database_as_it_was(engine: sa.Engine) -> None:
    """Not half a schema: here an index's name is taken, after the first table was made."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE other (a TEXT)")
        connection.exec_driver_sql("CREATE INDEX sessions_created_at_id_ix ON other (a)")
    with pytest.raises(sa.exc.OperationalError):
        migrations.upgrade(engine)
    assert names(engine) == {"other"}


def test_rebuilding_a_table_deletes_nothing_that_refers_to_it(engine: sa.Engine) -> None:
    """On SQLite a table is changed by dropping it, and a drop cascades unless keys are loose."""
    migrations.upgrade(engine)
    fill(engine)
    with engine.connect() as connection, migrations.loose_keys(connection), connection.begin():
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("sessions", recreate="always") as batch:
            batch.add_column(sa.Column("tag", sa.Text()))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM turns").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_the_steps_are_one_line_of_descent(engine: sa.Engine) -> None:
    """One head, so that there is one schema to come to."""
    with engine.connect() as connection:
        assert len(ScriptDirectory.from_config(migrations.config_for(connection)).get_heads()) == 1
