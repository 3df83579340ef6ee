"""The judge of what a killed octi left: it must find what is wrong, or its silence says nothing."""

import attrs
import pytest

from octi.records import Turn
from octi.units import ItemId, Milliseconds, SessionId
from tests.proofs.conversing import DOUBLED, LOST, MISPLACED, OTHERS, Talk, agent, play_octi, user

TRUTH = (user("Hello"), agent("Good day"), user("A story", spoken=True), agent("Once", "Once upon a time"))


def kept(*texts: str) -> list[Turn]:
    """Turns with these texts, as a store should have them."""
    return [
        Turn(
            session=SessionId("s"),
            item=ItemId(f"i{place}"),
            position=place,
            role=TRUTH[place % 4].role,
            text=text,
            start_ms=Milliseconds(0),
            end_ms=Milliseconds(0),
        )
        for place, text in enumerate(texts)
    ]


def found(settled: int, turns: list[Turn]) -> dict[str, int]:
    return dict(+Talk("s", "ek", TRUTH, play_octi, "/", settled).findings(turns))


@pytest.mark.parametrize(
    ("settled", "texts"),
    [
        (0, []),
        (0, ["Hello"]),
        (2, ["Hello", "Good day"]),
        (2, ["Hello", "Good day", ""]),
        (2, ["Hello", "Good day", "A story", "Once upon a time"]),
        (4, ["Hello", "Good day", "A story", "Once"]),
    ],
)
def test_a_prefix_of_the_truth_is_well(settled: int, texts: list[str]) -> None:
    """The last turns may be on their way still; none that is settled."""
    assert found(settled, kept(*texts)) == {}


def test_a_turn_that_is_missing_is_found() -> None:
    """Its client knew that it was over."""
    assert found(2, kept("Hello")) == {LOST: 1}


def test_what_was_settled_may_not_be_half() -> None:
    """Words that never came, an end that was never heard."""
    assert found(4, kept("Hello", "Good day", "", "Once upon a time")) == {OTHERS: 2}


def test_turns_out_of_order_are_found() -> None:
    """By what they say."""
    assert found(0, kept("Good day", "Hello")) == {OTHERS: 2}


def test_turns_nobody_said_are_found() -> None:
    """Behind the last one."""
    assert found(4, kept("Hello", "Good day", "A story", "Once", "Hello")) == {OTHERS: 1}


def test_a_turn_kept_twice_is_found() -> None:
    """Under the same name."""
    one, two = kept("Hello", "Good day")
    assert found(0, [one, attrs.evolve(two, item=one.item)]) == {DOUBLED: 1}


def test_a_hole_is_found() -> None:
    """Places are dense from 0."""
    one, two = kept("Hello", "Good day")
    assert found(0, [one, attrs.evolve(two, position=2)]) == {MISPLACED: 1}
