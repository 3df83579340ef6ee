"""What every store promises of rows that nobody waits for."""

import pytest
import trio
from structlog.testing import capture_logs

from octi.records import Turn
from octi.store.base import Store
from octi.units import SessionId
from tests.contract.test_store import make_secret, make_session, make_turn


async def test_what_is_left_is_kept_before_what_is_saved_later(store: Store) -> None:
    """So a later state of a row is the one that stays."""
    store.leave([make_session(), make_turn(0, "first"), make_turn(1)])
    await store.save([make_turn(0, "last")])
    assert [turn.text for turn in await store.turns(SessionId("s"))] == ["last", "bonjour"]


async def test_of_what_is_left_a_bad_row_costs_itself_alone(store: Store) -> None:
    """Nobody is there to be told, and the others are kept: one without its session, one that no database can hold."""
    orphan = make_turn(session=SessionId("nobody"))
    with capture_logs() as logs:
        store.leave([orphan, make_session(), make_turn(2**63), make_secret(), make_turn(2)])
        await store.save([make_session("other")])
        with trio.fail_after(5):
            while not await store.turns(SessionId("s")):  # noqa: ASYNC110  (it is kept in a thread)
                await trio.sleep(0.001)
    lost = {line["row"] for line in logs if line["event"] == "a row cannot be kept"}
    assert lost == {f"turn nobody {orphan.item}", f"turn s {make_turn(2**63).item}"}
    assert await store.turns(SessionId("s")) == [make_turn(2)]
    assert await store.secret("ab12") == make_secret()
    assert await store.turns(SessionId("nobody")) == []


async def test_leaving_never_raises(store: Store) -> None:
    """Not even for what is no time."""
    odd: Turn = make_turn(said_at=float("nan"))
    store.leave([odd])
    store.leave([])
    await store.save([make_session()])
    assert await store.turns(SessionId("s")) == []


@pytest.mark.parametrize("count", [3, 700])
async def test_what_is_left_is_kept_in_its_order(store: Store, count: int) -> None:
    """Over more than one batch, too."""
    store.leave([make_session(), *(make_turn(number) for number in range(count))])
    await store.save([make_session("other")])
    with trio.fail_after(10):
        while len(changes := await store.changes(SessionId("s"))) < count:  # noqa: ASYNC110  (as above)
            await trio.sleep(0.005)
    assert [change.row for change in changes] == [make_turn(number) for number in range(count)]
