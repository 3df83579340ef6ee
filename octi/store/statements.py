"""What octi says to a database: replace these rows, read those. Blocks, so it is called in threads; SQLAlchemy Core."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from octi.errors import StoreFailed
from octi.records import Row, SessionRecord, SessionState, Turn
from octi.store import tables
from octi.store.base import Change, Place
from octi.store.writer import Outcome
from octi.units import SessionId

Explain = Callable[[Exception], StoreFailed]
"""A database's error as octi's own: what happened, where, and what mends it; never a row's content."""

BAD = (sa.exc.SQLAlchemyError, ValueError, OverflowError)  # what a driver raises, and what an unknown word does
INSERTS: Mapping[str, Callable[[sa.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(table: sa.Table, dialect: str) -> sa.Insert:
    """An insert that replaces the row of the same key, in place: nothing that refers to it is deleted."""
    insert = INSERTS[dialect](table)
    keys = table.primary_key.columns
    others = {column.name: insert.excluded[column.name] for column in table.columns if column not in set(keys)}
    statement: sa.Insert = insert.on_conflict_do_update(index_elements=list(keys), set_=others)
    return statement


def latest(rows: Iterable[Row]) -> list[Row]:
    """The last row under each key, in the order in which the keys first came."""
    return list({_key(row): row for row in rows}.values())


def _key(row: Row) -> tuple[str, ...]:
    return (row.id,) if isinstance(row, SessionRecord) else (row.session, row.item)


def keep(connection: sa.Connection, rows: Iterable[Row]) -> None:
    """Write the rows in the connection's transaction: sessions before turns, for a turn needs its session."""
    rows = latest(rows)
    if sessions := [tables.columns_of(row) for row in rows if isinstance(row, SessionRecord)]:
        connection.execute(upsert(tables.sessions, connection.dialect.name), sessions)
    if turns := [row for row in rows if isinstance(row, Turn)]:
        connection.execute(upsert(tables.turns, connection.dialect.name), revised(connection, turns))


def revised(connection: sa.Connection, turns: Sequence[Turn]) -> list[dict[str, object]]:
    """The turns as column values, each with the next revision of its session.

    Nobody else can give the same ones: on SQLite a transaction that writes has the database to itself.
    """
    last = last_revisions(connection, {turn.session for turn in turns})
    values = []
    for turn in turns:
        last[turn.session] = last.get(turn.session, 0) + 1
        values.append({**tables.columns_of(turn), "revision": last[turn.session]})
    return values


def last_revisions(connection: sa.Connection, sessions: Iterable[SessionId]) -> dict[SessionId, int]:
    """The highest revision of each session that has turns."""
    columns = tables.turns.c
    query = sa.select(columns.session, sa.func.max(columns.revision).label("revision")).group_by(columns.session)
    found = connection.execute(query.where(columns.session.in_(list(sessions))))
    return {row.session: row.revision for row in found}


def write_groups(engine: sa.Engine, explain: Explain, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
    """Keep the groups in one transaction. Blocks; waits for the database's lock twice at most.

    If a row is at fault, the others are kept without its group. If the database is (locked, full, gone), all fail.
    """
    try:
        with engine.begin() as connection:
            keep(connection, [row for group in groups for row in group])
    except sa.exc.OperationalError as error:
        return [explain(error) for _ in groups]
    except BAD as error:
        return [explain(error)] if len(groups) == 1 else _one_by_one(engine, explain, groups)
    return [None] * len(groups)


def _one_by_one(engine: sa.Engine, explain: Explain, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
    """Each group behind a savepoint of its own, still in one transaction: as durable, and hardly slower."""
    try:
        with engine.begin() as connection:
            return [_keep_apart(connection, explain, group) for group in groups]
    except BAD as error:
        return [explain(error) for _ in groups]


def _keep_apart(connection: sa.Connection, explain: Explain, rows: Sequence[Row]) -> Outcome:
    try:
        with connection.begin_nested():
            keep(connection, rows)
    except sa.exc.OperationalError:
        raise  # the transaction itself may be gone, and with it every savepoint
    except BAD as error:
        return explain(error)
    return None


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
    most: int, before: Place | None, state: SessionState | None, connection: sa.Connection
) -> list[SessionRecord]:
    """At most so many sessions, newest first, older than a place, in a state."""
    columns = tables.sessions.c
    query = sa.select(tables.sessions).order_by(columns.created_at.desc(), columns.id.desc()).limit(most)
    if state is not None:
        query = query.where(columns.state == state.value)
    if before is not None:
        place = sa.tuple_(sa.literal(before.created_at, sa.Double), sa.literal(before.id, sa.Text))
        query = query.where(sa.tuple_(columns.created_at, columns.id) < place)
    return [tables.session_of(row._asdict()) for row in connection.execute(query)]


def read_turns(session_id: SessionId, connection: sa.Connection) -> list[Turn]:
    """A session's turns by position."""
    mine = tables.turns.c.session == session_id
    query = sa.select(tables.turns).where(mine).order_by(tables.turns.c.position, tables.turns.c.item)
    return [tables.turn_of(row._asdict()) for row in connection.execute(query)]


def read_changes(session_id: SessionId, after: int, connection: sa.Connection) -> list[Change]:
    """A session's turns after a revision, by revision."""
    columns = tables.turns.c
    query = sa.select(tables.turns).where(columns.session == session_id, columns.revision > after)
    return [tables.change_of(row._asdict()) for row in connection.execute(query.order_by(columns.revision))]


def read_anything(connection: sa.Connection) -> None:
    """Touch the database itself; a `SELECT 1` would be answered without looking at it."""
    connection.execute(sa.select(tables.sessions.c.id).limit(1)).all()
