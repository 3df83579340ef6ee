"""octi/store/migrations: a database comes to this version's schema, or says why not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from octi.errors import StoreFailed
from octi.records import Development, DevelopmentKind, SecretRecord, SessionRecord, SessionState, Turn
from octi.store import migrations, open_store, tables
from octi.store.base import Change
from octi.store.reads import read_changes
from octi.store.schema import VERSION_TABLE
from octi.store.sqlite import make_engine
from octi.units import SessionId
from tests.contract.test_calls_and_usages import make_call, make_usage


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = make_engine(tmp_path / "octi.db")
    yield opened
    opened.dispose()


def names(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def fill(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        columns = "id, state, door, upstream, model, voice, created_at"
        connection.exec_driver_sql(f"INSERT INTO sessions ({columns}) VALUES ('s', 'live', '', '', '', '', 1)")
        columns = "session, item, position, role, text, start_ms, end_ms, interrupted, revision"
        connection.exec_driver_sql(f"INSERT INTO turns ({columns}) VALUES ('s', 'i', 0, 'user', 'oui', 0, 1, 0, 1)")


def test_the_migrated_schema_is_the_one_in_tables(engine: sa.Engine) -> None:
    """Whoever changes `tables.py` writes a migration; what it lacks is printed here."""
    migrations.upgrade(engine)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
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
    assert names(engine) == {VERSION_TABLE}
    migrations.upgrade(engine)
    assert names(engine) == {VERSION_TABLE, *tables.metadata.tables}


def test_a_database_of_a_newer_octi_is_refused(engine: sa.Engine) -> None:
    """With its name, its schema and what to do; and it is not touched."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StoreFailed, match=r"octi\.db: a newer octi wrote it \(schema 9999\)"):
        migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar() == "9999"


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
            turns = await store.turns(name)
            assert [turn.item for turn in turns] == ["a", "b", "c"]
            assert changes == [Change(revision, turn) for revision, turn in enumerate(turns, 1)]
        (first, *_) = turns
        await store.save([attrs.evolve(first, text="new")])
        assert await store.changes(SessionId("t"), 3) == [Change(4, attrs.evolve(first, text="new"))]


def test_an_older_octi_that_still_writes_loses_nothing(engine: sa.Engine) -> None:
    """It knows no revisions, and its rows are kept all the same."""
    migrations.upgrade(engine)
    fill(engine)
    with engine.begin() as connection:
        names = "session, item, position, role, text, start_ms, end_ms, interrupted"
        connection.exec_driver_sql(f"INSERT INTO turns ({names}) VALUES ('s', 'j', 1, 'user', 'non', 0, 1, 0)")
        changes = read_changes(SessionId("s"), -1, connection)
        assert [change.row.item for change in changes if isinstance(change.row, Turn)] == ["j", "i"]


def as_the_second_version(engine: sa.Engine) -> None:
    """A database as octi wrote it before sessions were made over HTTP."""
    with engine.begin() as connection:
        command.upgrade(migrations.config_for(connection), "0002")
    fill(engine)


async def test_a_database_of_the_second_version_is_opened(engine: sa.Engine, tmp_path: Path) -> None:
    """Its sessions have what a session has that was made by a socket; developments are counted after its turns."""
    as_the_second_version(engine)
    async with open_store(f"sqlite:///{tmp_path}/octi.db") as store:
        live, s = SessionState.LIVE, SessionId("s")
        plain = SessionRecord(id=s, state=live, door="", upstream="", model="", voice="", created_at=1)
        assert await store.sessions() == [plain]
        (turn,) = await store.turns(s)
        assert turn.said_at is None
        gap = Development(session=s, id="d", kind=DevelopmentKind.GAP, at=1.0, body="{}")
        await store.save([gap, SecretRecord(digest="x", session=s, config="{}", created_at=1.0, expires_at=2.0)])
        assert await store.changes(s) == [Change(1, turn), Change(2, gap)]


async def test_the_third_step_is_undone_without_losing_a_word(engine: sa.Engine, tmp_path: Path) -> None:
    """What the second version knows is as it was: no turn goes because its session's table changed."""
    as_the_second_version(engine)
    before = contents(engine)
    async with open_store(f"sqlite:///{tmp_path}/octi.db") as store:
        session = attrs.evolve((await store.sessions())[0], config='{"a":1}', resumable=True, call_id="rtc_1")
        gap = Development(session=session.id, id="d", kind=DevelopmentKind.GAP, at=1.0, body="{}")
        secret = SecretRecord(digest="x", session=session.id, config="{}", created_at=1.0, expires_at=2.0)
        await store.save([session, gap, secret])
    with engine.begin() as connection:
        command.downgrade(migrations.config_for(connection), "0002")
    assert contents(engine) == before
    assert names(engine) == {VERSION_TABLE, "sessions", "turns"}
    migrations.upgrade(engine)


def contents(engine: sa.Engine) -> list[Any]:
    with engine.connect() as connection:
        rows = [connection.exec_driver_sql(f"SELECT * FROM {name}").mappings().all() for name in ("sessions", "turns")]
        return [[dict(row) for row in found] for found in rows]


def as_the_third_version(engine: sa.Engine) -> None:
    """A database as octi wrote it before it kept calls and usage one by one."""
    with engine.begin() as connection:
        command.upgrade(migrations.config_for(connection), "0003")
    fill(engine)


async def test_a_database_of_the_third_version_is_opened(engine: sa.Engine, tmp_path: Path) -> None:
    """What its turns were generated as is not known, nor what became of their words; calls are kept from now on."""
    as_the_third_version(engine)
    async with open_store(f"sqlite:///{tmp_path}/octi.db") as store:
        (turn,) = await store.turns(SessionId("s"))
        assert (turn.generated, turn.sent, turn.transcription) == (None, None, None)
        await store.save([make_call(), make_usage()])
        assert await store.function_calls(SessionId("s")) == [make_call()]


async def test_the_fourth_step_is_undone_without_losing_a_word(engine: sa.Engine, tmp_path: Path) -> None:
    """Only what the third version does not know is gone."""
    as_the_third_version(engine)
    before = contents(engine)
    async with open_store(f"sqlite:///{tmp_path}/octi.db") as store:
        (turn,) = await store.turns(SessionId("s"))
        await store.save([make_call(), make_usage(), attrs.evolve(turn, generated="oui, oui")])
    with engine.begin() as connection:
        command.downgrade(migrations.config_for(connection), "0003")
    (turns,) = contents(engine)[1]
    assert [{**turns, "revision": 1}] == before[1]
    assert names(engine) == {VERSION_TABLE, "sessions", "turns", "developments", "secrets"}
    migrations.upgrade(engine)


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
