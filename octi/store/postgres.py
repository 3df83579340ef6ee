"""The store in PostgreSQL: for more sessions than one disk should hold, and for several octis at once."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any

import attrs
import psycopg
import sqlalchemy as sa
import trio

from octi.errors import StoreFailed
from octi.observe.base import Meter
from octi.store.base import Redact, unredacted
from octi.store.postgres_errors import explain
from octi.store.schema import is_current
from octi.store.sql import Database, SqlStore, open_sql
from octi.store.statements import BAD, Explain
from octi.store.writer import WriterLimits
from octi.vitals import Upkeep

DRIVER = "postgresql+psycopg"
READERS = 4
FORM = "postgresql://user:password@host:5432/database"


@attrs.frozen(kw_only=True)
class Patience:
    """How long a database is waited for, in seconds. The server ends a statement; octi, a server that is silent."""

    connect_s: float = 5.0
    statement_s: float = 10.0
    pool_s: float = 5.0

    @property
    def answer_s(self) -> float:
        """When the server should have ended the statement, and have said so."""
        return self.statement_s + 2.0


UPGRADING = Patience(statement_s=120.0)  # another octi may be at it; and a large table takes its time


def postgres_url(url: str) -> sa.URL:
    """The URL as SQLAlchemy takes it, for psycopg. Raises StoreFailed, without the URL: there is a password in it."""
    _, _, rest = url.partition("://")
    try:
        read = sa.make_url(f"{DRIVER}://{rest}")
    except (sa.exc.ArgumentError, ValueError):
        read = None
    if read is None or "@" in (read.host or "") or "password" in read.query:
        raise StoreFailed(f"its URL cannot be read; write {FORM}, with %40 for an @ in the password")
    return read


def place(url: sa.URL) -> str:
    """The database, for people: without user and password."""
    return f"PostgreSQL {url.database or 'database'} at {url.host or 'the local socket'}:{url.port or 5432}"


def make_engine(url: sa.URL, patience: Patience) -> sa.Engine:
    """An engine that opens its connections on demand: one for the writer, the others for readers."""
    engine = sa.create_engine(
        url.difference_update_query(["options"]),
        connect_args=connect_args(url, patience),
        pool_size=READERS + 1,
        max_overflow=0,
        pool_timeout=patience.pool_s,
        pool_pre_ping=True,  # a connection that was cut while it was idle is replaced, and nobody notices
        hide_parameters=True,  # errors are logged, and what people said is not for the log
    )
    sa.event.listen(engine, "do_connect", partial(_connect, patience.answer_s))
    return engine


def connect_args(url: sa.URL, patience: Patience) -> dict[str, Any]:
    """What psycopg is told besides the URL. The URL's own options come last, and so they win."""
    own = {
        "statement_timeout": f"{patience.statement_s * 1000:.0f}",
        "lock_timeout": f"{patience.statement_s * 1000:.0f}",
        "idle_in_transaction_session_timeout": "60000",  # an octi that hangs holds no locks for ever
    }
    asked = url.query.get("options", "")
    options = [f"-c {name}={value}" for name, value in own.items()]
    return {
        "connect_timeout": max(2, round(patience.connect_s)),  # libpq knows no less
        "application_name": f"octi {socket.gethostname()}",
        "tcp_user_timeout": round(patience.answer_s * 1000),
        "keepalives_idle": 30,
        "client_encoding": "utf8",  # a database without an encoding (SQL_ASCII) would give bytes instead of text
        "options": " ".join([*options, *([asked] if isinstance(asked, str) else asked)]),
    } | {name: value for name, value in url.query.items() if name in {"connect_timeout", "application_name"}}


class Connection(psycopg.Connection[Any]):
    """A connection that waits for no answer longer than it may: a server can fall silent and keep its socket open."""

    answer_s = Patience().answer_s

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """See psycopg. Raises OperationalError after `answer_s`; the connection is closed then."""
        limit = self.answer_s if timeout is None else timeout
        silent_at = monotonic() + limit
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if monotonic() < silent_at:
                raise
            self.pgconn.finish()  # what it waited for may come yet, and would be taken for another answer
            raise psycopg.OperationalError(f"no answer within {limit:g} s") from None


def _connect(answer_s: float, _dialect: object, _record: object, args: list[Any], named: dict[str, Any]) -> Connection:
    """SQLAlchemy's hook in place of the driver's `connect`."""
    connection = Connection.connect(*args, **named)
    connection.answer_s = answer_s
    return connection


def prepare(url: sa.URL, explained: Explain) -> None:
    """See that the database can be used, and bring it to this version's schema. Blocks. Raises StoreFailed."""
    engine = make_engine(url, UPGRADING)
    try:
        with engine.connect() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise StoreFailed(f"{place(url)}: it holds {encoding}; make one WITH ENCODING 'UTF8' TEMPLATE template0")
        if not is_current(engine):
            from octi.store.migrations import upgrade  # noqa: PLC0415  (Alembic: only where there is something to do)

            upgrade(engine)
    except BAD as error:
        raise explained(error) from error
    finally:
        engine.dispose()


@asynccontextmanager
async def open_postgres(
    url: str,
    *,
    patience: Patience | None = None,
    limits: WriterLimits | None = None,
    redact: Redact = unredacted,
    meter: Meter | None = None,
    upkeep: Upkeep | None = None,
) -> AsyncIterator[SqlStore]:
    """The store in a database that is there; its tables are made. The database's user needs to be allowed to.

    Raises StoreFailed, with the place and the remedy, for a database that cannot be used.
    """
    address = postgres_url(url)
    explained = partial(explain, place(address))
    await trio.to_thread.run_sync(prepare, address, explained, abandon_on_cancel=True)
    engine = make_engine(address, patience or Patience())
    database = Database(
        engine=engine,
        reading=engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        explain=explained,
        readers=trio.CapacityLimiter(READERS),
    )
    async with open_sql(database, limits=limits, redact=redact, meter=meter, upkeep=upkeep) as store:
        yield store
