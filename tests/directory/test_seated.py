"""The directory with seats that are counted: taken with the slot, and left with it, wherever that is cut."""

from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock

from octi.directory.wishes import Wish
from octi.errors import RateLimited
from octi.guard.caller import Caller
from octi.guard.limits import LimitRule, Share
from octi.limiting import Counted, Limiter
from octi.records import SessionRecord
from tests.cuts import Cut, cut_everywhere
from tests.directory.scenes import Scene

ONE = LimitRule(per_node=Share(sessions=1))


def seating(limiter: Limiter) -> Callable[[SessionRecord], Counted]:
    return lambda record: limiter.seat(Caller(), begins=True)


async def come_anew(scene: Scene, limiter: Limiter) -> SessionRecord:
    return await scene.directory.admit(None, None, door="octi", seat=seating(limiter))


async def come_by_name(scene: Scene, limiter: Limiter) -> SessionRecord:
    made = await scene.directory.make(Wish())
    return await scene.directory.admit(None, made.id, door="octi", seat=seating(limiter))


async def come_by_secret(scene: Scene, limiter: Limiter) -> SessionRecord:
    minted = await scene.directory.mint(None, {"instructions": "Be brief."}, direct=False)
    return await scene.directory.admit(minted.value, None, door="octi", seat=seating(limiter))


WAYS: dict[str, Callable[[Scene, Limiter], Awaitable[SessionRecord]]] = {
    "anew": come_anew,
    "by name": come_by_name,
    "by secret": come_by_secret,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_seat_is_taken_as_long_as_its_session_is_here(way: str) -> None:
    """Wherever it is cut; and the next finds it free."""

    async def scenario(cut: Cut) -> None:
        scene, limiter = Scene(), Limiter(usual=ONE)
        async with cut:
            record = await WAYS[way](scene, limiter)
            assert len(limiter.crowd) == 1
            scene.live.leave(record.id)
        for session in list(scene.live.census()):
            scene.live.leave(session)
        assert len(limiter.crowd) == 0
        await come_anew(scene, limiter)

    assert cut_everywhere(scenario).steps > 1 or way == "anew"


@pytest.mark.parametrize("way", WAYS)
async def test_of_many_who_come_at_once_one_finds_a_seat(way: str, autojump_clock: MockClock) -> None:
    """However long the store takes: the seat is taken before anything is waited for. Nothing is kept of the others."""
    scene, limiter = Scene(), Limiter(usual=ONE)
    let_in: list[SessionRecord] = []
    refused: list[RateLimited] = []

    async def come() -> None:
        try:
            let_in.append(await WAYS[way](scene, limiter))
        except RateLimited as error:
            refused.append(error)

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(come)
    assert (len(let_in), len(refused), len(scene.live)) == (1, 9, 1)
