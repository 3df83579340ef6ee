"""How rows are written to a database: replaced and numbered. Blocks, so it is called in threads; SQLAlchemy Core."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from secrets import token_hex
from typing import Any

import sqlalchemy as sa

from octi.errors import StoreFailed
from octi.records import Development, FunctionCall, Row, SecretRecord, SessionRecord, Turn, UsageRecord
from octi.store import tables
from octi.store.base import FORGOTTEN_S, Change
from octi.store.charging import charge
from octi.store.line import Outcome
from octi.store.storable import key_of
from octi.store.upserting import replace
from octi.units import SessionId

Explain = Callable[[Exception], StoreFailed]
"""A database's error as octi's own: what happened, where, and what mends it; never a row's content."""

BAD = (sa.exc.SQLAlchemyError, ValueError, OverflowError)  # what a driver raises, and what an unknown word does
PROBE = "probe"
PROBE_BYTES = 16_384  # twice as many digits, at random: a database may compress what repeats itself


def latest(rows: Iterable[Row]) -> list[Row]:
    """The last row under each key, in the order in which the keys first came."""
    return list({key_of(row): row for row in rows}.values())


def keep(connection: sa.Connection, rows: Iterable[Row]) -> None:
    """Write the rows in the connection's transaction: sessions before what needs them."""
    rows = latest(rows)
    _lock(connection, rows)
    secrets = [row for row in rows if isinstance(row, SecretRecord)]
    numbered = revised(connection, [row for row in rows if isinstance(row, Turn | Development)])
    replace(connection, tables.sessions, [tables.columns_of(row) for row in rows if isinstance(row, SessionRecord)])
    replace(connection, tables.turns, [_numbered(change) for change in numbered if isinstance(change.row, Turn)])
    replace(
        connection, tables.function_calls, [tables.columns_of(row) for row in rows if isinstance(row, FunctionCall)]
    )
    usages = [row for row in rows if isinstance(row, UsageRecord)]
    charge(connection, usages)
    replace(connection, tables.usages, [tables.columns_of(row) for row in usages])
    developments = [_numbered(change) for change in numbered if isinstance(change.row, Development)]
    replace(connection, tables.developments, developments)
    replace(connection, tables.secrets, [tables.columns_of(row) for row in secrets])
    _forget(connection, secrets)


def _lock(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Have the rows' sessions for this transaction alone. On SQLite one that writes has the whole database.

    In one order, so that no two transactions wait for each other. A session that is not there yet nobody else knows.
    """
    if connection.dialect.name != "sqlite":
        touched = {row.id if isinstance(row, SessionRecord) else row.session for row in rows}
        ids = tables.sessions.c.id
        connection.execute(sa.select(ids).where(ids.in_(touched - {None})).order_by(ids).with_for_update()).all()


def _numbered(change: Change) -> dict[str, object]:
    return {**tables.columns_of(change.row), "revision": change.revision}


def _forget(connection: sa.Connection, made: Sequence[SecretRecord]) -> None:
    """Delete the secrets that expired long before the newest of these was made."""
    if made:
        before = max(secret.created_at for secret in made) - FORGOTTEN_S
        connection.execute(sa.delete(tables.secrets).where(tables.secrets.c.expires_at < before))


def revised(connection: sa.Connection, rows: Sequence[Turn | Development]) -> list[Change]:
    """The rows, each with the next revision of its session: turns and developments are counted together.

    Nobody else can give the same ones: see `_lock`.
    """
    last = last_revisions(connection, {row.session for row in rows}) if rows else {}
    changes = []
    for row in rows:
        last[row.session] = last.get(row.session, 0) + 1
        changes.append(Change(last[row.session], row))
    return changes


def last_revisions(connection: sa.Connection, sessions: Iterable[SessionId]) -> dict[SessionId, int]:
    """The highest revision of each session that is stored; 0 where it has neither turns nor developments."""
    rows = connection.execute(_last_revisions(), {"asked": list(sessions)})
    return {SessionId(session): max(turns or 0, developments or 0) for session, turns, developments in rows}


@cache
def _last_revisions() -> sa.Select[Any]:
    """Each is the end of an index, however long the session is: grouping would read all of it."""
    session = tables.sessions.c.id
    ends = (
        sa.select(sa.func.max(columns.revision)).where(columns.session == session).scalar_subquery()
        for columns in (tables.turns.c, tables.developments.c)
    )
    return sa.select(session, *ends).where(session.in_(sa.bindparam("asked", expanding=True)))


def write_groups(engine: sa.Engine, explain: Explain, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
    """Keep the groups in one transaction. Blocks; waits for the database's lock twice at most.

    If a row is at fault, the others are kept without its group. If the database is (locked, full, gone), all fail.
    """
    try:
        with engine.begin() as connection:
            keep(connection, [row for group in groups for row in group])
    except Exception as error:  # whatever an odd row does to a driver, it must cost nobody else's
        failure = explain(error)
        if failure.retryable or len(groups) == 1:
            return [failure for _ in groups]
        return _one_by_one(engine, explain, groups)
    return [None] * len(groups)


def _one_by_one(engine: sa.Engine, explain: Explain, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
    """Each group behind a savepoint of its own, still in one transaction: as durable, and hardly slower."""
    try:
        with engine.begin() as connection:
            return [_keep_apart(connection, explain, group) for group in groups]
    except Exception as error:  # as above
        return [explain(error) for _ in groups]


def _keep_apart(connection: sa.Connection, explain: Explain, rows: Sequence[Row]) -> Outcome:
    try:
        with connection.begin_nested():
            keep(connection, rows)
    except Exception as error:  # as above
        if (failure := explain(error)).retryable:
            raise  # the transaction itself may be gone, and with it every savepoint
        return failure
    return None


def probe(engine: sa.Engine, explain: Explain) -> Outcome:
    """Write a row as large as a busy transaction, and delete it. Blocks.

    It is a secret that opens nothing: no digest is spelled so. Two transactions, for a disk may be found full only when
    one is committed. If the second fails, the row is there until the next probe.
    """
    filler = SecretRecord(digest=PROBE, session=None, config=token_hex(PROBE_BYTES), created_at=0.0, expires_at=0.0)
    try:
        with engine.begin() as connection:
            keep(connection, [filler])
        with engine.begin() as connection:
            connection.execute(sa.delete(tables.secrets).where(tables.secrets.c.digest == PROBE))
    except BAD as error:
        return explain(error)
    return None
