"""octi/store/reads.py: what is asked, found by indexes, at one moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from octi.errors import StoreFailed
from octi.records import Development, DevelopmentKind, Role, Row, SecretRecord, SessionRecord, Turn
from octi.store import tables
from octi.store.base import Change, Place
from octi.store.migrations import upgrade
from octi.store.reads import (
    read_anything,
    read_changes,
    read_developments,
    read_page,
    read_secret,
    read_session,
    read_sessions,
    read_turns,
)
from octi.store.sqlite import READING, make_engine
from octi.store.statements import write_groups
from octi.units import ItemId, Milliseconds, SessionId

S = SessionId("s")
SESSION = SessionRecord(id=S, door="d", upstream="u", model="m", voice="v", created_at=1.0)
SECRET = SecretRecord(digest="d", session=S, config="{}", created_at=1.0, expires_at=2.0)
ZERO = Milliseconds(0)
TURN = Turn(session=S, item=ItemId("i"), position=0, role=Role.USER, text="oui", start_ms=ZERO, end_ms=ZERO)
GAP = Development(session=S, id="g", kind=DevelopmentKind.GAP, at=1.0, body="{}")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = make_engine(tmp_path / "octi.db")
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """As a store reads: in a transaction that does not lock."""
    with engine.execution_options(**{READING: True}).connect() as opened:
        yield opened


def write(engine: sa.Engine, *rows: Row) -> None:
    assert write_groups(engine, lambda error: StoreFailed(str(error)), [rows]) == [None]


def test_what_was_written_is_read(engine: sa.Engine, connection: sa.Connection) -> None:
    """Each by its own question."""
    write(engine, SESSION, TURN, GAP, SECRET)
    read_anything(connection)
    assert read_session(S, connection) == SESSION
    assert read_sessions(connection) == read_page(5, None, None, None, connection) == [SESSION]
    assert read_turns(S, connection) == [TURN]
    assert read_developments(S, connection) == [GAP]
    assert read_changes(S, -1, connection) == [Change(1, TURN), Change(2, GAP)]
    assert read_secret("d", connection) == SECRET


def test_what_is_not_there_is_none_or_nothing(connection: sa.Connection) -> None:
    """Not an error."""
    assert (read_session(S, connection), read_secret("d", connection)) == (None, None)
    for read in (read_turns, read_developments):
        assert read(S, connection) == []
    assert read_changes(S, -1, connection) == []


def test_pages_and_changes_are_found_by_their_indexes(connection: sa.Connection) -> None:
    """None sorts, however many rows there are."""
    said: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *call: said.append(call[2]))
    read_page(2, Place(1.0, S), None, None, connection)
    read_changes(S, 3, connection)
    read_secret("d", connection)
    queries = [query for query in said if query.startswith("SELECT")]
    plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", plan_of(query)).all() for query in queries]
    indexes = ("sessions_created_at_id_ix", "turns_session_revision_ix", "developments_session_revision_ix", "secrets")
    assert [name in str(plan) for name, plan in zip(indexes, plans, strict=True)] == [True] * 4
    assert "TEMP B-TREE" not in str(plans)
    assert "SCAN" not in str(plans[1:])


def plan_of(query: str) -> tuple[int, ...]:
    """A value for each of a query's parameters; a plan does not look at them."""
    return (1,) * query.count("?")


def test_changes_are_read_at_one_moment(engine: sa.Engine, connection: sa.Connection) -> None:
    """What is stored between the two questions is in neither answer: its revision would hide one that is missing."""
    write(engine, SESSION, TURN)

    def store_more(*call: object) -> None:
        if "FROM developments" in str(call[2]):
            later = Turn(session=S, item=ItemId("j"), position=1, role=Role.USER, text="", start_ms=ZERO, end_ms=ZERO)
            write(engine, later, GAP)

    sa.event.listen(connection, "before_cursor_execute", store_more)
    assert read_changes(S, -1, connection) == [Change(1, TURN)]
    sa.event.remove(connection, "before_cursor_execute", store_more)
    connection.rollback()
    assert [change.revision for change in read_changes(S, 1, connection)] == [2, 3]


def test_a_kind_that_octi_does_not_know_is_an_error(engine: sa.Engine, connection: sa.Connection) -> None:
    """Somebody wrote into the file by hand."""
    write(engine, SESSION, GAP)
    with engine.begin() as writing:
        writing.execute(sa.update(tables.developments).values(kind="rumour"))
    with pytest.raises(ValueError, match="rumour"):
        read_changes(S, -1, connection)
