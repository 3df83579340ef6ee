"""Which schema a database has, asked without Alembic: to load that takes longer than to open the store."""

from pathlib import Path

import sqlalchemy as sa

VERSION_TABLE = "octi_schema"  # not Alembic's usual name: in PostgreSQL a neighbour may use that
STEPS = Path(__file__).parent / "migrations" / "versions"  # r0001_….py and so on: a step's number is in its name


def newest() -> str:
    """This version's schema."""
    return max(file.name for file in STEPS.glob("r*.py"))[1:5]


def is_current(engine: sa.Engine) -> bool:
    """Is the database of this version's schema? Blocks, with SQLite's lock for who writes.

    Raises what SQLAlchemy does for a database that cannot be used.
    """
    with engine.connect() as connection, connection.begin():
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return False
        seen = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()
    return list(seen) == [newest()]
