"""octi/store/postgres.py: a real PostgreSQL, behind a way that is cut and mended. Threads, so no virtual time."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from itertools import count
from uuid import uuid4

import attrs
import pytest
import sqlalchemy as sa
import trio
from structlog.testing import capture_logs

from octi.errors import StoreFailed
from octi.records import Turn
from octi.session.recorder import Recorder
from octi.store import open_store
from octi.store.base import Store
from octi.store.writer import WriterLimits
from octi.units import ItemId, SessionId
from tests.contract.test_store import make_session, make_turn
from tests.postgres import absence, execute, fresh_schema
from tests.proxy import Proxy, open_proxy

pytest.importorskip("psycopg")

from octi.store.postgres import (
    Connection,
    Patience,
    connect_args,
    open_postgres,
    place,
    postgres_url,
    prepare,
)
from octi.store.postgres_errors import explain
from octi.store.sql import SqlStore

S = SessionId("s")
SECRET = "hunter2"
QUICK = WriterLimits(retry_s=0.05, left_closing_s=0.2)
HASTY = Patience(connect_s=2, statement_s=0.3, pool_s=1)
AGREE = Patience(statement_s=0.2)
REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.item LIKE 'bad%' THEN RAISE EXCEPTION 'no: %', NEW.text USING ERRCODE = '{code}'; END IF; RETURN NEW;
    END $$
"""


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_schema() as fresh:
        yield fresh


def quick(url: str, patience: Patience = HASTY) -> AbstractAsyncContextManager[SqlStore]:
    return open_postgres(url, patience=patience, limits=QUICK)


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    address = sa.make_url(url)
    async with open_proxy(address.host or "127.0.0.1", address.port or 5432) as proxy:
        way = address.set(host="127.0.0.1", port=proxy.own_port)
        yield proxy, way.render_as_string(hide_password=False)


async def until(condition: Callable[[], object]) -> None:
    with trio.fail_after(20):
        while not condition():  # noqa: ASYNC110  (what a thread does fires no event)
            await trio.sleep(0.01)


async def is_well(store: Store) -> bool:
    with suppress(StoreFailed):
        await store.ping()
        return True
    return False


def has_refusals(url: str, code: str) -> None:
    """From now on the database refuses turns whose item begins with "bad", with that code."""
    execute(REFUSE.format(code=code), url)
    execute("CREATE TRIGGER refuse BEFORE INSERT ON turns FOR EACH ROW EXECUTE FUNCTION refuse()", url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_three_spellings_are_one(scheme: str) -> None:
    """As providers of databases hand them out."""
    url = postgres_url(f"{scheme}://octi:{SECRET}@db.example:6543/calls?sslmode=require")
    assert (url.drivername, url.host, url.port, url.database) == ("postgresql+psycopg", "db.example", 6543, "calls")
    assert place(url) == "PostgreSQL calls at db.example:6543"


@pytest.mark.parametrize("rest", [f"octi:{SECRET}@db:port/x", f"octi:a@{SECRET}@db/x", f"db/x?password={SECRET}"])
def test_a_url_that_cannot_be_read_is_not_repeated(rest: str) -> None:
    """Its form is told instead."""
    with pytest.raises(StoreFailed, match="write postgresql://user:password@host:5432/database") as caught:
        postgres_url(f"postgresql://{rest}")
    assert SECRET not in str(caught.value)


def test_a_connection_is_told_how_long_it_may_take() -> None:
    """By octi's own figures; the URL's are the last word."""
    plain = connect_args(postgres_url("postgresql://db/x"), Patience())
    assert plain["connect_timeout"] == 5
    assert plain["application_name"].startswith("octi ")
    assert plain["options"].startswith("-c statement_timeout=10000 -c lock_timeout=10000 ")
    asked = connect_args(postgres_url("postgresql://db/x?connect_timeout=9&options=-csearch_path%3Da"), Patience())
    assert asked["connect_timeout"] == "9"
    assert asked["options"].endswith(" -csearch_path=a")


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    """Nor does anything behind the error tell it."""
    with pytest.raises(StoreFailed, match=r"PostgreSQL x at 127\.0\.0\.1:1: .*see that the server runs") as caught:
        async with open_store(f"postgresql://octi:{SECRET}@127.0.0.1:1/x"):
            pass
    chain: BaseException | None = caught.value
    while chain:
        assert SECRET not in str(chain) + repr(chain)
        chain = chain.__cause__ or chain.__context__


async def test_a_database_that_is_not_there_says_how_to_make_it(url: str) -> None:
    """The server's own words come first."""
    missing = sa.make_url(url).set(database="no_such_database").render_as_string(hide_password=False)
    with pytest.raises(StoreFailed, match='database "no_such_database" does not exist; make it: CREATE DATABASE'):
        async with open_store(missing):
            pass


async def test_a_database_that_holds_no_encoding_says_how_to_make_one_that_does(url: str) -> None:
    """SQL_ASCII: what a server has that was set up without a locale."""
    name = f"octi_ascii_{uuid4().hex}"
    named = sa.make_url(url).set(database=name, query={}).render_as_string(hide_password=False)
    execute(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        with pytest.raises(StoreFailed, match="it holds SQL_ASCII; make one WITH ENCODING 'UTF8'"):
            async with open_store(named):
                pass
    finally:
        execute(f"DROP DATABASE {name}")


async def test_it_can_be_opened_by_several_octis_at_once(url: str) -> None:
    """One makes the tables, and the others wait for it."""
    address, problems = postgres_url(url), list[BaseException]()

    def upgrade() -> None:
        try:
            prepare(address, partial(explain, "here"))
        except Exception as error:  # whatever it is, the test tells it
            problems.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await trio.to_thread.run_sync(thread.join)
    assert problems == []


async def test_connections_that_were_cut_while_idle_are_replaced_unnoticed(url: str) -> None:
    """A restart in the night costs nothing."""
    async with proxied(url) as (proxy, way), quick(way) as store:
        await store.save([make_session()])
        await proxy.cut_off()
        proxy.mend()
        await store.save([make_turn()])
        assert await store.turns(S) == [make_turn()]


@pytest.mark.slow
async def test_a_database_that_is_down_costs_no_word_of_a_session_that_goes_on(url: str) -> None:
    """What is said meanwhile is kept when it is back, in order; until then the store says that it is not well."""
    async with proxied(url) as (proxy, way), quick(way) as store, trio.open_nursery() as nursery:
        recorder = Recorder(store)
        nursery.start_soon(recorder.run, trio.CancelScope())
        recorder.keep([make_session(), make_turn(0)])
        await recorder.wait_stored()
        await proxy.cut_off()
        for number in range(1, 6):
            recorder.keep([make_turn(number)])
        await until(lambda: store.writer.trouble)
        assert not await is_well(store)
        assert recorder.pending == 5
        proxy.mend()
        await recorder.wait_stored()
        recorder.close()
        assert [change.row for change in await store.changes(S)] == [make_turn(number) for number in range(6)]
        assert await is_well(store)


@pytest.mark.slow
async def test_a_session_that_ends_while_the_database_is_down_is_kept_as_well(url: str) -> None:
    """The store has its last rows, and writes them when it can, though nobody else writes."""
    async with proxied(url) as (proxy, way), quick(way) as store:
        await store.save([make_session()])
        await proxy.cut_off()
        recorder = Recorder(store)
        recorder.keep([make_turn(number) for number in range(5)])
        recorder.close()
        with capture_logs() as logs:
            await recorder.run(trio.CancelScope(deadline=trio.current_time() + 0.5))
        assert "the store has the last rows yet to keep" in [line["event"] for line in logs]
        assert recorder.lost == 0
        await until(lambda: store.writer.trouble)
        with pytest.raises(StoreFailed, match="5 rows of sessions that are over wait"):
            await store.ping()
        proxy.mend()
        await until(lambda: not store.writer.statistics().rows_left)
        assert await store.turns(S) == [make_turn(number) for number in range(5)]


async def test_that_it_is_mended_is_found_out_where_nobody_writes(url: str) -> None:
    """A caller that was refused and went leaves nothing behind, and the store turns well by itself."""
    async with proxied(url) as (proxy, way), quick(way) as store:
        await proxy.cut_off()
        with pytest.raises(StoreFailed) as caught:
            await store.save([make_session()])
        assert caught.value.retryable
        assert not await is_well(store)
        proxy.mend()
        await until(lambda: store.writer.trouble is None)
        await store.ping()
        assert await store.sessions() == []
        assert await store.secret("probe") is None


@pytest.mark.slow
async def test_a_server_that_falls_silent_is_given_up(url: str) -> None:
    """It keeps its sockets open, as a server behind a dead router does; nobody waits for it longer than he may."""
    async with proxied(url) as (proxy, way), quick(way, attrs.evolve(HASTY, statement_s=0.1)) as store:
        await store.save([make_session()])
        proxy.fall_silent()
        began = trio.current_time()
        with pytest.raises(StoreFailed, match=r"no answer within 2\.1 s|timeout") as caught:
            await store.save([make_turn()])
        assert caught.value.retryable
        assert trio.current_time() - began < 8
        proxy.mend()
        await until(lambda: store.writer.trouble is None)
        await store.save([make_turn()])


async def test_a_lock_is_not_waited_for_for_ever(url: str) -> None:
    """The server ends the statement, the rows go on waiting with whoever has them."""
    async with quick(url, AGREE) as store:
        await store.save([make_session()])
        with store.database.engine.begin() as other:
            other.exec_driver_sql("LOCK TABLE turns IN EXCLUSIVE MODE")
            with pytest.raises(StoreFailed, match=r"holds a lock|it took too long") as caught:
                await store.save([make_turn()])
        assert caught.value.retryable
        await store.save([make_turn()])


async def test_a_server_that_takes_reads_only_is_trouble_and_no_rows_fault(url: str) -> None:
    """As after a failover to a standby."""
    async with quick(url):
        pass
    standby = f"{url}%20-cdefault_transaction_read_only%3Don"
    with pytest.raises(StoreFailed, match="it takes reads only; name the primary server"):
        async with quick(standby) as store:
            await store.save([make_session()])


async def test_a_full_disk_is_trouble_and_no_rows_fault(url: str) -> None:
    """None of the batch is lost: each caller may try again."""
    async with quick(url) as store:
        await store.save([make_session()])
        has_refusals(url, "53100")
        with pytest.raises(StoreFailed, match="make room on the server's disk") as caught:
            await store.save([make_turn(item=ItemId("bad"))])
        assert caught.value.retryable


@pytest.mark.parametrize("code", ["23514", "22001", "54000"])
async def test_a_broken_row_costs_itself_alone_and_tells_nothing_that_was_said(url: str, code: str) -> None:
    """Its session and its item are in the log, the server's words about it are not."""
    async with quick(url) as store:
        await store.save([make_session()])
        has_refusals(url, code)
        recorder = Recorder(store)
        recorder.keep([make_turn(0), make_turn(1, f"my {SECRET}", item=ItemId("bad-1")), make_turn(2)])
        recorder.close()
        with capture_logs() as logs:
            await recorder.run(trio.CancelScope())
        (line,) = [line for line in logs if line["event"] == "a row cannot be kept"]
        assert line["row"] == "turn s bad-1"
        assert code in line["why"]
        assert SECRET not in str(logs)
        assert [turn.position for turn in await store.turns(S)] == [0, 2]
        assert recorder.lost == 1


async def test_a_name_that_no_index_holds_is_the_rows_fault(url: str) -> None:
    """PostgreSQL bounds them, SQLite does not."""
    async with quick(url) as store:
        await store.save([make_session()])
        endless: Turn = make_turn(item=ItemId("".join(map(str, range(9000)))))
        with pytest.raises(StoreFailed, match="a name in the row is too long for an index") as caught:
            await store.save([endless])
        assert not caught.value.retryable


async def test_two_writers_give_no_revision_twice(url: str) -> None:
    """Two octis, one session: a turn here, a profile there."""
    async with quick(url, Patience()) as one, quick(url, Patience()) as other:
        await one.save([make_session()])
        numbers = count()

        async def write(store: Store) -> None:
            for _ in range(20):
                await store.save([make_turn(next(numbers))])

        async with trio.open_nursery() as nursery:
            for store in (one, other, one, other):
                nursery.start_soon(write, store)
        revisions = [change.revision for change in await one.changes(S)]
        assert revisions == list(range(1, 81))


def test_a_store_shows_no_password() -> None:
    """Nor does its engine."""
    from octi.store.postgres import make_engine  # noqa: PLC0415  (psycopg may be missing)

    engine = make_engine(postgres_url(f"postgresql://octi:{SECRET}@127.0.0.1:1/x"), Patience())
    assert SECRET not in repr(engine) + repr(engine.pool) + str(engine.url)


@pytest.mark.skipif(bool(absence()), reason="needs a PostgreSQL")
def test_a_connection_waits_as_long_as_it_is_told(url: str) -> None:
    """Of the driver's own way to wait, octi only sets the end."""
    with Connection.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
