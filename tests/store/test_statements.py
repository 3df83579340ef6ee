"""octi/store/statements.py: rows replaced and numbered, and who fails when something does."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa

from octi.records import Development, DevelopmentKind, Role, Row, SecretRecord, SessionRecord, Turn
from octi.store import tables
from octi.store.base import FORGOTTEN_S, Change
from octi.store.migrations import upgrade
from octi.store.reads import read_changes, read_secret, read_sessions
from octi.store.sqlite import explain, make_engine
from octi.store.statements import Explain, keep, last_revisions, latest, revised, write_groups
from octi.store.upserting import upsert
from octi.units import ItemId, Milliseconds, SessionId

SESSION_ID = SessionId("s")
DIALECTS = [sa.make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql")]
EXPLAIN: Explain = partial(explain, None)
SABOTAGE = """
    CREATE TRIGGER sabotage BEFORE INSERT ON sessions WHEN NEW.id LIKE 'bad%'
    BEGIN SELECT RAISE(ABORT, 'sabotaged'); END
"""


def session(name: str, voice: str = "v") -> SessionRecord:
    return SessionRecord(id=SessionId(name), door="d", upstream="u", model="m", voice=voice, created_at=1.0)


def turn(item: str, text: str = "oui") -> Turn:
    zero = Milliseconds(0)
    who = Role.USER
    return Turn(session=SESSION_ID, item=ItemId(item), position=0, role=who, text=text, start_ms=zero, end_ms=zero)


def gap(name: str) -> Development:
    return Development(session=SESSION_ID, id=name, kind=DevelopmentKind.GAP, at=1.0, body="{}")


def secret(digest: str, made_at: float, expires_at: float) -> SecretRecord:
    return SecretRecord(digest=digest, session=None, config="{}", created_at=made_at, expires_at=expires_at)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = make_engine(tmp_path / "octi.db", busy_timeout_s=0.05)
    upgrade(opened)
    yield opened
    opened.dispose()


def kept(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return [session.id for session in read_sessions(connection)]


def sabotage(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(SABOTAGE)


def test_the_last_row_of_a_key_is_the_one_that_counts() -> None:
    """Where the first stood; a statement must not touch a row twice, says PostgreSQL."""
    rows: list[Row] = [session("a"), turn("i"), session("b"), gap("i"), turn("i", "non"), session("a", "w")]
    assert latest(rows) == [session("a", "w"), turn("i", "non"), session("b"), gap("i")]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_replacing_is_spelled_the_same_for_both_databases(dialect: sa.Dialect) -> None:
    """All columns but the key are set anew."""
    spelled = " ".join(str(upsert(tables.turns, dialect.name).compile(dialect=dialect)).split())
    assert "ON CONFLICT (session, item) DO UPDATE SET position = excluded.position, role = excluded.role" in spelled
    assert "session = excluded" not in spelled


def test_turns_are_numbered_behind_those_that_are_kept(engine: sa.Engine) -> None:
    """Within one transaction too, and a group that is left out takes no number with it."""
    write_groups(engine, EXPLAIN, [[session("s"), turn("a"), turn("b")], [turn("a", "non")]])
    odd = attrs.evolve(turn("d"), position=2**63)
    write_groups(engine, EXPLAIN, [[turn("c")], [odd], [turn("b", "si")]])
    with engine.connect() as connection:
        changes = read_changes(SESSION_ID, -1, connection)
        assert last_revisions(connection, [SESSION_ID, SessionId("nobody")]) == {SESSION_ID: 4}
    assert changes == [Change(1, turn("a", "non")), Change(3, turn("c")), Change(4, turn("b", "si"))]


def test_turns_and_developments_are_counted_together(engine: sa.Engine) -> None:
    """In the order of the save; a row that is replaced moves behind all others."""
    write_groups(engine, EXPLAIN, [[session("s"), gap("x"), turn("a")], [gap("y")], [turn("b"), gap("x")]])
    write_groups(engine, EXPLAIN, [[gap("z")]])
    write_groups(engine, EXPLAIN, [[gap("y"), turn("a")]])
    with engine.connect() as connection:
        assert numbered(connection) == [(1, "x"), (4, "b"), (5, "z"), (6, "y"), (7, "a")]
        assert last_revisions(connection, [SESSION_ID]) == {SESSION_ID: 7}


def numbered(connection: sa.Connection) -> list[tuple[int, str]]:
    rows = [(revision, row) for revision, row in read_changes(SESSION_ID, -1, connection)]
    return [(revision, row.item if isinstance(row, Turn) else row.id) for revision, row in rows]


def test_each_session_is_counted_for_itself(engine: sa.Engine) -> None:
    """Also where rows of several are revised at once."""
    other = SessionId("other")
    elsewhere = attrs.evolve(gap("x"), session=other)
    write_groups(engine, EXPLAIN, [[session("s"), session("other"), turn("a"), gap("x")]])
    with engine.connect() as connection:
        assert [change.revision for change in revised(connection, [turn("b"), elsewhere, gap("y")])] == [3, 1, 4]
        assert revised(connection, []) == []


def test_a_secret_forgets_those_that_expired_a_day_before_it(engine: sa.Engine) -> None:
    """By the newest of one transaction, and never by the clock."""
    write_groups(engine, EXPLAIN, [[secret("old", 0.0, 10.0), secret("older", 0.0, 9.0)]])
    write_groups(engine, EXPLAIN, [[secret("a", 5.0, 700.0)], [secret("b", 10.0 + FORGOTTEN_S, 700.0 + FORGOTTEN_S)]])
    with engine.connect() as connection:
        known = [digest for digest in ("old", "older", "a", "b") if read_secret(digest, connection)]
    assert known == ["old", "a", "b"]


def test_secrets_that_expired_are_found_by_an_index(engine: sa.Engine) -> None:
    """They are looked for whenever one is made."""
    said: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    with engine.begin() as connection:
        keep(connection, [secret("a", 1.0, 2.0)])
        (query,) = (query for query in said if query.startswith("DELETE"))
        assert "secrets_expires_at_ix" in str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (1,)).all())


def test_a_bad_group_is_left_out_and_the_others_are_kept(engine: sa.Engine) -> None:
    """All rows of the group, not only the bad one."""
    sabotage(engine)
    outcomes = write_groups(engine, EXPLAIN, [[session("a")], [session("b"), session("bad")], [session("c")]])
    assert [str(outcome) for outcome in outcomes] == [
        "None",
        "the store failed: the database in memory: sabotaged",
        "None",
    ]
    assert kept(engine) == ["a", "c"]


def test_every_bad_group_is_told_its_own_reason(engine: sa.Engine) -> None:
    """One after another, behind savepoints."""
    sabotage(engine)
    outcomes = write_groups(engine, EXPLAIN, [[session("bad")], [turn("i")], [session("bad too")]])
    assert ["sabotaged" in str(outcome) for outcome in outcomes] == [True, False, True]
    assert "needs its session" in str(outcomes[1])
    assert kept(engine) == []


def test_a_lone_bad_group_is_not_tried_twice(engine: sa.Engine) -> None:
    """There is nobody to save from it."""
    sabotage(engine)
    begun: list[object] = []
    sa.event.listen(engine, "begin", begun.append)
    write_groups(engine, EXPLAIN, [[session("bad")]])
    assert len(begun) == 1


def test_a_disk_that_fills_up_between_groups_fails_all_of_them(engine: sa.Engine) -> None:
    """SQLite may have undone the whole transaction, so none of the groups counts as kept."""
    sabotage(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # SQLite raises it to what the file has already
    outcomes = write_groups(engine, EXPLAIN, [[session("bad")], [session("a")], [session("b", "v" * 1_000_000)]])
    assert ["disk is full; make room" in str(outcome) for outcome in outcomes] == [True, True, True]
    assert kept(engine) == []
    assert write_groups(engine, EXPLAIN, [[session("c")]]) == [None]


def test_a_locked_database_fails_all_groups_after_one_wait(engine: sa.Engine, tmp_path: Path) -> None:
    """It would lock out each of them alone as well."""
    begun: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: begun.append(call[2]))
    with closing(sqlite3.connect(tmp_path / "octi.db", isolation_level=None)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        outcomes = write_groups(engine, EXPLAIN, [[session("a")], [session("b")], [session("c")]])
    assert ["locked" in str(outcome) for outcome in outcomes] == [True, True, True]
    assert begun == ["BEGIN IMMEDIATE"]
    assert kept(engine) == []
