"""The end of a session for good."""

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.directory.closing import ENDING_S, LOST
from octi.directory.wishes import Wish
from octi.errors import SessionClosed, UnknownSession, UpstreamLost
from octi.records import SessionRecord, SessionState
from tests.directory.scenes import Scene, run_leg


async def session_in(scene: Scene, state: SessionState = SessionState.CREATED, call: str | None = None) -> str:
    record = await scene.directory.make(Wish())
    await scene.store.save([attrs.evolve(record, state=state, call_id=call)])
    return record.id


async def begun(scene: Scene, nursery: trio.Nursery, session: str, leaves_after_s: float = 1.0) -> SessionRecord:
    """A leg of a session, which runs."""
    record = await scene.directory.admit(None, session, door="octi")
    nursery.start_soon(run_leg, scene.live, scene.store, record, leaves_after_s)
    await wait_all_tasks_blocked()
    return record


async def test_a_live_session_ends_for_good(autojump_clock: MockClock) -> None:
    """Its leg is told and waited for; what that stored last is kept, and nobody takes it up again."""
    scene = Scene()
    session = await session_in(scene)
    async with trio.open_nursery() as nursery:
        await begun(scene, nursery, session)
        ended = await scene.directory.end(session)
        assert trio.current_time() == 1.0
    assert ended.over
    assert ended.record == await scene.stored(session)
    assert (ended.record.state, ended.record.ended_at, ended.record.resumable) == (SessionState.ENDED, 9.0, False)
    assert scene.is_free()


async def test_a_leg_that_does_not_leave_is_not_waited_for_long(autojump_clock: MockClock) -> None:
    """The session is over all the same: nobody enters it, and asking again finds that it has ended."""
    scene = Scene()
    session = await session_in(scene)
    async with trio.open_nursery() as nursery:
        await begun(scene, nursery, session, 60.0)
        ended = await scene.directory.end(session)
        assert (ended.over, trio.current_time()) == (False, ENDING_S)
        with pytest.raises(SessionClosed):
            await scene.directory.admit(None, session, door="octi")
        with pytest.raises(UnknownSession):
            await scene.directory.find(session)
        await trio.sleep(60)
    assert (await scene.stored(session)).resumable  # the leg knew no better
    assert not (await scene.directory.shelf.any(session)).resumable
    assert (await scene.directory.end(session)).over
    assert not (await scene.stored(session)).resumable
    assert not scene.directory.shelf.closing


async def test_a_close_that_was_cut_short_holds(autojump_clock: MockClock) -> None:
    """A client that does not wait for its answer closes its session as well."""
    scene = Scene()
    session = await session_in(scene)
    async with trio.open_nursery() as nursery:
        await begun(scene, nursery, session)
        with trio.move_on_after(0.5):
            await scene.directory.close(session)
    assert (await scene.stored(session)).state is SessionState.ENDED
    with pytest.raises(SessionClosed):
        await scene.directory.admit(None, session, door="octi")
    assert await scene.directory.close(session)
    assert not await scene.directory.close(session)
    assert scene.is_free()


async def test_a_session_that_never_began_is_ended_by_whoever_says_so() -> None:
    """And that is said."""
    scene = Scene()
    for by, reason in (("operator", "ended by an operator before it began"), ("client", "closed by its client")):
        session = await session_in(scene)
        await (scene.directory.end(session) if by == "operator" else scene.directory.close(session))
        record = await scene.stored(session)
        assert record.end_reason is not None
        assert (record.state, record.ended_by, record.ended_at) == (SessionState.ENDED, by, scene.time)
        assert record.end_reason.startswith(reason)


async def test_a_session_that_a_killed_octi_left_is_marked_as_ended() -> None:
    """With what is known of it; its followers are woken."""
    scene = Scene()
    session = await session_in(scene, SessionState.LIVE)
    follower = scene.live.feed.follow((await scene.stored(session)).id)
    assert (await scene.directory.end(session)).record.end_reason == f"ended by an operator; {LOST}"
    await follower.wait()


async def test_a_session_that_had_ended_keeps_its_end() -> None:
    """It is closed, and how it ended stays."""
    scene = Scene()
    session = await session_in(scene)
    ended = (await scene.stored(session)).end(at=2.0, by="client", reason="left")
    await scene.store.save([ended])
    assert await scene.directory.close(session)
    assert await scene.stored(session) == ended.closed()


async def test_closing_twice_is_closing_once() -> None:
    """The second time there is nothing to close; nor is there a session that never was."""
    scene = Scene()
    session = await session_in(scene)
    assert [await scene.directory.close(session) for _ in range(2)] == [True, False]
    assert not await scene.directory.close("nobody")
    assert (await scene.directory.end(session)).record == await scene.stored(session)
    with pytest.raises(UnknownSession):
        await scene.directory.end("nobody")


async def test_a_call_that_nobody_listens_to_is_hung_up(autojump_clock: MockClock) -> None:
    """As who made it: first with the session's secret, then with octi's key."""
    scene = Scene()
    session = await session_in(scene, SessionState.LIVE, "rtc_1")
    minted = await scene.directory.mint(await scene.stored(session), {}, direct=True)
    await scene.directory.end(session)
    assert scene.given.hung_up == [(minted.value, "rtc_1"), (None, "rtc_1")]


async def test_who_hears_a_call_hangs_it_up_itself(autojump_clock: MockClock) -> None:
    """Its leg does that as it ends; one that ended has done so."""
    scene = Scene()
    session = await session_in(scene)
    async with trio.open_nursery() as scene.calls.nursery:
        await scene.directory.attach_call(session, "rtc_1")
        await scene.directory.end(session)
    ended = await session_in(scene, call="rtc_2")
    await scene.store.save([(await scene.stored(ended)).end(at=2.0, by="client", reason="left")])
    await scene.directory.end(ended)
    assert scene.given.hung_up == []


@pytest.mark.parametrize(("takes_s", "fault"), [(3600.0, None), (0.0, UpstreamLost("p", "gone"))])
async def test_a_call_that_cannot_be_hung_up_does_not_keep_a_session(
    takes_s: float, fault: UpstreamLost | None, autojump_clock: MockClock
) -> None:
    """It is over before that is tried."""
    scene = Scene()
    session = await session_in(scene, SessionState.LIVE, "rtc_1")
    scene.given.takes_s, scene.given.fault = takes_s, fault
    assert await scene.directory.close(session)
    assert trio.current_time() <= 5


async def test_a_call_is_hung_up_once() -> None:
    """By the first who may."""
    scene = Scene()
    session = await session_in(scene, SessionState.LIVE, "rtc_1")
    scene.given.calls_of = (await scene.directory.mint(await scene.stored(session), {}, direct=True)).value
    await scene.directory.end(session)
    assert scene.given.hung_up == [(scene.given.calls_of, "rtc_1")]


async def test_a_secret_that_expired_leaves_the_key_to_end_a_call() -> None:
    """Refused with the first, it is tried with the next."""
    scene = Scene()
    session = await session_in(scene, SessionState.LIVE, "rtc_1")
    await scene.directory.mint(await scene.stored(session), {}, direct=True)
    scene.given.expired = True
    await scene.directory.end(session)
    assert scene.given.hung_up == [(None, "rtc_1")]


async def test_a_leg_that_could_not_store_its_end_has_ended_all_the_same(autojump_clock: MockClock) -> None:
    """The row says what the leg could not."""
    scene = Scene()
    session = await session_in(scene, SessionState.LIVE)
    name = (await scene.stored(session)).id
    scene.live.enter(name)

    async def leave_unheard() -> None:
        await scene.live.wait_dismissed(name)
        scene.live.leave(name)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(leave_unheard)
        ended = await scene.directory.end(session)
    assert (ended.over, ended.record.end_reason) == (True, "ended by an operator")
