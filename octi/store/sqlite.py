"""The default store: one SQLite file, durable when a save returns, readable while it is written."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import trio

from octi.errors import StoreFailed
from octi.observe.base import Meter
from octi.store.base import Redact, unredacted
from octi.store.schema import is_current
from octi.store.sql import Database, SqlStore, open_sql
from octi.store.statements import BAD, Explain
from octi.store.writer import WriterLimits
from octi.vitals import Upkeep

PREFIX = "sqlite://"
READING = "octi_reading"  # `_begin` finds this execution option where only reads follow
IN_MEMORY = ":memory:"
READERS = 4
BUSY_TIMEOUT_S = 5.0  # how long a statement waits for another process's lock
PRAGMAS = (
    "journal_mode=WAL",  # readers and the writer do not wait for each other
    "synchronous=FULL",  # a commit is on the disk when it returns, power cut or not
    "foreign_keys=ON",
    "secure_delete=ON",  # what is purged is not in the file any more
)

ROWS_FAULT = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)

# By the beginning of SQLite's own name for an error. First match wins.
REMEDIES = (
    ("SQLITE_CONSTRAINT_FOREIGNKEY", "what belongs to a session needs its session, saved before or with it"),
    ("SQLITE_BUSY", "another program is writing to it; end that one, or give octi a file of its own"),
    ("SQLITE_READONLY", "let octi's user write to the file and its folder"),
    ("SQLITE_CANTOPEN", "let octi's user write to the folder, and see that the path is not a folder itself"),
    ("SQLITE_NOTADB", "name another file, octi makes it"),
    ("SQLITE_CORRUPT", "the file is damaged; put back a copy, or try `sqlite3 FILE .recover`"),
    ("SQLITE_FULL", "make room on the disk"),
    ("SQLITE_IOERR_SHMSIZE", "make room on the disk: there is none for the file that SQLite keeps beside it"),
    ("SQLITE_IOERR", "the disk failed; look at the system's log"),
)


def sqlite_path(url: str) -> Path | None:
    """The file that a URL means, absolute: `sqlite:///relative.db`, `sqlite:////absolute.db`.

    None for a database in memory: `sqlite://` or `sqlite:///:memory:`. Raises StoreFailed for any other form.
    """
    name = url.removeprefix(PREFIX).removeprefix("/")
    if url.removeprefix(PREFIX) == "" or name == IN_MEMORY:
        return None
    if not url.startswith(PREFIX + "/") or not name or "?" in name:
        raise StoreFailed(f"{url!r} names no file: sqlite:///relative.db or sqlite:////absolute.db, without options")
    return Path(name).absolute()


def explain(file: Path | None, error: Exception) -> StoreFailed:
    """SQLite's error with the file and the remedy. Never holds a row's content."""
    cause = getattr(error, "orig", None) or error
    name = "SQLITE_CANTOPEN" if isinstance(cause, OSError) else getattr(cause, "sqlite_errorname", "")
    remedy = next((f"; {words}" for prefix, words in REMEDIES if name.startswith(prefix)), "")
    again = isinstance(cause, OSError | MemoryError | sa.exc.SQLAlchemyError) or (
        isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, ROWS_FAULT)
    )
    return StoreFailed(f"{file or 'the database in memory'}: {cause}{remedy}", retryable=again)


def make_engine(file: Path | None, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sa.Engine:
    """An engine that opens its connections on demand. In memory there is one, so one thread may use it at a time."""
    pool: dict[str, Any] = {"pool_size": READERS + 1, "max_overflow": 0} if file else {"poolclass": sa.StaticPool}
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file or IN_MEMORY)),
        connect_args={"check_same_thread": False, "timeout": busy_timeout_s},  # the timeout is SQLite's busy_timeout
        hide_parameters=True,  # errors are logged, and what people said is not for the log
        **pool,
    )
    sa.event.listen(engine, "connect", _tune)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _tune(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """Begin; for writing with the lock at once, since a transaction that turns into a writer later may be refused."""
    reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def prepare(engine: sa.Engine, file: Path | None, explained: Explain) -> None:
    """See that the file can be used, and bring it to this version's schema. Blocks. Raises StoreFailed."""
    with ExitStack() as undoing:
        undoing.callback(engine.dispose)
        try:
            _check_folder(file)
            if not is_current(engine):
                from octi.store.migrations import upgrade  # noqa: PLC0415  (Alembic: only where there is something to do)

                upgrade(engine)
        except (*BAD, OSError) as error:
            raise explained(error) from error
        undoing.pop_all()


def _check_folder(file: Path | None) -> None:
    if file and not file.parent.is_dir():
        raise StoreFailed(f"{file}: there is no folder {file.parent}; make it, or name another file")


def scrub(engine: sa.Engine, explained: Explain) -> None:
    """Fold the log into the file and empty it: deleted rows are overwritten in the one, but not in the other. Blocks.

    Raises StoreFailed, also where somebody reads, and goes on reading, what was there before.
    """
    try:
        with closing(engine.raw_connection()) as connection:
            busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:  # the driver's own: SQLAlchemy would begin a transaction, in which this is not done
        raise explained(error) from error
    if busy:
        raise StoreFailed("what is deleted still stands in the log beside the file, for somebody reads it; try again")


@asynccontextmanager
async def open_sqlite(
    url: str,
    *,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    limits: WriterLimits | None = None,
    redact: Redact = unredacted,
    meter: Meter | None = None,
    upkeep: Upkeep | None = None,
) -> AsyncIterator[SqlStore]:
    """The store in a file (made if it is not there) or in memory; `sqlite_path` says how the URL is read.

    Raises StoreFailed, with the path and the remedy, for a file that cannot be used.
    """
    file = sqlite_path(url)
    engine, explained = make_engine(file, busy_timeout_s=busy_timeout_s), partial(explain, file)
    await trio.to_thread.run_sync(prepare, engine, file, explained)
    writing = trio.CapacityLimiter(1)
    database = Database(
        engine=engine,
        reading=engine.execution_options(**{READING: True}),
        explain=explained,
        writing=writing,
        readers=trio.CapacityLimiter(READERS) if file else writing,
        scrub=partial(scrub, engine, explained),
    )
    async with open_sql(database, limits=limits, redact=redact, meter=meter, upkeep=upkeep) as store:
        yield store
