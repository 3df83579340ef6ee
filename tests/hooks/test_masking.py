"""octi/hooks/masking.py: words are kept when they may be."""

from octi.hooks.masking import BLOCKED, UNJUDGED, Masking
from octi.records import Role, Told, Turn, UsageKind, UsageRecord
from octi.units import ItemId, Milliseconds, SessionId

A, B = ItemId("a"), ItemId("b")


def turn(item: ItemId, text: str) -> Turn:
    never = Milliseconds(0)
    return Turn(
        session=SessionId("s"),
        item=item,
        position=0,
        role=Role.ASSISTANT,
        text=text,
        start_ms=never,
        end_ms=never,
        generated=f"{text} and more",
        sent=f"{text} and",
    )


def texts(rows: list[Told]) -> list[str]:
    return [row.text for row in rows if isinstance(row, Turn)]


def test_a_turn_that_nobody_judges_is_kept_as_it_is() -> None:
    """And whatever is no turn."""
    counted = UsageRecord(session=SessionId("s"), kind=UsageKind.RESPONSE, id="r", status="completed")
    rows: list[Told] = [turn(A, "Hello."), counted]
    assert Masking().masked(rows) == rows


def test_words_are_kept_once_they_are_allowed() -> None:
    """Until then only a mark is, also of what was generated and not heard; the row as it was last comes then."""
    masking = Masking()
    masking.follow([A])
    (row,) = masking.masked([turn(A, "Hel")])
    assert isinstance(row, Turn)
    assert (row.text, row.generated, row.sent) == (UNJUDGED, None, None)
    masking.masked([turn(A, "Hello.")])
    told = masking.settle(A, let=True)
    assert masking.masked(told) == [turn(A, "Hello.")]
    masking.follow([A])
    assert texts(masking.masked([turn(A, "Hello!")])) == ["Hello!"]


def test_words_that_were_blocked_are_never_kept() -> None:
    """However often the turn is told again."""
    masking = Masking()
    masking.follow([A, B])
    masking.masked([turn(A, "bomb")])
    assert texts(masking.masked(masking.settle(A, let=False))) == [BLOCKED]
    assert texts(masking.masked([turn(A, "bomb!"), turn(B, "")])) == [BLOCKED, ""]
    assert masking.settle(A, let=True) == []
    assert texts(masking.masked([turn(A, "bomb?")])) == [BLOCKED]


def test_one_that_is_judged_before_it_is_kept_is_kept_so() -> None:
    """There is no row to tell again."""
    masking = Masking()
    masking.follow([A])
    assert masking.settle(A, let=False) == []
    assert texts(masking.masked([turn(A, "bomb")])) == [BLOCKED]
