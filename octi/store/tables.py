"""The schema, for SQLite and PostgreSQL alike, and the way between its rows and octi's records."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import sqlalchemy as sa

from octi.records import (
    CallStatus,
    Development,
    DevelopmentKind,
    Extraction,
    FunctionCall,
    Role,
    Row,
    SecretRecord,
    SessionRecord,
    SessionState,
    Transcription,
    Turn,
    UsageKind,
    UsageRecord,
)
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

# Enums and JSON are text, not types of a database: a new word is then no migration. Defaults are for an older octi that
# still writes while a newer one starts.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("door", sa.Text, nullable=False),
    sa.Column("upstream", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("voice", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("config", sa.Text, nullable=False, server_default="{}"),
    sa.Column("extraction", sa.Text, nullable=False, server_default=Extraction.REQUEST.value),
    sa.Column("schema", sa.Text, nullable=False, server_default=""),
    sa.Column("call_id", sa.Text),
    sa.Column("usage", sa.Text, nullable=False, server_default="{}"),
    sa.Column("resumable", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("tenant", sa.Text, nullable=False, server_default=""),
    sa.Column("key", sa.Text, nullable=False, server_default=""),
    sa.Column("user", sa.Text, nullable=False, server_default=""),
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
    sa.Column("said_at", sa.Double),
    sa.Column("generated", sa.Text),
    sa.Column("sent", sa.Text),
    sa.Column("transcription", sa.Text),
    # Given by `statements.keep`, as a development's: the two share a session's numbers.
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index(None, "session", "position"),
    sa.Index(None, "session", "revision"),
)

function_calls = sa.Table(
    "function_calls",
    metadata,
    sa.Column("session", sa.ForeignKey(sessions.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("item", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("turns_before", sa.BigInteger, nullable=False),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("arguments", sa.Text, nullable=False),
    sa.Column("output", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("response", sa.Text),
    sa.Column("own", sa.Boolean, nullable=False),
    sa.Column("cut", sa.Boolean, nullable=False),
    sa.Column("called_at", sa.Double),
)

usages = sa.Table(
    "usages",
    metadata,
    sa.Column("session", sa.ForeignKey(sessions.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("out_of_band", sa.Boolean, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("usage", sa.Text, nullable=False),
    sa.Column("output", sa.Text, nullable=False),
    sa.Column("counted_at", sa.Double),
    sa.Column("cost", sa.Text, nullable=False, server_default=""),
)

# What was spent in a day, in exact decimals. No session is named: it outlives those that are purged.
spendings = sa.Table(
    "spendings",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("whose", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, primary_key=True),
    sa.Column("figure", sa.Text, primary_key=True),
    sa.Column("amount", sa.Text, nullable=False),
)

developments = sa.Table(
    "developments",
    metadata,
    sa.Column("session", sa.ForeignKey(sessions.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Index(None, "session", "revision"),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("session", sa.ForeignKey(sessions.c.id, ondelete="CASCADE")),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text, nullable=False, server_default=""),
    sa.Column("key", sa.Text, nullable=False, server_default=""),
    sa.Column("user", sa.Text, nullable=False, server_default=""),
    sa.Column("origin", sa.Text, nullable=False, server_default=""),
    sa.Column("once", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("used_at", sa.Double),
    sa.Column("revoked_at", sa.Double),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Index(None, "expires_at"),  # those that are forgotten
)


def columns_of(row: Row) -> dict[str, object]:
    """The row as column values: its fields, with enums as their plain text. A revision is not among them."""
    return {name: value.value if isinstance(value, Enum) else value for name, value in values_of(row).items()}


def session_of(columns: Mapping[str, Any]) -> SessionRecord:
    """The session that a row of `sessions` holds. Raises ValueError for a state that octi does not know."""
    state, extraction = SessionState(columns["state"]), Extraction(columns["extraction"])
    return SessionRecord(**{**columns, "state": state, "extraction": extraction})


def turn_of(columns: Mapping[str, Any]) -> Turn:
    """The turn that a row of `turns` holds. Raises ValueError for a word that octi does not know."""
    became = columns["transcription"]
    transcription = None if became is None else Transcription(became)
    return Turn(**{**_without_revision(columns), "role": Role(columns["role"]), "transcription": transcription})


def function_call_of(columns: Mapping[str, Any]) -> FunctionCall:
    """The call that a row of `function_calls` holds. Raises ValueError for a status that octi does not know."""
    return FunctionCall(**{**columns, "status": CallStatus(columns["status"])})


def usage_of(columns: Mapping[str, Any]) -> UsageRecord:
    """What a row of `usages` holds. Raises ValueError for a kind that octi does not know."""
    return UsageRecord(**{**columns, "kind": UsageKind(columns["kind"])})


def development_of(columns: Mapping[str, Any]) -> Development:
    """The development that a row of `developments` holds. Raises ValueError for a kind that octi does not know."""
    return Development(**{**_without_revision(columns), "kind": DevelopmentKind(columns["kind"])})


def secret_of(columns: Mapping[str, Any]) -> SecretRecord:
    """The client secret that a row of `secrets` holds."""
    return SecretRecord(**columns)


def revision_of(columns: Mapping[str, Any]) -> int:
    """The revision in a row of `turns` or `developments`."""
    revision: int = columns[turns.c.revision.name]
    return revision


def _without_revision(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name != turns.c.revision.name}
