"""What was said, as words of which some are taken."""

from datetime import datetime

import attrs
import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.french import FRENCH
from octi.engine.brains.utterance import Found, Utterance, utterance

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day


def said(text: str, *topic: str) -> Utterance:
    """What was said to a function that these bare words name."""
    return utterance(text, frozenset(topic), FRIDAY, ENGLISH)


def test_words_stand_side_by_side_in_three_forms() -> None:
    """As written, in lower case with straight apostrophes, and without endings."""
    words = said("Don’t book the Tables at 8:30!")
    assert words.tokens == ("Don’t", "book", "the", "Tables", "at", "8:30")
    assert words.lower == ("don't", "book", "the", "tables", "at", "8:30")
    assert words.stems == ("don't", "book", "the", "tabl", "at", "8:30")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("milk, eggs and bread", {1}),
        ("milk , eggs,\n\tbread", {1, 2}),
        (", milk", {0}),
        ("milk, eggs,", {1}),
        ("1,200 eggs", set()),
        ("milk. eggs", set()),
        ("", set()),
    ],
)
def test_a_comma_belongs_to_the_word_behind_it(text: str, places: set[int]) -> None:
    """The one inside a number belongs to none."""
    assert said(text).commas == places


def test_the_topic_is_every_word_that_names_the_function() -> None:
    """In whatever form it was said."""
    assert said("the tables I booked, a table", "tabl", "book").topic == {1, 3, 5}


def test_nothing_said_has_no_words() -> None:
    """Nor has punctuation."""
    assert said("").tokens == said(" ... ?!").tokens == ()


def test_what_is_taken_adds_up() -> None:
    """In a new utterance: the old one is as it was."""
    before = said("four for Anna")
    after = before.without({0}).without([2])
    assert not before.taken
    assert after.taken == {0, 2}
    assert after.tokens == before.tokens


def test_places_are_free_if_none_of_them_is_taken() -> None:
    """No places are always free."""
    words = said("one two three").without({1})
    assert [words.is_free(places) for places in ((0, 2), (0, 1), range(1, 2), ())] == [True, False, False, True]


def test_content_is_what_is_free_and_says_something_new() -> None:
    """Not grammar, nor a day, nor the function's own name, nor what is taken."""
    words = said("the weather in Paris and Rome on Monday, tomorrow", "weather").without({3})
    assert [words.tokens[place] for place in range(len(words.tokens)) if words.is_content(place)] == ["Rome"]


def test_a_day_is_a_weekday_or_near_today() -> None:
    """However it is written. A month is none."""
    words = said("TODAY tonight tomorrow yesterday monday Sunday october day")
    assert [words.is_day(place) for place in range(8)] == [True] * 6 + [False] * 2


def test_a_value_is_the_words_as_written_in_their_order() -> None:
    """Whatever order their places come in; what stands between them is left out."""
    assert said("It’s for Anna Smith, OK").found([3, 0, 2]) == Found("It’s Anna Smith", frozenset({0, 2, 3}))


def test_an_utterance_is_frozen() -> None:
    """So that a finder cannot take words behind another's back."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        said("one").taken = frozenset({0})  # type: ignore[misc]


def test_words_come_back_joined_as_they_were_written() -> None:
    """Hyphens, apostrophes and letters behind digits belong to a name; other signs do not."""
    words = utterance("à Aix-en-Provence, 20h30 ; l’été", frozenset(), FRIDAY, FRENCH)
    assert words.found(range(1, 4)).value == "Aix-en-Provence"
    assert words.found(range(4, 8)).value == "20h30 l'été"
    assert words.found({1, 3}).value == "Aix Provence"
