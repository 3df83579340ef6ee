"""What happens when a part dies that octi is of no use without."""

from math import inf

import pytest
import trio
from structlog.testing import capture_logs

from octi.vitals import Upkeep, Vitals, unguarded


async def crash() -> None:
    raise ZeroDivisionError("a bug")


async def test_a_part_that_crashes_is_known_and_logged_once_with_its_trace() -> None:
    """And nobody else is taken down with it."""
    vitals = Vitals()
    with capture_logs() as logs:
        assert not await vitals.guard("the writer", crash)
    assert vitals.failed.is_set()
    assert vitals.problems() == ["the writer died (ZeroDivisionError); octi ends, and needs to be started again"]
    assert [(line["part"], line["log_level"], line["exc_info"]) for line in logs] == [("the writer", "error", True)]


async def test_a_group_of_crashes_is_one() -> None:
    """As a nursery raises it."""

    async def crash_inside() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(crash)
            nursery.start_soon(trio.sleep_forever)

    vitals = Vitals()
    assert not await vitals.guard("the writer", crash_inside)
    assert vitals.problems()[0].startswith("the writer died (ExceptionGroup)")


async def test_a_part_that_ends_or_is_cancelled_has_not_died() -> None:
    """The first says so, the second is somebody else's affair."""
    vitals = Vitals()
    assert await vitals.guard("a part", trio.lowlevel.checkpoint)
    with trio.move_on_after(0) as scope:
        await vitals.guard("a part", trio.sleep_forever)
    assert scope.cancelled_caught
    assert (vitals.failed.is_set(), vitals.problems()) == (False, [])


async def test_where_nobody_guards_a_crash_is_its_callers() -> None:
    """So are parts run alone, by tests and by tools."""
    assert await unguarded("a part", trio.lowlevel.checkpoint)
    with pytest.raises(ZeroDivisionError):
        await Upkeep().guard("a part", crash)
    assert Upkeep().close_by() == inf
