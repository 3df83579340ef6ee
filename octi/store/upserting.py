"""Rows written in place of those of the same key, on either database. Blocks; SQLAlchemy Core."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

Values = Sequence[Mapping[str, object]]


def inserting(dialect: str) -> Callable[[sa.Table], Any]:
    """A database's own insert."""
    if dialect == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  (who has a file starts without)

    return postgresql.insert


@cache  # making one costs as much as running it
def upsert(table: sa.Table, dialect: str) -> sa.Insert:
    """An insert that replaces the row of the same key, in place: nothing that refers to it is deleted."""
    insert = inserting(dialect)(table)
    keys = table.primary_key.columns
    others = {column.name: insert.excluded[column.name] for column in table.columns if column not in set(keys)}
    statement: sa.Insert = insert.on_conflict_do_update(index_elements=list(keys), set_=others)
    return statement


def replace(connection: sa.Connection, table: sa.Table, values: Values) -> None:
    """Write rows over those that have their keys."""
    if values:
        connection.execute(upsert(table, connection.dialect.name), list(values))


def see_that_there_are(connection: sa.Connection, table: sa.Table, values: Values) -> None:
    """Write rows whose keys are not there yet; on PostgreSQL another transaction that does so is waited for."""
    if values:
        connection.execute(inserting(connection.dialect.name)(table).on_conflict_do_nothing(), list(values))
