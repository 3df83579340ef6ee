"""The directory, cut at every step: no lock, slot or renewal stays taken, and what is stored is stored whole."""

from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from octi.directory.wishes import Wish
from octi.records import SessionRecord, SessionState
from tests.cuts import Cut, cut_everywhere
from tests.directory.scenes import Scene, run_leg

Deed = Callable[[Scene, SessionRecord], Awaitable[None]]


async def make(scene: Scene, record: SessionRecord) -> None:
    await scene.directory.make(Wish(instructions="Be brief."))


async def renew(scene: Scene, record: SessionRecord) -> None:
    scene.given.takes_s = scene.steering.takes_s = 0.5
    await scene.directory.renew(record.id)


async def close(scene: Scene, record: SessionRecord) -> None:
    await scene.directory.close(record.id)


async def admit(scene: Scene, record: SessionRecord) -> None:
    await scene.store.save([record.move(SessionState.LIVE)])  # as a killed octi left it
    admitted = await scene.directory.admit(None, record.id, door="octi")
    scene.live.leave(admitted.id)


async def admit_by_secret(scene: Scene, record: SessionRecord) -> None:
    minted = await scene.directory.mint(None, {"instructions": "Be brief."}, direct=False)
    admitted = await scene.directory.admit(minted.value, None, door="octi")
    scene.live.leave(admitted.id)


async def attach(scene: Scene, record: SessionRecord) -> None:
    async with trio.open_nursery() as scene.calls.nursery:
        await scene.directory.attach_call(record.id, "rtc_1")
        await scene.directory.attach_call(record.id, "rtc_2")
        scene.live.dismiss(record.id)


async def everything_at_once(scene: Scene, record: SessionRecord) -> None:
    """A socket, a renewal and a close of one session; who is let in lives until it is dismissed."""

    async def come() -> None:
        admitted = await scene.directory.admit(None, record.id, door="octi")
        await run_leg(scene.live, scene.store, admitted)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(come)
        await wait_all_tasks_blocked()
        nursery.start_soon(renew, scene, record)
        await trio.sleep(2)
        nursery.start_soon(close, scene, record)


DEEDS: dict[str, Deed] = {
    "make": make,
    "renew": renew,
    "close": close,
    "admit": admit,
    "admit by secret": admit_by_secret,
    "attach": attach,
    "everything at once": everything_at_once,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_cut_anywhere_leaves_nothing_taken_and_nothing_half_done(name: str) -> None:
    """Parked and resumed; after it, the session can still be closed."""

    async def scenario(cut: Cut) -> None:
        scene = Scene()
        record = await scene.directory.make(Wish())
        async with cut:
            await DEEDS[name](scene, record)
        assert scene.is_free(), "a lock, a slot or a renewal is left taken"
        for each in await scene.store.sessions():
            assert await scene.store.developments(each.id), "a session without its first instructions"
        await scene.directory.close(record.id)
        assert not (await scene.stored(record.id)).resumable
        assert not scene.directory.shelf.closing
        assert scene.is_free()

    assert cut_everywhere(scenario).steps > 1
