"""octi/store/forgetting.py and what SQLite does with it; the promises are in tests/contract/test_forgetting.py."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from octi.errors import StoreFailed
from octi.store import open_store, tables
from octi.store.base import Forgetting
from octi.store.forgetting import forget
from octi.store.sqlite import explain, make_engine, open_sqlite, scrub
from octi.units import SessionId
from tests.contract.test_store import make_session, make_turn

S = SessionId("s")
WORDS = "quite unmistakable words"


def told_by(folder: Path) -> list[str]:
    """The files that hold the words."""
    return [path.name for path in folder.iterdir() if WORDS.encode() in path.read_bytes()]


def test_every_table_that_refers_to_sessions_is_emptied(tmp_path: Path) -> None:
    """Those of a later version as well: nobody has to think of them here."""
    engine = make_engine(tmp_path / "octi.db")
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        seen: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *call: seen.append(call[2]))
        forget(connection, Forgetting(sessions=[S]))
    deleted = [statement.split()[2] for statement in seen if statement.startswith("DELETE")]
    assert set(deleted) == set(tables.metadata.tables) - {"spendings"}  # which names no session: what is spent is spent
    assert deleted[-1] == "sessions"
    engine.dispose()


async def test_what_is_deleted_is_gone_from_the_file_and_its_log(tmp_path: Path) -> None:
    """While octi has the file open, too; and what a longer text took the place of."""
    url = f"sqlite:///{tmp_path}/octi.db"
    async with open_store(url) as octi, open_store(url) as tool:
        await octi.save([make_session(), *(make_turn(number, WORDS * 50) for number in range(20))])
        await octi.save([make_turn(0, WORDS)])
        assert told_by(tmp_path)
        await tool.forget(Forgetting(sessions=[S]))
        assert not told_by(tmp_path)


async def test_who_reads_what_was_there_is_named_as_the_reason_why_it_still_is(tmp_path: Path) -> None:
    """The rows are deleted; their remains are not."""
    file = tmp_path / "octi.db"
    async with open_sqlite(f"sqlite:///{file}", busy_timeout_s=0.05) as store:
        await store.save([make_session(), make_turn(0, WORDS)])
        with closing(sqlite3.connect(file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM turns").fetchall()
            with pytest.raises(StoreFailed, match="still stands in the log beside the file, for somebody reads it"):
                await store.forget(Forgetting(sessions=[S]))
        assert await store.sessions() == []
        await store.forget(Forgetting(sessions=[S]))
        assert not told_by(tmp_path)


def test_a_log_that_cannot_be_folded_in_is_told_like_any_failure(tmp_path: Path) -> None:
    """With the file and what mends it."""
    file = tmp_path / "octi.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        for pragma in ("journal_mode=WAL", "locking_mode=EXCLUSIVE", "user_version=1"):
            other.execute(f"PRAGMA {pragma}")
        with pytest.raises(StoreFailed, match=r"octi\.db: database is locked; another program is writing"):
            scrub(make_engine(file, busy_timeout_s=0.01), partial(explain, file))
