"""Numbers in what was said."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.extraction.numbers import numbers_in

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
FRENCH = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"


def english(number: int) -> str:
    """A number in English words, written another way than it is read."""
    small = [*UNITS.split(), "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number >= 1000:
        rest = number % 1000
        return f"{english(number // 1000)} thousand" + (f" {english(rest)}" if rest else "")
    if number >= 100:
        rest = number % 100
        return f"{small[number // 100]} hundred" + (f" and {english(rest)}" if rest else "")
    if number >= 20:
        return tens[number // 10] + (f"-{small[number % 10]}" if number % 10 else "")
    return small[number]


def french(number: int) -> str:
    """A number in French words, without accents."""
    small = [*FRENCH.replace("é", "e").split(), "dix-sept", "dix-huit", "dix-neuf"]
    tens = ["", "", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"]
    if number >= 1000:
        thousands = "" if number < 2000 else french(number // 1000) + " "
        return f"{thousands}mille" + (f" {french(number % 1000)}" if number % 1000 else "")
    if number >= 100:
        hundreds = "" if number < 200 else small[number // 100] + " "
        return f"{hundreds}cent" + (f" {french(number % 100)}" if number % 100 else "")
    if number < 20:
        return small[number]
    ten, unit = number // 10, number % 10 + (10 if number // 10 in {7, 9} else 0)
    joint = " et " if unit in {1, 11} and ten < 8 else "-"
    return tens[ten] + (f"{joint}{small[unit]}" if unit else "")


@given(st.integers(0, 999_999))
def test_a_number_in_words_is_read_whole(number: int) -> None:
    """In both languages, from its first letter to its last."""
    for words in (english(number), french(number)):
        assert [(found.value, words[found.start : found.end]) for found in numbers_in(words)] == [(number, words)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3000", [3000]),
        ("3,000", [3000]),
        ("3.000", [3000]),
        ("3 000", [3000]),
        ("3'000", [3000]),
        ("€3,000.", [3000]),
        ("1,234,567", [1234567]),
        ("3.5", [3.5]),
        ("3,50", [3.5]),
        ("2,500.50", [2500.5]),
        ("2.500,50", [2500.5]),
        ("3k", [3000]),
        ("3.5 k", [3500]),
        ("3 thousand", [3000]),
        ("3 mille", [3000]),
        ("fifteen hundred", [1500]),
        ("a thousand", [1000]),
        ("a hundred and five", [105]),
        ("three point five thousand", [3500]),
        ("trois virgule cinq", [3.5]),
        ("quatre-vingts", [80]),
        ("nonante-deux", [92]),
        ("deux millions", [2_000_000]),
        ("three thousand a month", [3000]),
        ("five five five", [5, 5, 5]),
        ("zero six douze", [0, 6, 12]),
        ("twenty, three", [20, 3]),
        ("fifty cents", [50]),
        ("a dog", []),
        ("hundreds and hundreds", [100, 100]),
        ("", []),
    ],
)
def test_numbers_are_read_as_they_are_written_or_said(text: str, values: list[float]) -> None:
    """With every sign that parts thousands or decimals."""
    assert [number.value for number in numbers_in(text)] == values


def test_a_word_that_may_be_an_article_says_so() -> None:
    """ "Un enfant" counts, "un salaire" does not: that is for the reader to say."""
    assert [number.is_article for number in numbers_in("un salaire de vingt et un")] == [True, False]


@given(st.text(alphabet="un deux trois cent mille vingt et a one point,.'0123456789k -", max_size=60))
def test_numbers_stand_apart_and_in_order(text: str) -> None:
    """Whatever was said."""
    numbers = list(numbers_in(text))
    assert all(number.start < number.end for number in numbers)
    assert all(one.end <= other.start for one, other in itertools.pairwise(numbers))
