"""The table of docs/access.md is what octi does."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import trio

from tests.guard_docs.matrix import BEGIN, END, Row, rewritten, rows
from tests.guard_docs.scene import CALLERS, DOORS, House
from tests.providers import QUIET, legs_to
from tests.web.test_sockets import Octi

PAGE = Path(__file__).parent.parent.parent / "docs" / "access.md"


async def found() -> list[Row]:
    """Everybody, at every door."""
    async with AsyncExitStack() as opened:
        house = House()
        legs = await opened.enter_async_context(legs_to(QUIET, judge=False))
        outside = await opened.enter_async_context(trio.open_nursery())
        told = await rows(Octi(outside, house.services, legs), house)
        outside.cancel_scope.cancel()
    return told


async def test_the_page_is_current() -> None:
    """Else `python -m tests.guard_docs.test_matrix` writes it anew."""
    told = await found()
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page, {"guarded": told})
    check(told)


def check(told: list[Row]) -> None:
    """What must be so, whatever the page says."""
    at = {row[0]: dict(zip(CALLERS, row[1:], strict=True)) for row in told}
    shut = [door for door, who in at.items() if who["nobody"] == "401"]
    assert len(shut) == len(told) - 7
    for door in shut:
        assert at[door]["a stranger"] == "401", door
        assert at[door]["another tenant's key"] in {"yes", "403", "404"}, door
    of_the_session = [f"`{method} {rule}`" for method, rule in DOORS if "<session_id>" in rule]
    assert {at[door]["another tenant's key"] for door in of_the_session} == {"404"}
    assert {at[door]["another user's token"] for door in of_the_session} <= {"403", "404"}


def test_a_page_keeps_what_stands_around_the_table() -> None:
    page = rewritten(f"before {BEGIN} old {END} after", {"guarded": [["a", "b"]]})
    assert page.startswith(f"before {BEGIN}\n\n| door |")
    assert page.endswith(f"| a | b |\n\n{END} after")
    with pytest.raises(ValueError, match="the page should have"):
        rewritten("nothing", {"guarded": []})


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), {"guarded": trio.run(found)}), encoding="utf-8")
