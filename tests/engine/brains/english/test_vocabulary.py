"""English words by what they do."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction

import pytest

from octi.engine.brains.english import ENGLISH, vocabulary
from octi.engine.brains.sums import BINARY, UNARY
from octi.engine.brains.words import lower_words, spaced

TABLES: Mapping[str, Collection[str]] = {
    "numbers": vocabulary.NUMBERS,
    "ordinals": vocabulary.ORDINALS,
    "stop words": vocabulary.STOP_WORDS,
    "vague words": vocabulary.VAGUE_WORDS,
    "no names": vocabulary.NOT_NAMES,
    "swaps": vocabulary.SWAPS,
    "leads": vocabulary.LEADS,
    "words that lead": [word for leads in vocabulary.LEADS.values() for word in leads],
    "free text": vocabulary.FREE_TEXT,
    "words before free text": [word for leads in vocabulary.FREE_TEXT.values() for word in leads],
}


def test_the_longest_ending_comes_first() -> None:
    """Else "bookings" would only lose its s."""
    lengths = [len(suffix) for suffix in vocabulary.WORD_SUFFIXES]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("table", TABLES)
def test_words_are_in_the_form_they_are_heard_in(table: str) -> None:
    """Lower case, straight apostrophes: in another form they would never be found."""
    assert [word for word in TABLES[table] if " ".join(lower_words(word, ENGLISH)) != word] == []


@pytest.mark.parametrize("table", ["leads", "free text"])
def test_parameters_are_named_by_one_word(table: str) -> None:
    """Their names are taken apart before they are looked up."""
    assert [name for name in TABLES[table] if spaced(name).split() != [name]] == []


def test_numbers_are_those_with_a_word_of_their_own() -> None:
    """Below a hundred; the others are put together."""
    assert sorted(vocabulary.NUMBERS.values()) == [*range(20), *range(20, 100, 10)]
    assert [vocabulary.NUMBERS[word] for word in ("zero", "twelve", "nineteen", "twenty", "ninety")] == [
        *(0, 12, 19, 20, 90)
    ]


def test_ordinals_are_enough_for_the_days_of_a_month() -> None:
    """The twenty-first to the thirty-first are put together, except for the thirtieth."""
    assert sorted(vocabulary.ORDINALS.values()) == [*range(1, 21), 30]
    assert [vocabulary.ORDINALS[word] for word in ("first", "twelfth", "twentieth", "thirtieth")] == [1, 12, 20, 30]


def test_the_calendar_is_in_pythons_order() -> None:
    """It is looked up by `weekday()` and by the month less one."""
    months, week = [date(2026, n, 1) for n in range(1, 13)], [date(2024, 1, n) for n in range(1, 8)]
    assert week[0].weekday() == 0
    assert [day.strftime("%B") for day in months] == list(vocabulary.MONTHS)
    assert [day.strftime("%A") for day in week] == list(vocabulary.WEEKDAYS)


@pytest.mark.parametrize(("one", "other"), [("i am", "you are"), ("i was", "you were"), ("i'm", "you're")])
def test_swapping_persons_twice_comes_back(one: str, other: str) -> None:
    """But for the capital of "I"."""
    assert vocabulary.SWAPS[one] == other
    assert vocabulary.SWAPS[other].lower() == one


def test_persons_are_swapped_for_persons() -> None:
    """Nothing is swapped for itself."""
    assert [words for words, other in vocabulary.SWAPS.items() if words == other.lower()] == []


@pytest.mark.parametrize("written", vocabulary.OPERATORS.values())
def test_operators_are_written_in_symbols(written: str) -> None:
    """Those that sums know, and numbers."""
    for symbol in written.split():
        assert symbol in BINARY or symbol in UNARY or Fraction(symbol)


@pytest.mark.parametrize(
    ("text", "in_order"),
    [
        ("add two to three", "two plus three"),
        ("adding 2 and 3", "2 plus 3"),
        ("the sum of two and three", "the two plus three"),
        ("subtract two from ten", "ten minus two"),
        ("take two from ten", "ten minus two"),
        ("take away two from ten", "ten minus two"),
        ("the difference between ten and two", "the ten minus two"),
        ("the product of six and seven", "the six times seven"),
        ("multiply six with seven", "six times seven"),
        ("divide nine by two", "nine divided by two"),
        ("what's two and two?", "two plus two"),
        ("what is left and right of it", "what is left and right of it"),
        ("nine divided by two", "nine divided by two"),
    ],
)
def test_sums_in_another_order_are_put_in_order(text: str, in_order: str) -> None:
    """All forms in turn, as sums apply them; what is in order stays."""
    for form, said_in_order in vocabulary.SUM_FORMS:
        text = form.sub(said_in_order, text)
    assert text == in_order


def test_forms_of_sums_hold_two_numbers() -> None:
    """Both come back."""
    assert [(form.groups, set(re.findall(r"\\(\d)", out))) for form, out in vocabulary.SUM_FORMS] == [
        (2, {"1", "2"})
    ] * len(vocabulary.SUM_FORMS)
