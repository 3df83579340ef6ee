"""What octi asks a database. Blocks, so it is called in threads; SQLAlchemy Core."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from octi.accounts import Account, Amounts
from octi.records import Development, FunctionCall, SecretRecord, SessionRecord, SessionState, Turn, UsageRecord
from octi.store import tables
from octi.store.base import Change, Found, Place, by_time
from octi.store.charging import read_amounts
from octi.store.searching import LOOKED_THROUGH, NAMES, spellings
from octi.units import SessionId


def read_session(session_id: SessionId, connection: sa.Connection) -> SessionRecord | None:
    """One session, or None."""
    query = sa.select(tables.sessions).where(tables.sessions.c.id == session_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else tables.session_of(row._asdict())


def read_sessions(connection: sa.Connection) -> list[SessionRecord]:
    """All sessions, oldest first."""
    query = sa.select(tables.sessions).order_by(tables.sessions.c.created_at, tables.sessions.c.id)
    return [tables.session_of(row._asdict()) for row in connection.execute(query)]


def read_page(
    most: int, before: Place | None, state: SessionState | None, tenant: str | None, connection: sa.Connection
) -> list[SessionRecord]:
    """At most so many sessions, newest first, older than a place, in a state, of a tenant."""
    query = _newest(before, state, tenant).limit(most)
    return [tables.session_of(row._asdict()) for row in connection.execute(query)]


def read_found(
    words: str,
    most: int,
    before: Place | None,
    state: SessionState | None,
    tenant: str | None,
    connection: sa.Connection,
) -> Found:
    """At most so many of those sessions in which words stand, and where the search stopped. See `Store.search`."""
    among = _newest(before, state, tenant).limit(LOOKED_THROUGH).subquery("among")
    newest, said = (among.c.created_at.desc(), among.c.id.desc()), tables.turns.c
    spoken = sa.exists().where(said.session == among.c.id, _contains(said.text, words)).correlate(among)
    named = [_contains(among.c[name], words) for name in NAMES]
    query = sa.select(among).where(sa.or_(*named, spoken)).order_by(*newest).limit(most)
    found = [tables.session_of(row._asdict()) for row in connection.execute(query)]
    if len(found) == most:
        return Found(found, Place(found[-1].created_at, found[-1].id))
    last = sa.select(among.c.created_at, among.c.id).order_by(*newest).offset(LOOKED_THROUGH - 1).limit(1)
    row = connection.execute(last).one_or_none()
    return Found(found, None if row is None else Place(row.created_at, SessionId(row.id)))


def _newest(before: Place | None, state: SessionState | None, tenant: str | None) -> sa.Select[Any]:
    columns = tables.sessions.c
    query = sa.select(tables.sessions).order_by(columns.created_at.desc(), columns.id.desc())
    if state is not None:
        query = query.where(columns.state == state.value)
    if tenant is not None:
        query = query.where(columns.tenant == tenant)
    if before is not None:
        place = sa.tuple_(sa.literal(before.created_at, sa.Double), sa.literal(before.id, sa.Text))
        query = query.where(sa.tuple_(columns.created_at, columns.id) < place)
    return query


def _contains(column: sa.ColumnElement[str], words: str) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.icontains(each, autoescape=True) for each in spellings(words)))


def read_turns(session_id: SessionId, connection: sa.Connection) -> list[Turn]:
    """A session's turns by position."""
    mine = tables.turns.c.session == session_id
    query = sa.select(tables.turns).where(mine).order_by(tables.turns.c.position, tables.turns.c.item)
    return [tables.turn_of(row._asdict()) for row in connection.execute(query)]


def read_function_calls(session_id: SessionId, connection: sa.Connection) -> list[FunctionCall]:
    """A session's calls by position."""
    columns = tables.function_calls.c
    query = sa.select(tables.function_calls).where(columns.session == session_id)
    rows = connection.execute(query.order_by(columns.position, columns.item))
    return [tables.function_call_of(row._asdict()) for row in rows]


def read_usages(session_id: SessionId, connection: sa.Connection) -> list[UsageRecord]:
    """What was counted in a session, by when octi knew of it."""
    columns = tables.usages.c
    query = sa.select(tables.usages).where(columns.session == session_id)
    rows = [tables.usage_of(row._asdict()) for row in connection.execute(query)]
    return sorted(rows, key=by_time)


def read_spendings(accounts: Sequence[Account], connection: sa.Connection) -> Amounts:
    """What stands in accounts, those included that nothing was charged to."""
    return {account: Decimal(0) for account in accounts} | read_amounts(connection, accounts)


def read_changes(session_id: SessionId, after: int, connection: sa.Connection) -> list[Change]:
    """A session's turns and developments after a revision, by revision.

    Two questions, so both in one transaction that sees the database as it was at the first: on SQLite every
    transaction does (a deferred one from its first read on); elsewhere it must be asked for (REPEATABLE READ).
    """
    said = _rows_after(tables.turns, session_id, after, connection)
    came = _rows_after(tables.developments, session_id, after, connection)
    changes = [Change(tables.revision_of(row), tables.turn_of(row)) for row in said]
    changes += [Change(tables.revision_of(row), tables.development_of(row)) for row in came]
    return sorted(changes, key=lambda change: change.revision)


def read_developments(session_id: SessionId, connection: sa.Connection) -> list[Development]:
    """A session's developments by revision."""
    return [tables.development_of(row) for row in _rows_after(tables.developments, session_id, -1, connection)]


def _rows_after(table: sa.Table, session_id: SessionId, after: int, connection: sa.Connection) -> list[dict[str, Any]]:
    query = sa.select(table).where(table.c.session == session_id, table.c.revision > after).order_by(table.c.revision)
    return [row._asdict() for row in connection.execute(query)]


def read_secret(digest: str, connection: sa.Connection) -> SecretRecord | None:
    """The client secret of a digest, or None."""
    row = connection.execute(sa.select(tables.secrets).where(tables.secrets.c.digest == digest)).one_or_none()
    return None if row is None else tables.secret_of(row._asdict())


def read_anything(connection: sa.Connection) -> None:
    """Touch the database itself; a `SELECT 1` would be answered without looking at it."""
    connection.execute(sa.select(tables.sessions.c.id).limit(1)).all()
