"""Times and dates, said and found."""

from datetime import datetime

import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.moments import dates_in, spoken_date, spoken_time, times_in
from octi.engine.brains.words import lower_words

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day


def test_the_time_and_the_date_are_said_for_a_synthesiser() -> None:
    """Twelve hours with their half; the date with its weekday."""
    assert spoken_time(FRIDAY, ENGLISH) == "2:05 PM"
    assert spoken_time(FRIDAY.replace(hour=0, minute=30), ENGLISH) == "12:30 AM"
    assert spoken_date(FRIDAY, ENGLISH) == "Friday, October 2, 2026"


@pytest.mark.parametrize(
    ("text", "words", "iso"),
    [
        ("see you tomorrow", "tomorrow", "2026-10-03"),
        ("on monday please", "monday", "2026-10-05"),
        ("on friday", "friday", "2026-10-09"),
        ("next friday", "next friday", None),
        ("some time next week", "next week", None),
        ("on 2026-12-24", "2026-12-24", "2026-12-24"),
        ("on 2026-13-45", "2026-13-45", None),
        ("October 5th", "october 5 th", "2026-10-05"),
        ("the twenty first of december", "twenty first of december", "2026-12-21"),
        ("january third", "january third", "2027-01-03"),
        ("march 4 2028", "march 4 2028", "2028-03-04"),
        ("february thirty", "february thirty", None),
    ],
)
def test_dates_are_found_as_they_were_said(text: str, words: str, iso: str | None) -> None:
    """A date that cannot be worked out for certain stays words."""
    tokens = lower_words(text, ENGLISH)
    [moment] = dates_in(tokens, FRIDAY, ENGLISH)
    assert " ".join(tokens[moment.start : moment.end]) == words
    assert (moment.day and moment.day.isoformat()) == iso


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("at eight", "eight"),
        ("for two at eight thirty pm", "eight thirty pm"),
        ("at 8 p.m.", "8 p.m"),
        ("8:30 would be good", "8:30"),
        ("at half past seven", "half past seven"),
        ("around noon", "noon"),
        ("five o'clock", "five o'clock"),
    ],
)
def test_times_are_found_as_they_were_said(text: str, words: str) -> None:
    """A number is a time behind "at" or before "pm"."""
    tokens = lower_words(text, ENGLISH)
    [moment] = times_in(tokens, ENGLISH)
    assert " ".join(tokens[moment.start : moment.end]) == words


@pytest.mark.parametrize("text", ["a table for four", "half of it", "may I come in", "at the station", ""])
def test_not_every_number_or_month_is_a_moment(text: str) -> None:
    """Nothing is found where nobody meant a date or time."""
    tokens = lower_words(text, ENGLISH)
    assert [*times_in(tokens, ENGLISH), *dates_in(tokens, FRIDAY, ENGLISH)] == []
