"""Numbers in digits and in words."""

from fractions import Fraction

import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.numerals import numbers_in, spoken_digits, spoken_number
from octi.engine.brains.words import lower_words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("twenty-one", [21]),
        ("a hundred and five", [105]),
        ("two thousand three hundred", [2300]),
        ("three million two", [3_000_002]),
        ("five hundred thousand", [500_000]),
        ("a dozen eggs", [12]),
        ("1,200.5 litres", [1200.5]),
        ("2 hundred", [200]),
        ("two point five", [2.5]),
        ("two and a half hours", [2.5]),
        ("minus seven", [-7]),
        ("seven eight", [7, 8]),
        ("20 5", [20, 5]),
        ("twenty twenty", [20, 20]),
        ("one and two", [1, 2]),
        ("a table", []),
        ("1234567890123456", []),
    ],
)
def test_numbers_are_read_however_a_recogniser_writes_them(text: str, values: list[float]) -> None:
    """Digits, words, and both together; what does not belong to one number is another."""
    assert [number.value for number in numbers_in(lower_words(text, ENGLISH), ENGLISH)] == values


def test_digits_said_one_by_one_are_a_code() -> None:
    """They stop at the first word that is none."""
    assert spoken_digits(("five", "5", "zero", "please", "two"), ENGLISH) == ("550", 3)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Fraction(42), "42"),
        (Fraction(-5), "minus 5"),
        (Fraction(1200), "1,200"),
        (Fraction(5, 2), "2.5"),
        (Fraction(10, 3), "about 3.333"),
    ],
)
def test_numbers_are_said_with_what_was_lost_by_rounding(value: Fraction, words: str) -> None:
    """A synthesiser reads digits; signs and doubt are words."""
    assert spoken_number(value, ENGLISH) == words
