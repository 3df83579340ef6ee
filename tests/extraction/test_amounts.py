"""Whose number it is, and by which period."""

import pytest

from octi.extraction.amounts import amount_in
from octi.extraction.profile import Evidence, Known
from octi.extraction.schema import Kind
from octi.units import ItemId
from tests.extraction.saying import about, said

INCOME = about("income", Kind.NUMBER)
YEARLY = about("annual_income", Kind.NUMBER)
SEATS = about("seats", Kind.INTEGER)


@pytest.mark.parametrize(
    ("words", "monthly", "yearly"),
    [
        ("I earn 12,000 a year", 1000, 12_000),
        ("I earn 1,000 a month", 1000, 12_000),
        ("I earn 300 a week", 1300, 15_600),
        ("My yearly income is 12,000", 1000, 12_000),
        ("Je gagne 12 000 € l'an", 1000, 12_000),
        ("I earn 40,000 per year", 3333.33, 40_000),
    ],
)
def test_an_amount_is_brought_to_the_fields_period(words: str, monthly: float, yearly: float) -> None:
    """An income is by the month unless the field says otherwise; cents are rounded."""
    read = [amount_in(said(words), subject, None) for subject in (INCOME, YEARLY)]
    assert [found and (found.value, found.unsure) for found in read] == [(monthly, False), (yearly, False)]


def test_an_amount_without_a_period_is_unsure() -> None:
    """It is taken to be by the field's."""
    found = amount_in(said("I earn 3,000 euros"), INCOME, None)
    assert found
    assert (found.value, found.unsure) == (3000, True)


def test_the_words_reach_from_the_cue_to_the_period() -> None:
    """They are the evidence."""
    found = amount_in(said("Well, I earn about 3,000 euros a month, you know."), INCOME, None)
    assert found
    assert (
        "Well, I earn about 3,000 euros a month, you know."[found.start : found.end] == "earn about 3,000 euros a month"
    )


def test_the_number_nearest_to_the_fields_words_is_its_own() -> None:
    """Of several in a sentence."""
    found = amount_in(said("We are 3 people and need 4 seats for 2 hours"), SEATS, None)
    assert found
    assert found.value == 4


def test_half_a_seat_is_none() -> None:
    """What an integer cannot hold is not rounded."""
    assert amount_in(said("I need 2.5 seats"), SEATS, None) is None


def test_a_correction_needs_something_to_correct() -> None:
    """A number alone is nobody's."""
    before = Known(3, Evidence(ItemId("i"), "3 seats"))
    assert amount_in(said("No, 4."), SEATS, None) is None
    found = amount_in(said("No, 4."), SEATS, before)
    assert found
    assert found.value == 4


def test_of_several_numbers_in_an_answer_the_last_is_unsure() -> None:
    """ "Three, or four" is a guess."""
    found = amount_in(said("3, or 4", "How many seats do you need?"), SEATS, None)
    assert found
    assert (found.value, found.unsure) == (4, True)
