"""Which session a leg belongs to."""

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.directory.admission import PARTING_S
from octi.directory.wishes import Wish
from octi.errors import (
    BadIntent,
    BadMessage,
    BadModel,
    BadSecret,
    SessionClosed,
    SessionTaken,
    Stopping,
    UnknownSession,
    Unserved,
)
from octi.records import SessionRecord, SessionState
from octi.session.live import Order
from octi.units import SessionId
from tests.directory.scenes import Scene, run_leg


async def made(scene: Scene) -> SessionRecord:
    return await scene.directory.make(Wish(instructions="Be brief."))


async def admitted(scene: Scene, session: str | None = None, secret: str | None = None) -> SessionRecord:
    return await scene.directory.admit(secret, session, door="octi")


# Sockets


async def test_who_names_nothing_gets_a_session_of_the_settings() -> None:
    """With the model that the leg names; it is stored when it begins, and its slot is taken."""
    scene = Scene()
    record = await scene.directory.admit(None, None, door="octi", model="m2")
    assert (record.model, record.door, record.resumable, record.state) == ("m2", "octi", False, SessionState.CREATED)
    assert await scene.store.session(record.id) is None
    assert record.id in scene.live


async def test_a_session_is_entered_by_its_name() -> None:
    """Through whatever door; its slot is taken."""
    scene = Scene()
    record = await made(scene)
    assert await admitted(scene, record.id) == attrs.evolve(record, door="octi")
    assert record.id in scene.live


@pytest.mark.parametrize("direct", [True, False])
async def test_a_secret_opens_its_session(direct: bool) -> None:
    """Whoever made it; as often as one likes, with the session's name beside it or without."""
    scene = Scene()
    record = await made(scene)
    secret = (await scene.directory.mint(record, {}, direct=direct)).value
    for session in (None, record.id, None):
        assert (await admitted(scene, session, secret)).id == record.id
        scene.live.leave(record.id)


async def test_a_secret_without_a_session_opens_a_new_one_each_time() -> None:
    """With its preset, stored whole: the session with its first instructions."""
    scene = Scene()
    config = {"model": "m2", "instructions": "Be brief.", "audio": {"output": {"voice": "marin"}}}
    secret = (await scene.directory.mint(None, config, direct=False)).value
    one, other = await admitted(scene, secret=secret), await admitted(scene, secret=secret)
    assert one.id != other.id
    assert (one.model, one.voice, one.resumable) == ("m2", "marin", False)
    assert await scene.stored(one.id) == one
    assert (await scene.steering.instructions(one.id)).text == "Be kind.\n\nBe brief."


async def test_a_secret_that_octi_does_not_know_opens_nothing() -> None:
    """Nor does one that has expired; and which it was is not said."""
    scene = Scene()
    record = await made(scene)
    minted = await scene.directory.mint(record, {}, direct=False)
    scene.time = float(minted.expires_at)
    for secret in ("ek_unknown", "ek_\ud800", minted.value):
        for session in (None, record.id):
            with pytest.raises(BadSecret, match="it is not known here"):
                await admitted(scene, session, secret)
    assert scene.is_free()


async def test_a_secret_opens_no_other_session() -> None:
    """Though that one may be entered by its name."""
    scene = Scene()
    one, other = await made(scene), await made(scene)
    secret = (await scene.directory.mint(one, {}, direct=False)).value
    with pytest.raises(BadSecret):
        await admitted(scene, other.id, secret)


@pytest.mark.parametrize("secret", ["", "sk-key", "guest"])
async def test_what_is_no_client_secret_is_not_looked_at(secret: str) -> None:
    """It is somebody else's to judge."""
    scene = Scene()
    assert (await admitted(scene, secret=secret)).resumable is False


@pytest.mark.parametrize("direct", [True, False])
async def test_a_session_may_only_transcribe(direct: bool) -> None:
    """By its secret, whoever made that, or by its address; it has neither model nor voice (protocol 1.6)."""
    scene = Scene()
    minted = await scene.directory.mint(None, {"type": "transcription"}, direct=direct)
    for secret, asked in ((minted.value, True), (minted.value, False), (None, True)):
        record = await scene.directory.admit(secret, None, door="realtime", transcribes=asked)
        assert (record.model, record.voice) == ("", "")
        assert msgspec.json.decode(record.config)["type"] == "transcription"


async def test_a_transcription_goes_with_no_model_and_a_conversation_is_none() -> None:
    """No slot is left taken."""
    scene = Scene()
    heard = (await scene.directory.mint(None, {"type": "transcription"}, direct=False)).value
    spoken = (await scene.directory.mint(None, {}, direct=False)).value
    record = await made(scene)
    with pytest.raises(BadModel, match="must not provide a model"):
        await scene.directory.admit(heard, None, door="realtime", model="m")
    with pytest.raises(BadIntent, match="realtime session"):
        await scene.directory.admit(spoken, None, door="realtime", transcribes=True)
    with pytest.raises(BadIntent, match="realtime session"):
        await scene.directory.admit(None, record.id, door="realtime", transcribes=True)
    assert scene.is_free()


async def test_a_call_does_not_only_transcribe() -> None:
    scene = Scene()
    minted = await scene.directory.mint(None, {"type": "transcription"}, direct=True)
    with pytest.raises(Unserved, match="transcribe"):
        await scene.directory.find_for_call(minted.value, None, door="call")


async def test_nobody_enters_what_is_not_there() -> None:
    """No slot is left taken."""
    scene = Scene()
    with pytest.raises(UnknownSession):
        await admitted(scene, "nobody")
    assert scene.is_free()


async def test_a_closed_session_s_secrets_open_nothing() -> None:
    """Nor does its name."""
    scene = Scene()
    record = await made(scene)
    secret = (await scene.directory.mint(record, {}, direct=False)).value
    await scene.directory.close(record.id)
    for session, value in ((record.id, None), (None, secret)):
        with pytest.raises(SessionClosed):
            await admitted(scene, session, value)
    assert scene.is_free()


async def test_a_session_has_one_leg_at_a_time(autojump_clock: MockClock) -> None:
    """Of two that come together one is let in; when it has left, another may come."""
    scene = Scene()
    record = await made(scene)
    outcomes: list[str] = []

    async def come() -> None:
        try:
            outcomes.append((await admitted(scene, record.id)).id)
        except SessionTaken:
            outcomes.append("taken")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(come)
        nursery.start_soon(come)
    assert sorted(outcomes) == sorted([record.id, "taken"])
    scene.live.leave(record.id)
    assert (await admitted(scene, record.id)).id == record.id


async def test_who_comes_back_at_once_waits_for_his_older_leg_to_leave(autojump_clock: MockClock) -> None:
    """It has yet to store what was said, for which it has some seconds; one that is not leaving is not waited for."""
    scene = Scene()
    record = await admitted(scene, (await made(scene)).id)
    for takes_s in (0.0, PARTING_S - 1, PARTING_S + 1):
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            if takes_s:
                scene.live.part(record.id)
                nursery.start_soon(leave_later, scene, record, takes_s)
            if 0 < takes_s < PARTING_S:
                assert (await admitted(scene, record.id)).id == record.id
            else:
                with pytest.raises(SessionTaken):
                    await admitted(scene, record.id)
            assert trio.current_time() - began == min(takes_s, PARTING_S)


async def leave_later(scene: Scene, record: SessionRecord, seconds: float) -> None:
    await trio.sleep(seconds)
    scene.live.leave(record.id)


async def test_a_session_whose_leg_ended_is_taken_up_again(autojump_clock: MockClock) -> None:
    """It was made over HTTP, and nobody closed it."""
    scene = Scene()
    record = await made(scene)
    await scene.store.save([record.end(at=2.0, by="client", reason="left")])
    again = await admitted(scene, record.id)
    assert again.move(SessionState.LIVE).state is SessionState.LIVE


async def test_a_session_for_one_leg_is_over_with_it(autojump_clock: MockClock) -> None:
    """It can be seen, and not entered."""
    scene = Scene()
    record = await admitted(scene)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_leg, scene.live, scene.store, record)
        await wait_all_tasks_blocked()
        with pytest.raises(SessionTaken):
            await admitted(scene, record.id)
        scene.live.dismiss(record.id)
    with pytest.raises(SessionClosed):
        await admitted(scene, record.id)
    assert scene.is_free()


async def test_a_session_that_a_killed_octi_left_live_is_taken_up_again() -> None:
    """It is ended first, and what is known of that is stored."""
    scene = Scene()
    record = await made(scene)
    await scene.store.save([record.move(SessionState.LIVE)])
    scene.restarted()
    again = await admitted(scene, record.id)
    assert (again.state, again.end_reason) == (SessionState.ENDED, "the octi that ran it is gone")
    assert (await scene.stored(record.id)).state is SessionState.ENDED


async def test_nobody_is_let_in_while_octi_drains() -> None:
    """Neither socket nor call."""
    scene = Scene()
    record = await made(scene)
    scene.live.draining.set()
    with pytest.raises(Stopping):
        await admitted(scene, record.id)
    with pytest.raises(Stopping):
        await scene.directory.attach_call(record.id, "rtc_1")


async def test_who_enters_while_a_session_is_closed_finds_it_closed(autojump_clock: MockClock) -> None:
    """It waits until that is done."""
    scene = Scene()
    record = await made(scene)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_leg, scene.live, scene.store, await admitted(scene, record.id))
        await wait_all_tasks_blocked()
        nursery.start_soon(scene.directory.close, record.id)
        await wait_all_tasks_blocked()
        with pytest.raises(SessionClosed):
            await admitted(scene, record.id)
    assert scene.is_free()


async def test_who_was_let_in_and_has_not_begun_is_told_to_end(autojump_clock: MockClock) -> None:
    """A close between the two reaches the leg as soon as it listens."""
    scene = Scene()
    record = await admitted(scene, (await made(scene)).id)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.directory.close, record.id)
        await wait_all_tasks_blocked()
        nursery.start_soon(run_leg, scene.live, scene.store, record)
    assert not (await scene.stored(record.id)).resumable
    assert scene.is_free()


# Calls


async def test_a_call_is_joined_with_the_secret_that_made_it() -> None:
    """Likeliest the newest that the session was given; the id is stored first."""
    scene = Scene()
    record = await made(scene)
    secrets = [(await scene.directory.mint(record, {}, direct=True)).value for _ in range(2)]
    unbound = (await scene.directory.mint(None, {}, direct=True)).value
    await scene.directory.attach_call(record.id, "rtc_1", secret="ek_told")
    likely = ("ek_told", secrets[1], secrets[0], unbound)
    assert scene.calls.joined == [(attrs.evolve(record, call_id="rtc_1"), "rtc_1", likely, False)]
    assert (await scene.stored(record.id)).call_id == "rtc_1"


async def test_a_call_that_octi_made_is_joined_with_its_key() -> None:
    """And so is one whose secret is not known here any more."""
    scene = Scene()
    one, other = await made(scene), await made(scene)
    await scene.directory.mint(one, {}, direct=True)
    await scene.directory.attach_call(one.id, "rtc_1", own=True)
    await scene.directory.attach_call(other.id, "rtc_2")
    assert [(bool(secrets), own) for _, _, secrets, own in scene.calls.joined] == [(True, True), (False, False)]


@pytest.mark.parametrize("call_id", ["", "a/b", "..", "x" * 300])
async def test_what_is_no_call_is_not_joined(call_id: str) -> None:
    """It would change a path."""
    scene = Scene()
    with pytest.raises(BadMessage):
        await scene.directory.attach_call((await made(scene)).id, call_id)


async def test_a_call_is_joined_once(autojump_clock: MockClock) -> None:
    """While it is heard; when that ended, it is joined again."""
    scene = Scene()
    record = await made(scene)
    async with trio.open_nursery() as nursery:
        scene.calls.nursery = nursery
        for _ in range(2):
            nursery.start_soon(scene.directory.attach_call, record.id, "rtc_1")
        await wait_all_tasks_blocked()
        assert len(scene.calls.joined) == 1
        scene.live.dismiss(record.id)
        await trio.sleep(2)
        await scene.directory.attach_call(record.id, "rtc_1")
        assert len(scene.calls.joined) == 2
        await scene.directory.close(record.id)
    assert scene.is_free()


async def test_a_call_is_heard_by_the_session_that_asked_last(autojump_clock: MockClock) -> None:
    """Two would both answer what its agent calls; the other one leaves it, and does not hang up."""
    scene = Scene()
    older, newer = await made(scene), await made(scene)
    async with trio.open_nursery() as nursery:
        scene.calls.nursery = nursery
        await scene.directory.attach_call(older.id, "rtc_1")
        await wait_all_tasks_blocked()
        nursery.start_soon(scene.directory.attach_call, newer.id, "rtc_1")
        await wait_all_tasks_blocked()
        assert scene.live.order_for(older.id) is Order.MOVED
        await trio.sleep(2)
        assert (older.id in scene.live, newer.id in scene.live) == (False, True)
        await scene.directory.close(newer.id)
    assert scene.is_free()


async def test_a_call_that_another_session_heard_is_joined_with_that_ones_secret_too(autojump_clock: MockClock) -> None:
    """A client that begins a session anew in the middle of its call made it with the older one's."""
    scene = Scene()
    older, newer = await made(scene), await made(scene)
    one, other = [(await scene.directory.mint(each, {}, direct=True)).value for each in (older, newer)]
    async with trio.open_nursery() as nursery:
        scene.calls.nursery = nursery
        await scene.directory.attach_call(older.id, "rtc_1")
        await wait_all_tasks_blocked()
        await scene.directory.attach_call(newer.id, "rtc_1")
        await scene.directory.close(newer.id)
    assert [joined[2] for joined in scene.calls.joined] == [(one,), (one, other)]


async def test_who_may_have_made_a_call_is_known_while_it_is_heard() -> None:
    """Of another call nothing is told."""
    scene = Scene()
    record = await made(scene)
    secret = (await scene.directory.mint(record, {}, direct=True)).value
    await scene.directory.attach_call(record.id, "rtc_1")
    assert scene.directory.secrets_of("rtc_1") == (secret,)
    assert scene.directory.secrets_of("rtc_2") == ()


async def test_a_call_s_session_is_found_without_its_slot() -> None:
    """By its secret or its name, even while an older call of it is heard."""
    scene = Scene()
    record = await made(scene)
    secret = (await scene.directory.mint(record, {}, direct=False)).value
    await scene.directory.attach_call(record.id, "rtc_1")
    for asked in ((secret, None), (None, record.id), (secret, record.id)):
        assert (await scene.directory.find_for_call(*asked, door="call")).id == record.id
    with pytest.raises(BadSecret):
        await scene.directory.find_for_call(secret, "another", door="call")
    with pytest.raises(BadSecret):
        await scene.directory.find_for_call("ek_wrong", None, door="call")


async def test_a_secret_of_nobody_s_makes_a_session_for_its_call() -> None:
    """Stored, and not live yet."""
    scene = Scene()
    secret = (await scene.directory.mint(None, {"instructions": "Be brief."}, direct=False)).value
    record = await scene.directory.find_for_call(secret, None, door="call")
    assert (await scene.stored(record.id)).state is SessionState.CREATED
    assert scene.is_free()


async def test_an_older_call_is_left_for_a_newer_one(autojump_clock: MockClock) -> None:
    """First it has ended, whole."""
    scene = Scene()
    record = await made(scene)
    async with trio.open_nursery() as nursery:
        scene.calls.nursery = nursery
        await scene.directory.attach_call(record.id, "rtc_1")
        await wait_all_tasks_blocked()
        await scene.directory.attach_call(record.id, "rtc_2")
        assert trio.current_time() == 1.0
        joined = scene.calls.joined[1][0]
        assert (joined.state, joined.call_id) == (SessionState.ENDED, "rtc_2")
        await scene.directory.close(record.id)
    assert (await scene.stored(record.id)).call_id == "rtc_2"
    assert scene.is_free()


async def test_an_older_call_that_does_not_end_keeps_the_session(autojump_clock: MockClock) -> None:
    """The newer one is not joined, and its id is not stored."""
    scene = Scene()
    record = await made(scene)
    scene.calls.leaves_after_s = 60.0
    async with trio.open_nursery() as nursery:
        scene.calls.nursery = nursery
        await scene.directory.attach_call(record.id, "rtc_1")
        with pytest.raises(SessionTaken):
            await scene.directory.attach_call(record.id, "rtc_2")
    assert (await scene.stored(record.id)).call_id == "rtc_1"


async def test_a_socket_s_session_is_not_taken_by_a_call() -> None:
    """Even if it was a call's before."""
    scene = Scene()
    record = await made(scene)
    await scene.directory.attach_call(record.id, "rtc_1")
    scene.live.leave(record.id)
    await admitted(scene, record.id)
    for call in ("rtc_1", "rtc_2"):
        with pytest.raises(SessionTaken):
            await scene.directory.attach_call(record.id, call)


async def test_a_call_s_session_is_not_taken_by_a_socket() -> None:
    """One leg at a time."""
    scene = Scene()
    record = await made(scene)
    await scene.directory.attach_call(record.id, "rtc_1")
    with pytest.raises(SessionTaken):
        await admitted(scene, record.id)


async def test_no_call_is_joined_for_a_session_that_is_not_there() -> None:
    """Or is closed."""
    scene = Scene()
    record = await made(scene)
    await scene.directory.close(record.id)
    for session in (record.id, "nobody"):
        with pytest.raises(UnknownSession):
            await scene.directory.attach_call(session, "rtc_1")


async def test_where_calls_cannot_be_joined_the_id_is_kept() -> None:
    """The embedded engine has none: the client is answered as always."""
    scene = Scene(provider=None)
    scene.calls.problem = "The embedded engine has no calls."
    record = await made(scene)
    await scene.directory.attach_call(record.id, "rtc_1")
    assert (await scene.stored(record.id)).call_id == "rtc_1"
    assert scene.calls.joined == []
    assert scene.is_free()


async def test_a_call_that_ended_is_forgotten() -> None:
    """What is known of calls does not grow."""
    scene = Scene()
    for number in range(3):
        record = await made(scene)
        await scene.directory.attach_call(record.id, f"rtc_{number}")
        scene.live.leave(SessionId(record.id))
    assert len(scene.directory.admission._attached) == 1
