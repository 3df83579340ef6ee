"""Values with a form of their own."""

from datetime import datetime
from typing import Any

import pytest

from octi.engine.brains import values
from octi.engine.brains.arguments import Finder
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.french import FRENCH
from octi.engine.brains.schema import Param
from octi.engine.brains.utterance import Found, utterance

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day
INTEGER: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
STRING: dict[str, Any] = {"type": "string"}
FLAG: dict[str, Any] = {"type": "boolean"}
SIZE: dict[str, Any] = {"enum": ["large", "very_large"]}
LEVEL: dict[str, Any] = INTEGER | {"minimum": 0, "maximum": 100}


def find(
    finder: Finder, text: str, schema: dict[str, Any], name: str = "p", taken: tuple[int, ...] = ()
) -> Found | None:
    """What a finder makes of a text that calls for the weather."""
    said = utterance(text, frozenset({"weather"}), FRIDAY, ENGLISH)
    return finder(Param(name, schema), said.without(taken))


def value(finder: Finder, text: str, schema: dict[str, Any], name: str = "p", taken: tuple[int, ...] = ()) -> object:
    """The value alone; None if nothing was found."""
    found = find(finder, text, schema, name, taken)
    return found.value if found else None


@pytest.mark.parametrize(
    ("text", "schema", "choice"),
    [
        ("a large red one", {"enum": ["blue", "red"]}, "red"),
        ("very large", SIZE, "very_large"),
        ("larger than LARGE", SIZE, "large"),
        ("two tables", {"enum": ["table", "chair"]}, "table"),
        ("number two", {"enum": [1, 2]}, 2),
        ("minus two", {"enum": [2, -2]}, -2),
        ("two and a half", {"enum": [2, 2.5]}, 2.5),
        ("a grade B", {"enum": ["A", "B"]}, "B"),
        ("an a please", {"enum": ["A", "B"]}, None),
        ("that is true", {"enum": [True]}, True),
        ("only standard", {"const": "standard"}, "standard"),
        ("green", {"enum": ["blue", "red"]}, None),
        ("green", {"enum": []}, None),
        ("", SIZE, None),
    ],
)
def test_a_choice_is_one_that_the_schema_lists(text: str, schema: dict[str, Any], choice: object) -> None:
    """As the schema writes it, the longest first. A single letter must be written alike: an article is no grade."""
    assert value(values.find_choice, text, schema) == choice


def test_a_choice_takes_all_of_its_words() -> None:
    """Then a shorter one inside it is not there any more."""
    assert find(values.find_choice, "a very large one", SIZE) == Found("very_large", frozenset({1, 2}))
    assert value(values.find_choice, "a very large one", SIZE, taken=(1, 2)) is None


def test_a_choice_whose_first_place_is_taken_is_found_further_on() -> None:
    """The same word may be said twice."""
    assert find(values.find_choice, "red or red", {"enum": ["red"]}, taken=(0,)) == Found("red", frozenset({2}))
    assert find(values.find_choice, "2 or 2", {"enum": [2]}, taken=(0,)) == Found(2, frozenset({2}))


@pytest.mark.parametrize(
    ("text", "name", "schema", "number"),
    [
        ("twenty one and a half degrees", "degrees", NUMBER, 21.5),
        ("minus five", "degrees", INTEGER, -5),
        ("two and a half", "count", INTEGER, None),
        ("at 150 percent", "level", LEVEL, None),
        ("from 150 to 80", "level", LEVEL, 80),
        ("4 o'clock, 3 adults", "adults", INTEGER, 3),
        ("room 4 is on the level 3", "level", INTEGER, 3),
        ("seven or eight", "count", INTEGER, 7),
        ("four", "p", INTEGER, 4),
        ("none", "count", INTEGER, None),
    ],
)
def test_a_number_is_the_one_beside_the_parameters_name(
    text: str, name: str, schema: dict[str, Any], number: float | None
) -> None:
    """Or else the first that its type and bounds allow."""
    assert value(values.find_number, text, schema, name) == number


def test_a_whole_number_is_an_int_also_where_fractions_are_allowed() -> None:
    """Nobody says 4.0."""
    assert repr(value(values.find_number, "four", NUMBER)) == "4"


def test_a_number_takes_its_words_and_its_sign() -> None:
    """And is not found again."""
    assert find(values.find_number, "to minus twenty five", INTEGER) == Found(-25, frozenset({1, 2, 3}))
    assert value(values.find_number, "to minus twenty five", INTEGER, taken=(2,)) is None


@pytest.mark.parametrize(
    ("text", "name", "flag"),
    [
        ("with breakfast", "breakfast", True),
        ("no breakfast for me", "breakfast", False),
        ("without any hot breakfast", "breakfast", False),
        ("not now but later with breakfast", "breakfast", True),
        ("two tables booked outdoors", "outdoor", True),
        ("turn it off", "enabled", False),
        ("on please", "power", True),
        ("disable that", "state", False),
        ("enabled", "enabled", None),
        ("the weather", "weather", None),
        ("anything else", "breakfast", None),
        ("", "breakfast", None),
    ],
)
def test_a_flag_is_what_it_is_called_or_a_switch(text: str, name: str, flag: bool | None) -> None:
    """Off by a "no" within the three words before it. The function's own name says nothing about it."""
    assert value(values.find_flag, text, FLAG, name) is flag


def test_a_taken_word_is_no_flag() -> None:
    """It was already a value of something else."""
    assert value(values.find_flag, "breakfast", FLAG, "breakfast", taken=(0,)) is None
    assert value(values.find_flag, "turn it off", FLAG, "enabled", taken=(2,)) is None


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("yes please", True),
        ("Nope.", False),
        ("yeah, no breakfast", True),
        ("outdoor would be fine", True),
        ("rather without outdoor", False),
        ("what", None),
    ],
)
def test_a_reply_is_yes_or_no_or_the_flag_itself(text: str, flag: bool | None) -> None:
    """Yes and no come first."""
    assert value(values.find_yes, text, FLAG, "outdoor") is flag


@pytest.mark.parametrize(
    ("text", "name", "schema", "moment"),
    [
        ("tomorrow at noon", "date", STRING | {"format": "date"}, "2026-10-03"),
        ("next friday or on monday", "day", STRING | {"format": "date"}, "2026-10-05"),
        ("some day", "date", STRING | {"format": "date"}, None),
        ("next friday", "date", STRING | {"format": "date"}, None),
        ("next friday", "date", STRING, "next friday"),
        ("Tomorrow at Noon", "day", STRING, "Tomorrow"),
        ("tomorrow at noon", "time", STRING, "noon"),
        ("tomorrow at noon", "at", STRING | {"format": "time"}, "noon"),
        ("next tuesday at ten", "when", STRING, "next tuesday ten"),
        ("tomorrow at noon", "start", STRING | {"format": "date-time"}, "tomorrow noon"),
        ("at noon tomorrow", "date_time", STRING, "noon tomorrow"),
        ("at noon", "when", STRING, "noon"),
        ("at noon", "date", STRING, None),
        ("whenever", "when", STRING, None),
    ],
)
def test_a_moment_is_as_it_was_said(text: str, name: str, schema: dict[str, Any], moment: str | None) -> None:
    """A date, a time, or both, as name and format ask; ISO 8601 only where the schema's format is a date."""
    assert value(values.find_moment, text, schema, name) == moment


def test_a_second_date_is_found_when_the_first_is_taken() -> None:
    """As for a stay from one to the other."""
    stay = "from monday to friday"
    assert find(values.find_moment, stay, STRING, "from_date") == Found("monday", frozenset({1}))
    assert find(values.find_moment, stay, STRING, "to_date", taken=(1,)) == Found("friday", frozenset({3}))


@pytest.mark.parametrize(
    ("name", "both"), [("date_time", True), ("timeOfDay", True), ("date", False), ("time", False), ("p", False)]
)
def test_a_name_may_ask_for_a_date_and_a_time(name: str, both: bool) -> None:
    """By a word for each."""
    said = utterance("", frozenset(), FRIDAY, ENGLISH)
    assert values.is_both(Param(name, STRING), said) is both


@pytest.mark.parametrize(
    ("text", "schema", "code"),
    [
        ("my number is five five five one two", STRING, "55512"),
        ("order A4711", STRING, "A4711"),
        ("flight LH 400", STRING, "400"),
        ("5 5 0", STRING, "550"),
        ("call 555-0123", STRING, "555-0123"),
        ("just five", STRING, None),
        ("it is unknown", STRING, None),
        ("write to a.b@c.org", STRING | {"format": "email"}, "a.b@c.org"),
        ("write to a.b@c.org", STRING, "a.b@c.org"),
        ("order A4711 of a.b@c.org", STRING | {"format": "email"}, "a.b@c.org"),
        ("a1@c.org has order A4711", STRING | {"format": "uuid"}, "A4711"),
    ],
)
def test_a_code_is_the_first_thing_with_digits(text: str, schema: dict[str, Any], code: str | None) -> None:
    """Also spelled out, from two digits on. An address is one where the schema wants it, or wants nothing special."""
    assert value(values.find_code, text, schema) == code


def test_spelled_digits_are_taken_together() -> None:
    """None of them is left for a number."""
    assert find(values.find_code, "pin one two three please", STRING) == Found("123", frozenset({1, 2, 3}))
    assert value(values.find_code, "A1 or A2", STRING, taken=(0,)) == "A2"


def test_a_number_takes_the_parameters_own_word_behind_it() -> None:
    """The people of "four people" are nobody's name."""
    assert find(values.find_number, "for four people", INTEGER, "people") == Found(4, frozenset({1, 2}))


@pytest.mark.parametrize(
    ("text", "number"), [("une table pour quatre", 4), ("pour une personne", 1), ("une table", None), ("un", None)]
)
def test_an_article_is_a_number_only_beside_the_parameters_name(text: str, number: int | None) -> None:
    """French "une" is either."""
    found = values.find_number(Param("people", INTEGER), utterance(text, frozenset(), FRIDAY, FRENCH))
    assert (found and found.value) == number


def test_in_a_reply_an_article_is_a_number() -> None:
    """But a surer one comes before it."""
    replies = [utterance(text, frozenset(), FRIDAY, FRENCH) for text in ("une seule", "un moment : trois", "euh")]
    found = [values.find_any_number(Param("people", INTEGER), reply) for reply in replies]
    assert [one and one.value for one in found] == [1, 3, None]
