"""What every store promises of sessions and turns, the same sentences for each; `conftest.py` has the stores."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

import octi
from octi.errors import StoreFailed
from octi.records import (
    Development,
    DevelopmentKind,
    Extraction,
    Role,
    Row,
    SecretRecord,
    SessionRecord,
    SessionState,
    Turn,
)
from octi.store import open_store
from octi.store.base import Place, Store
from octi.units import ItemId, Milliseconds, SessionId

ROOT = Path(octi.__file__).parents[1]

CHILD = """
import itertools, sys, trio
from octi.records import Role, SessionRecord, Turn
from octi.store import open_store

async def main(url):
    async with open_store(url) as store:
        session = SessionRecord(id="s", door="d", upstream="u", model="m", voice="v", created_at=1.0)
        await store.save([session])
        for n in itertools.count():
            words = dict(item=f"i{n}", position=n, role=Role.USER, text="so", start_ms=n, end_ms=n)
            await store.save([Turn(session="s", **words)])
            print(n, flush=True)

trio.run(main, sys.argv[1])
"""


def make_session(name: str = "s", **changes: Any) -> SessionRecord:
    fresh = SessionRecord(
        id=SessionId(name), door="/ws/realtime", upstream="embedded", model="octi-1", voice="lea", created_at=1.5
    )
    return attrs.evolve(fresh, **changes)


def make_turn(position: int = 0, text: str = "bonjour", **changes: Any) -> Turn:
    fresh = Turn(
        session=SessionId("s"),
        item=ItemId(f"item-{position}"),
        position=position,
        role=Role.USER,
        text=text,
        start_ms=Milliseconds(position * 1000),
        end_ms=Milliseconds(position * 1000 + 900),
    )
    return attrs.evolve(fresh, **changes)


def make_development(name: str = "d", **changes: Any) -> Development:
    fresh = Development(session=SessionId("s"), id=name, kind=DevelopmentKind.GAP, at=2.5, body='{"why":"x"}')
    return attrs.evolve(fresh, **changes)


def make_secret(digest: str = "ab12", **changes: Any) -> SecretRecord:
    fresh = SecretRecord(digest=digest, session=SessionId("s"), config="{}", created_at=10.0, expires_at=610.0)
    return attrs.evolve(fresh, **changes)


async def test_a_session_comes_back_as_it_was_saved(store: Store) -> None:
    """Every field, those that are None included."""
    await store.save([make_session()])
    assert await store.session(SessionId("s")) == make_session()


async def test_how_a_session_was_made_comes_back_whole(store: Store) -> None:
    """What it was opened with, and what its provider counted; each with its own type."""
    made = make_session(
        language="fr",
        config='{"instructions":"Dites « bonjour »."}',
        extraction=Extraction.TURNS,
        schema='{"type":"object"}',
        call_id="rtc_1",
        usage='{"tokens":3}',
        resumable=True,
    )
    await store.save([made])
    kept = await store.session(SessionId("s"))
    assert kept == made
    assert (type(kept.extraction), type(kept.resumable)) == (Extraction, bool)


async def test_an_ended_session_comes_back_whole(store: Store) -> None:
    """Times keep their last digit, states their kind."""
    ended = make_session(created_at=1795287060.123456).end(at=1795287090.654321, by="client", reason="The page closed.")
    await store.save([ended])
    assert await store.session(SessionId("s")) == ended


async def test_a_turn_comes_back_as_it_was_saved(store: Store) -> None:
    """Every field, and with its own type."""
    said = make_turn(role=Role.ASSISTANT, interrupted=True, said_at=1795287060.123456)
    await store.save([make_session(), said])
    (kept,) = await store.turns(SessionId("s"))
    assert kept == said
    assert (type(kept.role), type(kept.interrupted)) == (Role, bool)


async def test_nothing_is_known_of_a_session_that_never_was(store: Store) -> None:
    """None and nothing, not an error."""
    assert await store.session(SessionId("nobody")) is None
    assert await store.turns(SessionId("nobody")) == []
    assert await store.sessions() == []


async def test_a_store_that_answers_can_be_pinged(store: Store) -> None:
    """It returns."""
    await store.ping()


async def test_saving_nothing_is_no_mistake(store: Store) -> None:
    """It returns, and nothing is there."""
    await store.save([])
    assert await store.sessions() == []


async def test_a_session_saved_again_replaces_the_older_and_keeps_its_turns(store: Store) -> None:
    """The key is its id; replacing is not deleting."""
    await store.save([make_session(), make_turn()])
    await store.save([make_session(state=SessionState.LIVE)])
    assert [session.state for session in await store.sessions()] == [SessionState.LIVE]
    assert await store.turns(SessionId("s")) == [make_turn()]


async def test_a_turn_saved_again_replaces_the_older(store: Store) -> None:
    """The key is session and item: words, place and times may all be new."""
    await store.save([make_session(), make_turn(0, "bon")])
    later = make_turn(3, "bonjour", item=ItemId("item-0"), interrupted=True)
    await store.save([later])
    assert await store.turns(SessionId("s")) == [later]


async def test_the_last_of_a_key_counts_within_one_save(store: Store) -> None:
    """A save may hold a row twice."""
    await store.save([make_session(), make_turn(0, "bon"), make_turn(0, "bonjour")])
    assert [turn.text for turn in await store.turns(SessionId("s"))] == ["bonjour"]


async def test_sessions_do_not_share_their_items(store: Store) -> None:
    """The same item id in two sessions is two turns."""
    other = SessionId("other")
    await store.save([make_session(), make_session("other"), make_turn(0, "a"), make_turn(0, "b", session=other)])
    assert [turn.text for turn in await store.turns(SessionId("s"))] == ["a"]
    assert [turn.text for turn in await store.turns(other)] == ["b"]


async def test_turns_come_by_position(store: Store) -> None:
    """However they were saved, and 10 after 9."""
    await store.save([make_session(), *(make_turn(position) for position in (2, 10, 0, 9, 1))])
    assert [turn.position for turn in await store.turns(SessionId("s"))] == [0, 1, 2, 9, 10]


async def test_words_that_come_late_slot_into_their_place(store: Store) -> None:
    """The turn after them is saved again with its new position, in the same save."""
    answer = make_turn(0, "ça va", item=ItemId("answer"))
    await store.save([make_session(), answer])
    await store.save([make_turn(0, "comment ça va ?", item=ItemId("question")), attrs.evolve(answer, position=1)])
    assert [turn.text for turn in await store.turns(SessionId("s"))] == ["comment ça va ?", "ça va"]


async def test_sessions_come_oldest_first(store: Store) -> None:
    """By when they were made, not by when they were saved; by id where that is the same."""
    await store.save([make_session("young", created_at=3.0), make_session("b"), make_session("a")])
    await store.save([make_session("old", created_at=1.0)])
    assert [session.id for session in await store.sessions()] == ["old", "a", "b", "young"]


async def page(store: Store, most: int = 10, **asked: Any) -> list[str]:
    """The ids of a page."""
    return [session.id for session in await store.page(most, **asked)]


async def test_pages_come_newest_first(store: Store) -> None:
    """The other way round than all sessions, by id too where two were made at once."""
    await store.save([make_session("young", created_at=3.0), make_session("b"), make_session("a")])
    await store.save([make_session("old", created_at=1.0)])
    assert await page(store) == ["young", "b", "a", "old"]
    assert await page(store, 2) == ["young", "b"]


async def test_a_page_goes_on_behind_a_place(store: Store) -> None:
    """Whatever came meanwhile, and also where no session stands at that place any more."""
    await store.save([make_session("b"), make_session("a"), make_session("old", created_at=1.0)])
    await store.save([make_session("young", created_at=3.0)])
    assert await page(store, before=Place(1.5, SessionId("b"))) == ["a", "old"]
    assert await page(store, 1, before=Place(1.5, SessionId("aa"))) == ["a"]
    assert await page(store, before=Place(1.0, SessionId("old"))) == []


async def test_pages_follow_one_another_without_a_gap(store: Store) -> None:
    """Many made in the same instant, three a page."""
    await store.save([make_session(f"{number:02}", created_at=float(number // 4)) for number in range(20)])
    seen: list[SessionRecord] = []
    while more := await store.page(3, before=Place(seen[-1].created_at, seen[-1].id) if seen else None):
        seen += more
    assert [session.id for session in seen] == [f"{number:02}" for number in reversed(range(20))]


async def test_a_page_may_hold_one_state_alone(store: Store) -> None:
    """Those of another state do not take their room."""
    live = [make_session(f"live {number}", state=SessionState.LIVE) for number in range(3)]
    await store.save([*live, make_session("z"), make_session("gone", state=SessionState.ENDED)])
    assert await page(store, 2, state=SessionState.LIVE) == ["live 2", "live 1"]
    assert await page(store, state=SessionState.CREATED) == ["z"]
    assert await page(store, state=SessionState.LIVE, before=Place(1.5, SessionId("live 1"))) == ["live 0"]


async def test_an_odd_place_is_no_error(store: Store) -> None:
    """It comes from a client."""
    await store.save([make_session()])
    assert await page(store, before=Place(float("inf"), SessionId("\0\ud800"))) == ["s"]


async def test_changes_come_in_the_order_in_which_they_were_saved(store: Store) -> None:
    """Not by position; each with a revision that is higher than all before it."""
    await store.save([make_session(), make_turn(3), make_turn(1)])
    await store.save([make_turn(2)])
    changes = await store.changes(SessionId("s"))
    assert [change.row for change in changes] == [make_turn(3), make_turn(1), make_turn(2)]
    revisions = [change.revision for change in changes]
    assert revisions == sorted(set(revisions))
    assert revisions[0] > 0


async def test_only_what_was_saved_since_is_a_change(store: Store) -> None:
    """A turn that was replaced is one again, as it stands now, and only once."""
    await store.save([make_session(), make_turn(0, "bon"), make_turn(1)])
    known = (await store.changes(SessionId("s")))[-1].revision
    assert await store.changes(SessionId("s"), known) == []
    await store.save([make_turn(2)])
    await store.save([make_turn(0, "bonj")])
    await store.save([make_turn(0, "bonjour")])
    changes = await store.changes(SessionId("s"), known)
    assert [change.row for change in changes] == [make_turn(2), make_turn(0, "bonjour")]
    assert len(await store.changes(SessionId("s"))) == 3


async def test_each_session_has_its_own_revisions(store: Store) -> None:
    """Another one's turns are no news."""
    other = SessionId("other")
    await store.save([make_session(), make_session("other"), make_turn()])
    (first,) = await store.changes(SessionId("s"))
    await store.save([make_turn(session=other), make_session(voice="new")])
    assert await store.changes(SessionId("s"), first.revision) == []
    assert [change.row.session for change in await store.changes(other)] == ["other"]
    assert await store.changes(SessionId("nobody")) == []


async def test_a_save_that_fails_is_no_change(store: Store) -> None:
    """All or none."""
    await store.save([make_session(), make_turn()])
    before = await store.changes(SessionId("s"))
    with pytest.raises(StoreFailed):
        await store.save([make_turn(0, "oh"), make_turn(1), make_turn(2, session=SessionId("nobody"))])
    assert await store.changes(SessionId("s")) == before


async def test_those_who_save_at_once_share_no_revision(store: Store) -> None:
    """However their rows were put together."""
    await store.save([make_session(), make_session("other")])
    async with trio.open_nursery() as nursery:
        for number in range(40):
            session = SessionId("s" if number % 2 else "other")
            nursery.start_soon(store.save, [make_turn(number % 9, session=session), make_turn(100, session=session)])
    for name in ("s", "other"):
        revisions = [change.revision for change in await store.changes(SessionId(name))]
        assert len(set(revisions)) == len(await store.turns(SessionId(name)))


async def test_a_session_may_stand_last_in_one_save(store: Store) -> None:
    """The order within a save is free."""
    await store.save([make_secret(), make_development(), make_turn(), make_session()])
    assert await store.turns(SessionId("s")) == [make_turn()]
    assert await store.developments(SessionId("s")) == [make_development()]
    assert await store.secret("ab12") == make_secret()


@pytest.mark.parametrize("orphan", [make_turn(), make_development(), make_secret()], ids=lambda row: type(row).__name__)
async def test_what_belongs_to_a_session_is_refused_without_it(store: Store, orphan: Row) -> None:
    """Nobody's words would never be listed, and never be deleted; and trying again will not help."""
    with pytest.raises(StoreFailed, match="needs its session") as caught:
        await store.save([orphan])
    assert not caught.value.retryable
    assert await store.changes(SessionId("s")) == []
    assert await store.secret("ab12") is None


@pytest.mark.parametrize(
    "bad",
    [
        make_turn(1, session=SessionId("nobody")),
        make_development(session=SessionId("nobody")),
        make_secret(session=SessionId("nobody")),
        make_turn(2**63),
        make_turn(1, end_ms=Milliseconds(-(2**63) - 1)),
        make_session("t", created_at=float("nan")),
        make_session("t", ended_at=float("inf")),
        make_development(at=float("nan")),
    ],
    ids=[
        "turn without its session",
        "development without its session",
        "secret without its session",
        "position past 64 bits",
        "time past 64 bits",
        "not a time",
        "no end of time",
        "no time at all",
    ],
)
async def test_a_save_is_kept_whole_or_not_at_all(store: Store, bad: Row) -> None:
    """A bad row takes the good ones of its save with it, and nothing else."""
    await store.save([make_session()])
    with pytest.raises(StoreFailed):
        await store.save([make_session("new"), make_turn(), make_development("e"), make_secret("cd"), bad])
    assert await store.sessions() == [make_session()]
    assert await store.changes(SessionId("s")) == []
    assert await store.secret("cd") is None


async def test_a_bad_row_does_not_hurt_those_saved_at_the_same_time(store: Store) -> None:
    """Its caller is told, the others have theirs kept."""
    told: list[str] = []

    async def save(name: str, rows: Sequence[Row]) -> None:
        try:
            await store.save(rows)
        except StoreFailed:
            told.append(name)

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(save, f"good {number}", [make_session(f"good {number}")])
            nursery.start_soon(save, f"bad {number}", [make_turn(number, session=SessionId("nobody"))])
    assert sorted(told) == [f"bad {number}" for number in range(10)]
    assert [session.id for session in await store.sessions()] == [f"good {number}" for number in range(10)]


async def test_many_may_save_at_once(store: Store) -> None:
    """Fifty conversations, each in order, none missing a word."""

    async def talk(name: str) -> None:
        await store.save([make_session(name)])
        for position in range(8):
            await store.save([make_turn(position, session=SessionId(name))])

    async with trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(talk, f"s{number}")
    for number in range(50):
        kept = await store.turns(SessionId(f"s{number}"))
        assert [turn.position for turn in kept] == list(range(8))


async def test_what_was_saved_is_read_at_once(store: Store) -> None:
    """A reader never sees less than a save that has returned."""
    await store.save([make_session()])
    for position in range(20):
        await store.save([make_turn(position)])
        assert len(await store.turns(SessionId("s"))) == position + 1


async def test_a_cancelled_callers_rows_are_kept_all_the_same(store: Store) -> None:
    """Even if it was cancelled before it called."""
    with trio.CancelScope() as leaving:
        leaving.cancel(reason="the client left")
        await store.save([make_session()])
    assert leaving.cancelled_caught
    await store.save([make_turn()])  # what was handed over before is written before
    assert await store.sessions() == [make_session()]


async def test_the_callers_list_may_change_after_it_was_cancelled(store: Store) -> None:
    """Rows are kept as they were handed over."""
    rows: list[Row] = [make_session()]
    with trio.CancelScope() as leaving:
        leaving.cancel()
        await store.save(rows)
    rows.clear()
    await store.save([make_turn()])
    assert await store.sessions() == [make_session()]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Où êtes-vous ?",
        "👩‍👩‍👧 🇫🇷 👍🏽",
        "مرحبا",
        "e\u0301",
        "one\ntwo\r\nthree\ttab",
        "'; DROP TABLE turns; --",
        "%s ? :a",
        "x" * 1_000_000,
    ],
    ids=["empty", "accents", "emoji", "right to left", "combining", "lines", "quotes", "placeholders", "a million"],
)
async def test_words_come_back_letter_by_letter(store: Store, text: str) -> None:
    """Nothing is normalised, trimmed or cut."""
    await store.save([make_session(), make_turn(0, text)])
    assert [turn.text for turn in await store.turns(SessionId("s"))] == [text]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\0b", "a\ufffdb"), ("\ud83d!", "\ufffd!"), ("\0\0", "\ufffd\ufffd")],
    ids=["NUL", "half", "two"],
)
async def test_what_no_database_can_hold_is_replaced_by_a_mark(store: Store, text: str, kept: str) -> None:
    """NUL and half a surrogate pair become U+FFFD: PostgreSQL takes neither, and a word less is better than a turn."""
    await store.save([make_session(), make_turn(0, text)])
    assert [turn.text for turn in await store.turns(SessionId("s"))] == [kept]


async def test_an_id_that_cannot_be_stored_still_finds_its_session(store: Store) -> None:
    """The same mark stands in the question."""
    await store.save([make_session("s\0"), make_turn(session=SessionId("s\0"))])
    kept = await store.session(SessionId("s\0"))
    assert kept is not None
    assert kept.id == "s\ufffd"
    assert len(await store.turns(SessionId("s\0"))) == 1
    await store.save([make_development(session=SessionId("s\0")), make_secret("\ud83d", session=SessionId("s\0"))])
    assert len(await store.developments(SessionId("s\0"))) == 1
    assert await store.secret("\ud83d") is not None


async def test_a_closed_store_refuses(url: str) -> None:
    """Saving and reading say so; neither hangs."""
    async with open_store(url) as closed:
        await closed.save([make_session()])
    with pytest.raises(StoreFailed, match="closed"):
        await closed.save([make_session()])
    with pytest.raises(StoreFailed, match="closed"):
        await closed.sessions()
    with pytest.raises(StoreFailed, match="closed"):
        await closed.changes(SessionId("s"))
    with pytest.raises(StoreFailed, match="closed"):
        await closed.secret("ab12")
    with pytest.raises(StoreFailed, match="closed"):
        await closed.ping()


async def test_an_error_inside_leaves_the_store_as_it_is(url: str) -> None:
    """Not wrapped in a group: that a store has tasks is its own affair."""
    with pytest.raises(ZeroDivisionError):
        async with open_store(url):
            raise ZeroDivisionError


async def test_a_saved_row_is_seen_through_another_connection(outliving: str) -> None:
    """As soon as save has returned, while the first store is still open."""
    async with open_store(outliving) as first, open_store(outliving) as second:
        await first.save([make_session(), make_turn()])
        assert await second.turns(SessionId("s")) == [make_turn()]
        await second.save([make_turn(1)])
        assert [change.row for change in await first.changes(SessionId("s"))] == [make_turn(0), make_turn(1)]


async def test_two_stores_may_write_to_one_database(outliving: str) -> None:
    """Each waits for the other's lock, which is short."""

    async def talk(store: Store, name: str) -> None:
        for number in range(20):
            await store.save([make_session(f"{name} {number}")])

    async with open_store(outliving) as first, open_store(outliving) as second:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(talk, first, "first")
            nursery.start_soon(talk, second, "second")
        assert len(await first.sessions()) == 40


async def test_several_may_open_a_new_database_at_once(outliving: str) -> None:
    """One makes the schema, the others wait for it."""

    async def visit(number: int) -> None:
        async with open_store(outliving) as store:
            await store.save([make_session(f"s{number}")])

    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(visit, number)
    async with open_store(outliving) as store:
        assert len(await store.sessions()) == 4


async def test_rows_outlive_the_store(outliving: str) -> None:
    """Opened again, it holds what it held."""
    async with open_store(outliving) as store:
        await store.save([make_session(), make_turn(), make_development(), make_secret()])
        before = await store.changes(SessionId("s"))
    async with open_store(outliving) as store:
        assert await store.sessions() == [make_session()]
        assert await store.changes(SessionId("s")) == before
        assert await store.secret("ab12") == make_secret()


async def test_a_store_tells_figures_of_itself(store: Store) -> None:
    """By name; asking changes none of them."""
    await store.save([make_session()])
    figures = store.statistics()
    assert figures
    assert store.statistics() == figures


async def test_closing_writes_what_was_handed_over(outliving: str) -> None:
    """Although nobody waits for it any more."""
    async with open_store(outliving) as store, trio.open_nursery() as nursery:
        for number in range(100):
            nursery.start_soon(store.save, [make_session(f"s{number}")])
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel(reason="octi is stopping")
    async with open_store(outliving) as store:
        assert len(await store.sessions()) == 100


async def test_closing_writes_even_when_it_is_cancelled(outliving: str) -> None:
    """The cancel may come from outside the store."""
    with trio.CancelScope() as outside:
        async with open_store(outliving) as store:
            outside.cancel(reason="ctrl-c")
            await store.save([make_session()])
    async with open_store(outliving) as store:
        assert await store.sessions() == [make_session()]


@pytest.mark.slow
async def test_killed_at_any_moment_it_holds_every_row_whose_save_had_returned(outliving: str) -> None:
    """And no row without those before it: a prefix of what was said, one turn at most ahead of the acknowledged."""
    acknowledged = await trio.to_thread.run_sync(kill_after_some_saves, outliving)
    async with open_store(outliving) as store:
        positions = [turn.position for turn in await store.turns(SessionId("s"))]
    assert positions == list(range(len(positions)))
    assert acknowledged + 1 <= len(positions)


def kill_after_some_saves(url: str) -> int:
    """Run a child that saves and says so, kill it (SIGKILL) in full swing. The last number that it said."""
    command = [sys.executable, "-c", CHILD, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(25)]
        child.kill()
        said += child.stdout.readlines()
    return int([line for line in said if line.endswith("\n")][-1])
