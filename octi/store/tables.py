"""The schema, for SQLite and PostgreSQL alike, and the way between its rows and octi's records."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from octi.records import Role, Row, SessionRecord, SessionState, Turn
from octi.store.base import Change
from octi.store.storable import values_of

# Constraints have names of our own, so that a later migration can speak of them on every database.
metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
    }
)

# States and roles are text, not database enums: a new one is then no migration.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("door", sa.Text, nullable=False),
    sa.Column("upstream", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("voice", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),  # seconds since 1970, UTC
    sa.Column("ended_at", sa.Double),
    sa.Column("ended_by", sa.Text),
    sa.Column("end_reason", sa.Text),
    sa.Index(None, "created_at", "id"),  # the order in which they are listed
)

# Positions are not unique: words that come late move their neighbours, and rows are replaced one after another.
turns = sa.Table(
    "turns",
    metadata,
    sa.Column("session", sa.ForeignKey(sessions.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("item", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("interrupted", sa.Boolean, nullable=False),
    # Given by `statements.keep`. The default is for an older octi that still writes while a newer one starts.
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index(None, "session", "position"),
    sa.Index(None, "session", "revision"),
)


def columns_of(row: Row) -> dict[str, object]:
    """The row as column values: its fields, with enums as their plain text. A turn's revision is not among them."""
    match row:
        case SessionRecord():
            return {**values_of(row), "state": row.state.value}
        case Turn():
            return {**values_of(row), "role": row.role.value}


def session_of(columns: Mapping[str, Any]) -> SessionRecord:
    """The session that a row of `sessions` holds. Raises ValueError for a state that octi does not know."""
    return SessionRecord(**{**columns, "state": SessionState(columns["state"])})


def turn_of(columns: Mapping[str, Any]) -> Turn:
    """The turn that a row of `turns` holds. Raises ValueError for a role that octi does not know."""
    said = {name: value for name, value in columns.items() if name != turns.c.revision.name}
    return Turn(**{**said, "role": Role(said["role"])})


def change_of(columns: Mapping[str, Any]) -> Change:
    """The turn that a row of `turns` holds, with its revision. Raises ValueError as `turn_of`."""
    return Change(columns[turns.c.revision.name], turn_of(columns))
