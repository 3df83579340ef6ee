"""A PostgreSQL for tests: a schema of its own for each, dropped afterwards, so that runs side by side do not collide.

`OCTI_TEST_POSTGRES` names the database. Without one the tests are skipped; where CI is set they fail instead.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

import pytest

ADDRESS = os.environ.get("OCTI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
LEFT_S = 30.0


@cache
def absence() -> str:
    """Why there is no database; "" if there is one."""
    try:
        import psycopg  # noqa: PLC0415  (an extra: the other tests run without)

        psycopg.connect(ADDRESS, connect_timeout=3).close()
    except (ImportError, psycopg.Error) as error:
        return f"no PostgreSQL at OCTI_TEST_POSTGRES: {type(error).__name__}"
    return ""


def execute(statement: str, url: str = ADDRESS) -> None:
    """Run one statement in the tests' database."""
    import psycopg  # noqa: PLC0415  (as above)

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def fresh_schema() -> Iterator[str]:
    """The URL of an empty schema."""
    if why := absence():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    name = f"octi_test_{uuid4().hex}"
    execute(f"CREATE SCHEMA {name}")
    try:
        yield within(ADDRESS, name)
    finally:
        execute(f"DROP SCHEMA {name} CASCADE")


def emptied() -> str:
    """The statement that empties a schema of octi's, whatever tables it has by now."""
    return (
        "DO $$ DECLARE names text; BEGIN SELECT string_agg(format('%I', tablename), ', ') INTO names FROM pg_tables "
        "WHERE schemaname = current_schema() AND tablename <> 'octi_schema'; "
        "IF names IS NOT NULL THEN EXECUTE 'TRUNCATE ' || names; END IF; END $$"
    )


def within(url: str, schema: str) -> str:
    """The same database, where a schema is the only one; who connects bears its name."""
    return f"{url}{'&' if '?' in url else '?'}application_name={schema}&options=-csearch_path%3D{schema}"


def wait_until_left(url: str) -> None:
    """Return when nobody is connected to a schema: the server still does what a process told it that was killed."""
    import psycopg  # noqa: PLC0415  (as above)

    (name,) = re.findall(r"application_name=(\w+)", url)
    until = time.monotonic() + LEFT_S
    with psycopg.connect(ADDRESS, autocommit=True) as connection:
        while connection.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s", [name]).fetchone():
            assert time.monotonic() < until, f"somebody is still connected to {name}"
            time.sleep(0.01)
