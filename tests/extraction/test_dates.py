"""Days of the calendar in what was said."""

import pytest

from octi.extraction.dates import date_in
from tests.extraction.saying import about, said

BORN, VISIT = about("birth_date"), about("date")


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("12 March 1985", "1985-03-12"),
        ("the 3rd of May 1990", "1990-05-03"),
        ("twenty-first of June 2001", "2001-06-21"),
        ("March the third, 1990", "1990-03-03"),
        ("May 5th 1990", "1990-05-05"),
        ("le vingt et un juin deux mille un", "2001-06-21"),
        ("1er avril 1990", "1990-04-01"),
        ("le 14 août 1985", "1985-08-14"),
        ("14.08.1985", "1985-08-14"),
        ("12/25/1985", "1985-12-25"),
        ("30 February 1985", None),
        ("12 March", None),
        ("in March", None),
        ("12", None),
    ],
)
def test_a_day_is_read_written_or_said(words: str, day: str | None) -> None:
    """With its year; days that do not exist are none."""
    found = date_in(said(words, "When were you born?"), BORN)
    assert (found.value if found else None) == day


@pytest.mark.parametrize(
    ("words", "day"),
    [("tomorrow", "2026-11-22"), ("demain", "2026-11-22"), ("1 December", "2026-12-01"), ("le 3 mars", "2027-03-03")],
)
def test_a_day_without_a_year_is_the_next_one(words: str, day: str) -> None:
    """Where it is known when it was said."""
    found = date_in(said(words, "On which date?", "2026-11-21"), VISIT)
    assert found
    assert found.value == day


def test_a_day_with_slashes_is_unsure_where_it_can_be_read_two_ways() -> None:
    """The day first, as most of the world writes."""
    found = date_in(said("03/04/1985", "When were you born?"), BORN)
    assert found
    assert (found.value, found.unsure) == ("1985-04-03", True)


def test_a_denied_day_is_none() -> None:
    """ "Not on" a day."""
    assert date_in(said("I was not born on 12 March 1985"), BORN) is None
    assert date_in(said("Was I born on 12 March 1985?"), BORN) is None
