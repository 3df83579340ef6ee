"""Steering cut at every step: no extraction stays registered, and what an agent was told is durable."""

from collections.abc import Awaitable, Callable

import pytest
import trio

from octi.steering.steering import Steering
from tests.cuts import Cut, cut_everywhere
from tests.steering.scenes import ME, Scene, record

ANNA = "My name is Anna Berg."
LONG_S = 5.0  # enough for all that was begun
Calls = Callable[[Steering], Awaitable[object]]


def scene() -> Scene:
    made = Scene(settling_s=0.1)
    made.extractor.seconds = 0.5
    return made


async def extracts(steering: Steering) -> object:
    return await steering.extract(ME)


async def calls(steering: Steering) -> object:
    return await steering.tool_call(ME)


async def renews(steering: Steering) -> object:
    return await steering.renew(ME)


async def notes(steering: Steering) -> object:
    return await steering.note(ME, "Be brief.")


async def several(steering: Steering) -> object:
    async with trio.open_nursery() as nursery:
        for caller in (extracts, calls, renews, notes, extracts):
            nursery.start_soon(caller, steering)
    return await steering.note(ME, "")


CALLERS = {"extract": extracts, "tool call": calls, "renew": renews, "note": notes, "several": several}


async def check(made: Scene, steering: Steering) -> None:
    """Nothing is left under way; what was pushed last is what is kept, the history for the next leg aside."""
    assert len(steering._extractions) == 0, "an extraction is still registered"
    assert not steering._locks, "somebody still writes"
    kept = [str(each["text"]) for each in await made.kept() if "text" in each]
    assert set(made.pushed) <= set(kept)
    for text in made.pushed:
        kept = kept[kept.index(text) :]  # in their order


@pytest.mark.parametrize("name", CALLERS)
def test_whoever_is_cut_with_octi_leaves_nothing_half_told(name: str) -> None:
    """The nursery itself ends, as when octi stops."""

    async def scenario(cut: Cut) -> None:
        made = scene()
        async with cut, trio.open_nursery() as nursery:
            steering = made.steering(nursery)
            await made.begin(steering, record(), ANNA)
            await CALLERS[name](steering)
        await check(made, steering)

    assert cut_everywhere(scenario).steps > 5


@pytest.mark.parametrize("name", CALLERS)
def test_whoever_is_cut_alone_leaves_nothing_untold(name: str) -> None:
    """A caller leaves, octi goes on: what is kept is what the agent was told, and the next caller gets a profile."""

    async def scenario(cut: Cut) -> None:
        made = scene()
        async with trio.open_nursery() as nursery:
            steering = made.steering(nursery)
            await made.begin(steering, record(), ANNA)
            async with cut:
                await CALLERS[name](steering)
            await trio.sleep(LONG_S)
            await check(made, steering)
            result = await steering.extract(ME)
            assert result.profile["first_name"] == "Anna"
            assert made.pushed[-1] == result.instructions.text
            assert made.extractor.runs <= 3

    assert cut_everywhere(scenario).steps > 1


def test_who_joined_does_not_notice_that_the_first_caller_was_cut() -> None:
    """Whatever step it was cut at."""

    async def scenario(cut: Cut) -> None:
        made, profiles = scene(), list[object]()

        async def second() -> None:
            await trio.sleep(0.3)
            profiles.append((await steering.extract(ME)).profile["first_name"])

        async with trio.open_nursery() as nursery:
            steering = made.steering(nursery)
            await made.begin(steering, record(), ANNA)
            nursery.start_soon(second)
            async with cut:
                await extracts(steering)
        await check(made, steering)
        assert profiles == ["Anna"]
        assert len(made.pushed) == 1

    assert cut_everywhere(scenario).steps > 1
