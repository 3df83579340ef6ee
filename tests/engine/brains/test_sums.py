"""Simple sums."""

from fractions import Fraction

import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.sums import solve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("what is twelve plus thirty", 42),
        ("What's seven times eight?", 56),
        ("half of ten", 5),
        ("2+2*3", 8),
        ("10 - 4 - 3", 3),
        ("12 × 30 ÷ 4", 90),
        ("minus five plus seven", 2),
        ("what is one hundred and five minus twenty-five", 80),
        ("add two to three", 5),
        ("subtract 3 from 10", 7),
        ("the difference between ten and four", 6),
        ("multiply six by seven", 42),
        ("divide nine by two", Fraction(9, 2)),
        ("what's two and two?", 4),
        ("twenty percent of fifty", 10),
        ("20% of 50", 10),
        ("the square root of sixteen", 4),
        ("five squared", 25),
        ("two to the power of ten", 1024),
        ("two point five times two", 5),
        ("I think three times four is twelve", 12),
    ],
)
def test_sums_are_solved(text: str, value: Fraction) -> None:
    """In words, digits and signs, with multiplication before addition."""
    assert solve(text, ENGLISH) == value


@pytest.mark.parametrize(
    "text", ["", "three times", "call 555-0123", "on 2026-10-05", "half of my money", "minus five", "over and over"]
)
def test_what_is_no_sum_has_no_value(text: str) -> None:
    """Dates, telephone numbers and figures of speech are left alone."""
    assert solve(text, ENGLISH) is None


@pytest.mark.parametrize(
    "text",
    [
        "ten divided by zero",
        "9 to the power of 9 to the power of 9",
        "square root of minus four",
        "1/3 to the power of 60",
    ],
)
def test_a_sum_without_a_value_says_so(text: str) -> None:
    """No value, or one that nobody can follow by ear, is an ArithmeticError."""
    with pytest.raises(ArithmeticError):
        solve(text, ENGLISH)


@pytest.mark.parametrize("text", ["- " * 2_000 + "1 + 1", "1 + " * 2_000 + "1", "2 ^ " * 500 + "2"])
def test_a_long_sum_ends(text: str) -> None:
    """Whatever comes of it, it neither hangs nor overflows the stack."""
    try:
        assert solve(text, ENGLISH) is not None
    except ArithmeticError as error:
        assert isinstance(error, OverflowError)  # noqa: PT017 -- either outcome will do
