"""What every store promises of developments, which share their revisions with turns."""

from random import Random

import pytest
import trio

from octi.errors import StoreFailed
from octi.records import Development, DevelopmentKind, Row, Turn
from octi.store.base import Store
from octi.units import ItemId, SessionId
from tests.contract.test_store import make_development, make_session, make_turn


@pytest.mark.parametrize("kind", DevelopmentKind)
async def test_a_development_comes_back_as_it_was_saved(store: Store, kind: DevelopmentKind) -> None:
    """Every field, and with its own type."""
    came = make_development(kind=kind, at=1795287060.123456, body='{"text":"où ?"}')
    await store.save([make_session(), came])
    (kept,) = await store.developments(SessionId("s"))
    assert kept == came
    assert type(kept.kind) is DevelopmentKind


async def test_developments_come_in_the_order_in_which_they_were_saved(store: Store) -> None:
    """Not by their ids, not by their times; only those of the session, and no turns."""
    other = make_development("c", session=SessionId("other"))
    await store.save([make_session(), make_session("other"), make_development("b"), make_turn(), other])
    await store.save([make_development("a", at=0.5)])
    assert [came.id for came in await store.developments(SessionId("s"))] == ["b", "a"]
    assert await store.turns(SessionId("s")) == [make_turn()]
    assert await store.developments(SessionId("nobody")) == []


async def test_a_development_saved_again_is_replaced_and_is_news(store: Store) -> None:
    """Who saves it twice, not knowing whether it was kept, has it once; who follows is told again."""
    await store.save([make_session(), make_development("a"), make_development("b")])
    known = (await store.changes(SessionId("s")))[-1].revision
    await store.save([make_development("a", body="[]")])
    (change,) = await store.changes(SessionId("s"), known)
    assert change.row == make_development("a", body="[]")
    assert [came.id for came in await store.developments(SessionId("s"))] == ["b", "a"]


async def test_turns_and_developments_are_one_sequence(store: Store) -> None:
    """Who knows all up to a revision is told the rest, of both kinds, in order."""
    await store.save([make_session(), make_turn(0), make_development("a"), make_turn(1)])
    changes = await store.changes(SessionId("s"))
    assert [change.row for change in changes] == [make_turn(0), make_development("a"), make_turn(1)]
    await store.save([make_development("b"), make_turn(0, "bonsoir")])
    later = await store.changes(SessionId("s"), changes[1].revision)
    assert [change.row for change in later] == [make_turn(1), make_development("b"), make_turn(0, "bonsoir")]


async def test_an_item_and_a_development_may_have_one_name(store: Store) -> None:
    """They are two rows."""
    await store.save([make_session(), make_turn(item=ItemId("x")), make_development("x")])
    assert len(await store.changes(SessionId("s"))) == 2


@pytest.mark.parametrize("seed", range(8))
async def test_however_saves_are_interleaved_no_two_rows_share_a_revision(store: Store, seed: int) -> None:
    """Turns and developments, new and again, some of them refused: who polls is told each in its last state."""
    random = Random(seed)
    seen: dict[Row, int] = {}
    after, saved = -1, dict[tuple[str, str], Row]()

    async def save() -> None:
        rows = [any_row(random) for _ in range(random.randint(1, 4))]
        if random.random() < 0.2:
            with pytest.raises(StoreFailed):
                await store.save([*rows, make_development(session=SessionId("nobody"))])
        else:
            saved.update({(type(row).__name__, row.item if isinstance(row, Turn) else row.id): row for row in rows})
            await store.save(rows)

    await store.save([make_session()])
    for _ in range(6):
        async with trio.open_nursery() as nursery:  # in whatever order: each hands its rows over as it notes them
            for _ in range(random.randint(1, 5)):
                nursery.start_soon(save)
        changes = await store.changes(SessionId("s"), after)
        revisions = [change.revision for change in changes]
        assert revisions == sorted(set(revisions))
        assert all(revision > after for revision in revisions)
        seen.update({change.row: change.revision for change in changes})
        after = revisions[-1] if revisions else after
    kept = await store.changes(SessionId("s"))
    assert len({change.revision for change in kept}) == len(kept) == len(saved)
    assert {change.row for change in kept} == set(saved.values())
    assert all(seen[change.row] == change.revision for change in kept)
    developments = [change.row for change in kept if isinstance(change.row, Development)]
    assert await store.developments(SessionId("s")) == developments


def any_row(random: Random) -> Turn | Development:
    number, words = random.randrange(5), str(random.random())
    return make_turn(number, words) if random.random() < 0.6 else make_development(f"d{number}", body=words)


async def test_changes_are_read_at_one_moment(store: Store) -> None:
    """While rows are stored in pairs, a turn and its development: never one of them without the other."""
    await store.save([make_session()])
    done = trio.Event()

    async def save() -> None:
        for number in range(60):
            await store.save([make_development(f"d{number}"), make_turn(number)])
        done.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(save)
        while not done.is_set():
            revisions = [change.revision for change in await store.changes(SessionId("s"))]
            assert revisions == list(range(1, len(revisions) + 1))
            assert len(revisions) % 2 == 0
