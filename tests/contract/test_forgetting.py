"""What every store promises of rows that are to be deleted."""

import pytest

from octi.errors import StoreFailed
from octi.records import Development, DevelopmentKind, Row, SessionState
from octi.store import open_store
from octi.store.base import Forgetting, Store
from octi.units import SessionId
from tests.contract.test_store import make_development, make_secret, make_session, make_turn

S, T = SessionId("s"), SessionId("t")
PROFILE = DevelopmentKind.PROFILE


async def fill(store: Store, state: SessionState = SessionState.ENDED) -> None:
    """Two sessions with one row of each kind, and a secret of nobody's."""
    for name in (S, T):
        rows: list[Row] = [make_turn(session=name), make_development(session=name), make_secret(name, session=name)]
        profile = make_development("p", session=name, kind=PROFILE)
        await store.save([make_session(name, state=state), *rows, profile])
    await store.save([make_secret("free", session=None)])


async def test_a_session_goes_with_all_that_belongs_to_it(store: Store) -> None:
    """And nothing else goes; how many rows of each kind, is told."""
    await fill(store)
    gone = await store.forget(Forgetting(sessions=[S]))
    assert dict(gone) == {"sessions": 1, "turns": 1, "developments": 2, "secrets": 1}
    assert await store.session(S) is None
    assert (await store.changes(S), await store.secret("s")) == ([], None)
    assert await store.session(T) is not None
    assert (len(await store.changes(T)), await store.secret("t")) == (3, make_secret("t", session=T))
    assert await store.secret("free") is not None


async def test_counting_deletes_nothing(store: Store) -> None:
    """A dry run tells what would go."""
    await fill(store)
    counted = await store.forget(Forgetting(sessions=[S, T], dry_run=True))
    assert dict(counted) == {"sessions": 2, "turns": 2, "developments": 4, "secrets": 2}
    assert len(await store.changes(S)) == 3


async def test_only_profiles_go_where_only_those_are_meant(store: Store) -> None:
    """What was said stays."""
    await fill(store)
    assert dict(await store.forget(Forgetting(sessions=[S], profiles_only=True))) == {"developments": 1}
    assert await store.developments(S) == [make_development()]
    assert await store.turns(S) == [make_turn()]
    assert len(await store.developments(T)) == 2


async def test_who_followed_a_session_misses_nothing_when_its_profile_goes(store: Store) -> None:
    """No revision is given twice: not even that of the last row, if it goes."""
    await store.save([make_session(state=SessionState.ENDED), make_turn()])
    await store.save([make_development("p", kind=PROFILE)])
    seen = (await store.changes(S))[-1].revision
    await store.forget(Forgetting(sessions=[S], profiles_only=True))
    await store.save([make_turn(1)])
    assert [change.row for change in await store.changes(S, seen)] == [make_turn(1)]
    assert [change.row for change in await store.changes(S)] == [make_turn(), make_turn(1)]


async def test_a_live_session_stays_unless_it_is_meant(store: Store) -> None:
    """Somebody still speaks there."""
    await fill(store, SessionState.LIVE)
    for profiles_only in (False, True):
        assert not await store.forget(Forgetting(sessions=[S], profiles_only=profiles_only))
    assert len(await store.changes(S)) == 3
    assert (await store.forget(Forgetting(sessions=[S], live=True)))["sessions"] == 1
    assert await store.session(S) is None


async def test_who_is_not_there_is_not_counted(store: Store) -> None:
    """Asked for twice it goes once; and nobody is nobody."""
    await fill(store)
    assert (await store.forget(Forgetting(sessions=[S, S, SessionId("nobody\0")])))["sessions"] == 1
    assert not await store.forget(Forgetting(sessions=[S]))
    assert not await store.forget(Forgetting(sessions=[]))


async def test_a_row_of_a_session_that_is_gone_cannot_be_kept(store: Store) -> None:
    """Nothing of it comes back by itself."""
    await fill(store)
    await store.forget(Forgetting(sessions=[S]))
    with pytest.raises(StoreFailed) as caught:
        await store.save([make_turn(1)])
    assert not caught.value.retryable


async def test_a_session_may_be_made_anew(store: Store) -> None:
    """As if it had never been."""
    await fill(store)
    await store.forget(Forgetting(sessions=[S]))
    await store.save([make_session(), make_turn()])
    assert [change.revision for change in await store.changes(S)] == [1]


async def test_it_is_deleted_while_another_process_writes(outliving: str) -> None:
    """octi runs on the same database."""
    async with open_store(outliving) as octi, open_store(outliving) as tool:
        await fill(octi)
        await tool.forget(Forgetting(sessions=[S]))
        assert await octi.session(S) is None
        await octi.save([make_turn(1, session=T)])
        assert isinstance((await octi.developments(T))[0], Development)
