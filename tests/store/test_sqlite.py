"""octi/store/sqlite.py: the file, its settings, and what mends it when it cannot be used."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
import trio
from structlog.testing import capture_logs

from octi.errors import StoreFailed
from octi.records import SessionRecord
from octi.session.recorder import Recorder
from octi.store.migrations import upgrade
from octi.store.reads import read_sessions
from octi.store.sqlite import BUSY_TIMEOUT_S, explain, make_engine, open_sqlite, sqlite_path
from octi.store.statements import write_groups
from octi.store.writer import WriterLimits
from octi.units import SessionId
from tests.contract.test_store import make_turn

SESSION = SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=1.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "octi.db"


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def try_to_open(file: Path) -> str:
    """What opening the file says when it fails."""
    with pytest.raises(StoreFailed) as caught:
        async with open_sqlite(url_of(file), busy_timeout_s=0.05):
            pass
    return caught.value.why


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program is writing to the file."""
    intruder = sqlite3.connect(file, isolation_level=None)
    try:
        intruder.execute("BEGIN IMMEDIATE")
        yield
    finally:
        intruder.close()


def test_three_strokes_are_relative_and_four_are_absolute() -> None:
    """Relative to where octi was started, whatever happens later."""
    assert sqlite_path("sqlite:///octi.db") == Path.cwd() / "octi.db"
    assert sqlite_path("sqlite:///data/octi.db") == Path.cwd() / "data/octi.db"
    assert sqlite_path("sqlite:////var/lib/octi.db") == Path("/var/lib/octi.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_has_no_path(url: str) -> None:
    """Both of SQLAlchemy's spellings."""
    assert sqlite_path(url) is None


@pytest.mark.parametrize(
    "url", ["sqlite:octi.db", "sqlite:/octi.db", "sqlite://octi.db", "sqlite:///", "sqlite:///a?b=c"]
)
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    """With both forms that do."""
    with pytest.raises(StoreFailed, match=r"sqlite:///relative\.db or sqlite:////absolute\.db"):
        sqlite_path(url)


def test_every_connection_is_set_to_be_safe(file: Path) -> None:
    """Durable commits, five seconds for a lock, foreign keys."""
    engine = make_engine(file)
    with engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        found = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]
    engine.dispose()
    assert found == ["wal", 2, BUSY_TIMEOUT_S * 1000, 1]
    assert BUSY_TIMEOUT_S == 5.0


async def test_the_file_is_made_where_the_url_says(file: Path) -> None:
    """Its folder must be there."""
    async with open_sqlite(url_of(file)):
        assert names_in(file.parent) >= {"octi.db"}


async def test_closing_leaves_one_file(file: Path) -> None:
    """The log is folded in, so that a copy of the file is a copy of the store."""
    async with open_sqlite(url_of(file)) as store:
        await store.save([SESSION])
    assert names_in(file.parent) == {"octi.db"}


async def test_a_name_with_odd_letters_is_a_name(tmp_path: Path) -> None:
    """Percent signs, spaces and accents mean themselves."""
    file = tmp_path / "é 100%20.db"
    async with open_sqlite(url_of(file)) as store:
        await store.save([SESSION])
    assert names_in(tmp_path) == {"é 100%20.db"}


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """And it is not made: a mistyped path must not become a second, empty store."""
    why = await try_to_open(tmp_path / "nowhere" / "octi.db")
    assert why == f"{tmp_path}/nowhere/octi.db: there is no folder {tmp_path}/nowhere; make it, or name another file"


async def test_a_folder_in_the_files_place_is_named(tmp_path: Path) -> None:
    """SQLite only says that it cannot open it."""
    why = await try_to_open(tmp_path)
    assert why.startswith(f"{tmp_path}: unable to open database file; ")
    assert "not a folder itself" in why


async def test_something_else_than_a_database_is_not_touched(file: Path) -> None:
    """It stays as it was."""
    diary = "not a short one\n" * 100
    await trio.Path(file).write_text(diary)
    assert await try_to_open(file) == f"{file}: file is not a database; name another file, octi makes it"
    assert await trio.Path(file).read_text() == diary


def test_a_file_that_may_not_be_written_is_named(file: Path) -> None:
    """With whom to give the right to. Here the driver itself opened it for reading only, which stops root as well."""
    sqlite3.connect(file).close()
    opening = closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True))
    with opening as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("CREATE TABLE a (b)")
    assert explain(file, caught.value).why == (
        f"{file}: attempt to write a readonly database; let octi's user write to the file and its folder"
    )


def test_a_disk_that_is_full_at_the_start_is_no_broken_disk(file: Path) -> None:
    """SQLite calls it an I/O error then: it cannot make the index of its log. Raised here as it was seen."""
    seen = sqlite3.OperationalError("disk I/O error")
    seen.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    assert explain(file, seen).why.startswith(f"{file}: disk I/O error; make room on the disk")


def test_a_folder_that_may_not_be_looked_into_is_named(file: Path) -> None:
    """The system says so before SQLite is asked."""
    why = explain(file, PermissionError(13, "Permission denied")).why
    assert why.startswith(f"{file}: [Errno 13] Permission denied; let octi's user write to the folder")


def test_a_full_disk_fails_the_save_and_not_the_store(file: Path) -> None:
    """None of its rows is kept; with room again, or with less to write, saving goes on."""
    engine = make_engine(file)
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # SQLite raises it to what the file has already
    explained, huge = partial(explain, file), attrs.evolve(SESSION, voice="v" * 1_000_000)
    outcomes = write_groups(engine, explained, [[SESSION], [huge]])
    assert [outcome and outcome.why for outcome in outcomes] == [
        f"{file}: database or disk is full; make room on the disk"
    ] * 2
    assert write_groups(engine, explained, [[SESSION]]) == [None]
    with engine.connect() as connection:
        assert read_sessions(connection) == [SESSION]
    engine.dispose()


async def test_a_store_that_could_not_write_is_not_well(file: Path) -> None:
    """Though it could be read: who asks wants to know whether a session can be kept."""
    async with open_sqlite(url_of(file), busy_timeout_s=0.05) as store:
        await store.ping()
        with locked(file), pytest.raises(StoreFailed, match="locked"):
            await store.save([SESSION])
        with pytest.raises(StoreFailed, match="locked"):
            await store.ping()
        await store.save([SESSION])
        await store.ping()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
async def test_a_place_where_nothing_can_be_made_is_named() -> None:
    """Not even root makes files in /proc."""
    assert "let octi's user write" in await try_to_open(Path("/proc/octi.db"))


async def test_a_file_that_is_locked_at_the_start_fails_after_the_busy_timeout(file: Path) -> None:
    """Rather than hang, or run without a store."""
    async with open_sqlite(url_of(file)):
        pass
    with locked(file):
        why = await try_to_open(file)
    assert why.startswith(f"{file}: database is locked; another program is writing to it")


async def test_a_save_into_a_locked_file_fails_after_the_busy_timeout(file: Path) -> None:
    """None of its rows is kept, and the next save works."""
    async with open_sqlite(url_of(file), busy_timeout_s=0.05) as store:
        with locked(file):
            with pytest.raises(StoreFailed, match="locked; another program is writing to it"):
                await store.save([SESSION])
            assert await store.sessions() == []  # reading goes on
        await store.save([SESSION])
        assert await store.sessions() == [SESSION]


async def test_callers_that_wait_for_a_locked_file_fail_together(file: Path) -> None:
    """One wait for the lock, not one each."""
    told: list[str] = []
    async with open_sqlite(url_of(file), busy_timeout_s=0.05) as store:

        async def save() -> None:
            with pytest.raises(StoreFailed) as caught:
                await store.save([SESSION])
            told.append(caught.value.why)

        with locked(file):
            async with trio.open_nursery() as nursery:
                for _ in range(20):
                    nursery.start_soon(save)
        assert len(told) == 20
        assert store.writer.statistics().batches <= 2


async def test_a_lock_that_is_short_is_waited_for(file: Path) -> None:
    """That is what the timeout is for."""
    async with open_sqlite(url_of(file)) as store, trio.open_nursery() as nursery:
        with locked(file):
            nursery.start_soon(store.save, [SESSION])
            await trio.sleep(0.05)
    async with open_sqlite(url_of(file)) as store:
        assert await store.sessions() == [SESSION]


async def test_the_writers_limits_can_be_chosen(file: Path) -> None:
    """A line for one row, and no patience."""
    limits = WriterLimits(line_rows=1, patience_s=0.0)
    async with open_sqlite(url_of(file), limits=limits) as store:
        with locked(file):
            for _ in range(2):  # one for the thread, one for the line
                with trio.move_on_after(0.01):
                    await store.save([SESSION])
            with pytest.raises(StoreFailed, match="1 rows were already waiting"):
                await store.save([SESSION])


async def test_an_error_never_holds_what_was_said(file: Path) -> None:
    """Errors are logged; a transcript is not."""
    async with open_sqlite(url_of(file), busy_timeout_s=0.01) as store:
        secret = SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="my secret", created_at=1.0)
        with locked(file), pytest.raises(StoreFailed) as caught:
            await store.save([secret])
    chain: BaseException | None = caught.value
    while chain:
        assert "secret" not in str(chain)
        chain = chain.__cause__ or chain.__context__


QUICK = WriterLimits(retry_s=0.02, left_closing_s=0.2)


async def until(condition: Callable[[], object]) -> None:
    """Threads are at work, so there is no virtual time."""
    with trio.fail_after(10):
        while not condition():  # noqa: ASYNC110  (what a thread does fires no event)
            await trio.sleep(0.005)


async def test_a_session_goes_on_while_the_file_is_locked_and_nothing_is_lost(file: Path) -> None:
    """Nor of one that ends meanwhile; the store says so until it is free, and is well by itself then."""
    async with open_sqlite(url_of(file), busy_timeout_s=0.02, limits=QUICK) as store:
        await store.save([SESSION])
        with locked(file):
            recorder = Recorder(store)
            recorder.keep([make_turn(number) for number in range(3)])
            recorder.close()
            await recorder.run(trio.CancelScope(deadline=trio.current_time() + 0.1))
            await until(lambda: store.writer.trouble and store.writer.statistics().rows_left == 3)
            with pytest.raises(StoreFailed, match=r"locked.*; 3 rows of sessions that are over wait"):
                await store.ping()
        await until(lambda: not store.writer.statistics().rows_left)
        await store.ping()
        assert await store.turns(SESSION.id) == [make_turn(number) for number in range(3)]


async def test_a_full_disk_is_trouble_until_there_is_room_again(file: Path) -> None:
    """Found out by trying to write as much as a conversation does; a little page that is free is not enough."""
    most = [1]  # SQLite raises it to what the file has already
    async with open_sqlite(url_of(file), limits=QUICK) as store:
        await store.save([SESSION])
        engine = store.database.engine
        sa.event.listen(engine, "begin", lambda begun: begun.exec_driver_sql(f"PRAGMA max_page_count={most[0]}"))
        with pytest.raises(StoreFailed, match="database or disk is full; make room on the disk") as caught:
            await store.save([make_turn(0, "so much " * 10_000)])
        assert caught.value.retryable
        await trio.sleep(0.1)
        with pytest.raises(StoreFailed, match="make room on the disk"):
            await store.ping()
        most[0] = 1_000_000
        await until(lambda: not store.writer.trouble)
        await store.ping()
        assert await store.secret("probe") is None
        assert await store.sessions() == [SESSION]


async def test_a_broken_row_among_good_ones_is_lost_alone(file: Path) -> None:
    """Named by session and item, and never told."""
    async with open_sqlite(url_of(file)) as store:
        await store.save([SESSION])
        recorder = Recorder(store)
        recorder.keep([make_turn(0), make_turn(1, "my secret", start_ms=2**63), make_turn(2)])
        recorder.close()
        with capture_logs() as logs:
            await recorder.run(trio.CancelScope())
        (line,) = [line for line in logs if line["event"] == "a row cannot be kept"]
        assert line["row"] == "turn s item-1"
        assert "secret" not in str(logs)
        assert [turn.position for turn in await store.turns(SESSION.id)] == [0, 2]


def test_a_damaged_file_is_no_rows_fault(file: Path) -> None:
    """Rows wait for a copy that is put back."""
    damaged = sqlite3.DatabaseError("database disk image is malformed")
    assert explain(file, damaged).retryable
    assert not explain(file, sqlite3.IntegrityError("FOREIGN KEY constraint failed")).retryable
    assert explain(file, MemoryError()).retryable
    assert not explain(file, TypeError("no such type")).retryable
