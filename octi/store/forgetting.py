"""How sessions are deleted, and all that belongs to them. Blocks, so it is called in threads; SQLAlchemy Core."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from octi.records import DevelopmentKind, SessionState
from octi.store import tables
from octi.store.base import Forgetting
from octi.store.statements import last_revisions
from octi.store.storable import storable_text
from octi.units import SessionId


def forget(connection: sa.Connection, what: Forgetting) -> Mapping[str, int]:
    """Delete, or only count, in the connection's transaction; how many rows of each table."""
    ids = _going(connection, what)
    counted, last = {}, last_revisions(connection, ids)
    for table, condition in _conditions(what.profiles_only, ids):
        if count := connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition)):
            counted[table.name] = count
        if not what.dry_run:
            connection.execute(sa.delete(table).where(condition))
    if what.profiles_only and not what.dry_run:
        _hand_on(connection, last)
    return counted


def _hand_on(connection: sa.Connection, last: Mapping[SessionId, int]) -> None:
    """A session's highest revision goes to the last row that stays: given anew, readers who saw it would miss a row."""
    for session, highest in last_revisions(connection, last).items():
        for table in (tables.turns, tables.developments):
            mine = (table.c.session == session) & (table.c.revision == highest)
            connection.execute(sa.update(table).where(mine).values(revision=last[session]))


def _going(connection: sa.Connection, what: Forgetting) -> list[SessionId]:
    """Those that are there and may go. They are locked, so that none becomes live meanwhile."""
    columns = tables.sessions.c
    query = sa.select(columns.id).where(columns.id.in_([storable_text(name) for name in what.sessions]))
    if not what.live:
        query = query.where(columns.state != SessionState.LIVE.value)
    return list(connection.scalars(query.order_by(columns.id).with_for_update()))


def _conditions(profiles_only: bool, ids: Sequence[SessionId]) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """What goes from which table: those that refer to sessions first, whichever there are."""
    if profiles_only:
        columns = tables.developments.c
        yield tables.developments, columns.session.in_(ids) & (columns.kind == DevelopmentKind.PROFILE.value)
        return
    for table in reversed(tables.metadata.sorted_tables):
        for key in table.foreign_keys:
            if key.column is tables.sessions.c.id:
                yield table, key.parent.in_(ids)
    yield tables.sessions, tables.sessions.c.id.in_(ids)
