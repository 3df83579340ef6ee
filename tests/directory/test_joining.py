"""Which session a client is that listens to a call, and with whose credentials it may be let in."""

from functools import partial

import attrs
import pytest
import trio

from octi.directory.secrets import looks_like_secret
from octi.directory.wishes import Wish
from octi.errors import BadSecret, SessionTaken, UnknownCall
from octi.guard.caller import Caller, Scope
from octi.records import SessionRecord
from tests.directory.scenes import Scene

CALL = "rtc_1"
SERVER = frozenset({Scope.SESSIONS, Scope.MINT})
OURS, OTHERS = Caller(tenant="", key="k", scopes=SERVER), Caller(tenant="other", key="k", scopes=SERVER)
A_USER = Caller(user="ana")  # of the operator's own login


@attrs.define(eq=False)
class Calls(Scene):
    """A directory whose clients join calls."""

    async def join(
        self, secret: str | None = None, session: str | None = None, caller: Caller = OURS, call_id: str = CALL
    ) -> SessionRecord:
        enter = partial(self.directory.admit, secret, session, door="realtime")
        return await self.directory.joining.admit(call_id, secret, "realtime", enter, caller=caller)

    async def hearing(self) -> SessionRecord:
        """A session of octi's that hears the call."""
        record = await self.directory.make(Wish())
        await self.directory.attach_call(record.id, CALL, own=True)
        return await self.stored(record.id)

    async def secret(self, record: SessionRecord | None) -> str:
        value = (await self.directory.mint(record, {}, direct=True)).value
        assert looks_like_secret(value)
        return value

    def keys(self, record: SessionRecord, secret: str | None = None, caller: Caller = OURS) -> list[str | None]:
        return self.directory.joining.keys(CALL, record, secret, caller)


async def test_the_first_client_of_a_call_keeps_it() -> None:
    """The next ones only listen, until it has left."""
    scene = Calls()
    first, second = await scene.join(), await scene.join()
    assert [scene.directory.joining.keeps(CALL, each) for each in (first, second)] == [True, False]
    scene.live.leave(first.id)
    assert not scene.directory.joining.keeps(CALL, second)  # what it heard so far was kept with the first
    third = await scene.join()
    assert scene.directory.joining.keeps(CALL, third)
    assert await scene.store.sessions() == []


async def test_where_octi_hears_the_call_no_client_keeps_it() -> None:
    """Also not one that joined before octi did."""
    scene = Calls()
    early = await scene.join()
    await scene.hearing()
    late = await scene.join()
    assert [scene.directory.joining.keeps(CALL, each) for each in (early, late)] == [False, False]


async def test_who_may_open_the_session_that_hears_a_call_is_its_guest() -> None:
    """By its name or by its secret: another session, of the same owner, that stands in no store."""
    scene = Calls()
    record = await scene.hearing()
    secret = await scene.secret(record)
    for guest in (await scene.join(secret), await scene.join(session=record.id)):
        assert guest.id != record.id
        assert guest.id in scene.live
        assert guest.extraction is record.extraction
        assert not scene.directory.joining.keeps(CALL, guest)
    assert [each.id for each in await scene.store.sessions()] == [record.id]


async def test_a_secret_of_another_session_opens_no_call_that_octi_hears() -> None:
    """Nor does one of none."""
    scene = Calls()
    await scene.hearing()
    for session in (await scene.directory.make(Wish()), None):
        secret = await scene.secret(session)
        with pytest.raises(BadSecret):
            await scene.join(secret)
    assert len(scene.live) == 1


async def test_another_tenants_call_is_no_call() -> None:
    """It is not even said that there is one."""
    scene = Calls()
    await scene.hearing()
    for caller in (OTHERS, attrs.evolve(A_USER, tenant="other")):
        with pytest.raises(UnknownCall):
            await scene.join(caller=caller)
    assert len(scene.live) == 1


@pytest.mark.parametrize("call_id", ["", "..", "a/b", "x" * 300, "a b"])
async def test_what_is_no_call_s_id_is_not_asked_for(call_id: str) -> None:
    scene = Calls()
    with pytest.raises(UnknownCall):
        await scene.join(call_id=call_id)
    assert scene.is_free()


async def test_a_session_that_has_a_client_has_one() -> None:
    """It is the call that may be heard twice, not another session."""
    scene = Calls()
    record = await scene.directory.make(Wish())
    scene.live.enter(record.id)
    with pytest.raises(SessionTaken):
        await scene.join(session=record.id)


async def test_whose_key_is_tried() -> None:
    """A server's of the operator: octi's, then those that may have made the call."""
    scene = Calls()
    record = await scene.join()
    assert scene.keys(record) == [None]
    bound = await scene.hearing()
    secret = await scene.secret(bound)
    assert scene.keys(record) == [None, secret]


async def test_a_client_may_use_octis_key_for_its_own_call_alone() -> None:
    """Who holds a secret would hear others' calls else; who holds none and is no server hears none."""
    scene = Calls()
    record = await scene.directory.make(Wish())
    secret, other = await scene.secret(record), await scene.secret(None)
    assert scene.keys(record, secret) == [secret]
    assert scene.keys(record, other, A_USER) == [other, secret]
    assert scene.keys(await scene.join(), caller=A_USER) == []
    made = attrs.evolve(record, call_id=CALL)  # by octi, before it was restarted
    assert scene.keys(made, secret) == [None, secret]


async def test_a_failed_way_in_leaves_no_trace() -> None:
    """Not even a cancelled one."""
    scene = Calls()
    with trio.CancelScope() as scope:
        scope.cancel()
        await scene.join(session="nobody")
    assert scene.is_free()
