"""octi/store/sql.py: what is particular to a database; the promises are in tests/contract/test_store.py."""

from pathlib import Path

import pytest
import trio

from octi.errors import StoreFailed
from octi.records import SessionRecord
from octi.store.sqlite import make_engine, open_sqlite
from octi.units import SessionId


def session(name: str) -> SessionRecord:
    return SessionRecord(id=SessionId(name), door="d", upstream="u", model="m", voice="v", created_at=1.0)


async def test_a_value_that_octi_does_not_know_is_the_stores_failure(tmp_path: Path) -> None:
    """Somebody wrote into the file by hand."""
    async with open_sqlite(f"sqlite:///{tmp_path}/octi.db") as store:
        await store.save([session("s")])
        engine = make_engine(tmp_path / "octi.db")
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE sessions SET state = 'asleep'")
        engine.dispose()
        with pytest.raises(StoreFailed, match="asleep"):
            await store.sessions()


async def test_a_reader_that_is_cancelled_leaves_at_once(tmp_path: Path) -> None:
    """Its thread goes on alone, and closing waits for it."""
    async with open_sqlite(f"sqlite:///{tmp_path}/octi.db") as store:
        await store.save([session(f"s{number}") for number in range(2000)])
        with trio.CancelScope() as leaving:
            async with trio.open_nursery() as nursery:
                for _ in range(10):
                    nursery.start_soon(store.sessions)
                await trio.testing.wait_all_tasks_blocked()
                leaving.cancel()
        assert leaving.cancelled_caught
    with pytest.raises(StoreFailed, match="closed"):
        await store.sessions()


async def test_it_tells_what_waits_and_what_is_open(tmp_path: Path) -> None:
    """The writer's figures, the reads under way, the connections: they are opened on demand, and kept."""
    async with open_sqlite(f"sqlite:///{tmp_path}/octi.db") as store:
        first = store.statistics()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(store.save, [session("s"), session("t")])
            await trio.testing.wait_all_tasks_blocked()
            assert store.statistics()["rows_kept"] == first["rows_kept"] == 0
        await store.sessions()
        assert store.statistics().items() >= {
            ("rows_kept", 2),
            ("rows_waiting", 0),
            ("rows_left", 0),
            ("reads_running", 0),
            ("connections_most", 5),
        }
        assert 1 <= store.statistics()["connections"] <= 5
    async with open_sqlite("sqlite:///:memory:") as store:
        assert (store.statistics()["connections"], store.statistics()["connections_most"]) == (1, 1)
