"""How client secrets are used up and revoked in a database; what every store promises of it is in tests/contract."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from octi.records import SecretRecord
from octi.store import secrets, tables
from octi.store.statements import keep

MADE = SecretRecord(digest="a", session=None, config="{}", once=True, created_at=1.0, expires_at=10.0)


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as opened:
        tables.metadata.create_all(opened)
        keep(opened, [MADE])
        yield opened
    engine.dispose()


def test_a_secret_is_used_in_one_statement(connection: sa.Connection) -> None:
    """Which finds it unused and makes it used: nobody comes between."""
    said: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *args: said.append(args[2]))
    assert secrets.use("a", 5.0, connection)
    assert not secrets.use("a", 5.0, connection)
    assert [each.split()[0] for each in said] == ["UPDATE", "UPDATE"]


def test_nothing_is_revoked_without_a_name(connection: sa.Connection) -> None:
    assert secrets.revoke({}, 5.0, connection) == 0
    assert secrets.revoke({"digest": "a"}, 5.0, connection) == 1
