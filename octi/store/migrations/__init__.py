"""How a database comes to this version's schema: Alembic's steps in `versions/`, run when a store is opened.

A change of `tables.py` needs a new file in `versions/`; a test compares the two and prints what is missing. A step may
rebuild tables (`op.batch_alter_table`): foreign keys are off meanwhile, see `loose_keys`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from octi.errors import StoreFailed
from octi.store.schema import VERSION_TABLE
from octi.store.tables import metadata

LOCK = 0x6F637469  # "octi"; an advisory lock is known by its number alone
_ALEMBIC = Lock()  # its `context` and `op` are the process's, so one upgrade at a time


def upgrade(engine: sa.Engine) -> None:
    """Bring a database to this version's schema: all steps in one transaction, or none. Blocks.

    Raises StoreFailed for a database that a newer octi wrote, or whose tables are not octi's.
    """
    with _ALEMBIC, engine.connect() as connection, loose_keys(connection), connection.begin():
        config = config_for(connection)
        _be_alone(connection)
        _check_known(connection, ScriptDirectory.from_config(config))
        command.upgrade(config, "head")


def config_for(connection: sa.Connection) -> Config:
    """Alembic's settings for work on one connection, in place of an alembic.ini."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _be_alone(connection: sa.Connection) -> None:
    """Until the transaction ends, no other octi upgrades the same schema: on SQLite it has the whole file already."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK, sa.func.hashtext(sa.func.current_schema()))))


def _check_known(connection: sa.Connection, script: ScriptDirectory) -> None:
    heads = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    known = {revision.revision for revision in script.walk_revisions()}
    if unknown := sorted(set(heads) - known):
        raise StoreFailed(f"{_name(connection)}: a newer octi wrote it (schema {', '.join(unknown)}); run that version")
    if taken := [] if heads else sorted(metadata.tables.keys() & set(sa.inspect(connection).get_table_names())):
        raise StoreFailed(f"{_name(connection)}: its tables {', '.join(taken)} are not octi's; name another database")


def _name(connection: sa.Connection) -> str:
    return connection.engine.url.database or "the database"


@contextmanager
def loose_keys(connection: sa.Connection) -> Iterator[None]:
    """No foreign keys on SQLite for a while: it changes a table by dropping it, and a drop would cascade.

    Must be entered before a transaction begins; SQLite ignores the pragma inside one.
    """
    _foreign_keys(connection, "OFF")
    try:
        yield
    finally:
        _foreign_keys(connection, "ON")


def _foreign_keys(connection: sa.Connection, setting: str) -> None:
    if connection.dialect.name == "sqlite":  # on the driver's connection, since SQLAlchemy's would begin a transaction
        connection.connection.cursor().execute(f"PRAGMA foreign_keys={setting}")
