"""Values that are just words."""

from datetime import datetime

import pytest

from octi.engine.brains import phrases
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.french import FRENCH
from octi.engine.brains.schema import Param
from octi.engine.brains.utterance import Found, Utterance, utterance

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day


def said(text: str, *taken: int) -> Utterance:
    """A text that calls for the weather, and the places that became values already."""
    return utterance(text, frozenset({"weather"}), FRIDAY, ENGLISH).without(taken)


def string(name: str) -> Param:
    """A parameter that takes text."""
    return Param(name, {"type": "string"})


def value(found: Found | None) -> object:
    """The value alone; None if nothing was found."""
    return found.value if found else None


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("in new york tomorrow", "city", "new york"),
        ("to Rome from Milan", "origin", "Milan"),
        ("to Rome from Milan", "destination", "Rome"),
        ("a dog named rex please", "name", "rex"),
        ("for Paris in the summer", "city", "summer"),
        ("in Paris, France", "city", "Paris"),
        ("in Paris and Berlin", "city", "Paris"),
        ("in Paris next week", "city", "Paris"),
        ("in the old town", "place", "old town"),
        ("in the weather for rome", "city", "rome"),
        ("for four in rome", "city", "rome"),
        ("in an hour", "city", "hour"),
        ("with Anna", "colleague", "Anna"),
        ("for me", "city", None),
        ("tell me in", "city", None),
        ("paris", "city", None),
        ("", "city", None),
    ],
)
def test_a_phrase_stands_behind_a_word_that_leads_to_it(text: str, name: str, words: str | None) -> None:
    """Without its article, up to the next preposition, comma, "and" or day. Numbers and the topic are none."""
    assert value(phrases.find_words(string(name), said(text))) == words


def test_the_lead_that_suits_a_name_best_comes_first() -> None:
    """Not the one that was said first."""
    assert value(phrases.find_words(string("person"), said("for lunch with Anna"))) == "Anna"
    assert value(phrases.find_words(string("city"), said("at noon in Rome"))) == "Rome"


def test_a_phrase_ends_where_words_are_taken() -> None:
    """They were a value of something else."""
    assert phrases.find_words(string("city"), said("in rome outdoor", 2)) == Found("rome", frozenset({1}))
    assert phrases.find_words(string("city"), said("in rome", 1)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what about Paris", "Paris"),
        ("weather New York City today", "New York City"),
        ("call Anna Smith and Ben", "Anna Smith"),
        ("Paris", None),
        ("Tell me the Weather on Monday", None),
        ("do I need it", None),
        ("paris, rome", None),
        ("", None),
    ],
)
def test_a_name_has_capitals(text: str, words: str | None) -> None:
    """The first run of them that says something, but for the sentence's own: that is no sign of a name."""
    assert value(phrases.find_proper(string("city"), said(text))) == words


def test_a_taken_name_is_not_found_again() -> None:
    """The next one is."""
    assert phrases.find_proper(string("city"), said("from Rome to Milan", 1)) == Found("Milan", frozenset({3}))


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("search for the refund policy please", "query", "the refund policy"),
        ("tell Anna that I am late, um, please", "message", "I am late"),
        ("saying that it rains", "message", "that it rains"),
        ("about cats", "search", "cats"),
        ("about cats for kids", "search", "kids"),
        ("because it is broken", "reason", "it is broken"),
        ("for please", "query", None),
        ("say it", "message", None),
        ("search for cats", "city", None),
    ],
)
def test_free_text_goes_on_to_the_end(text: str, name: str, words: str | None) -> None:
    """Behind the first word that suits its name, with all its grammar, but without politeness."""
    assert value(phrases.find_free_text(string(name), said(text))) == words


def test_free_text_leaves_out_what_is_taken() -> None:
    """Before it or within."""
    found = phrases.find_free_text(string("message"), said("to Anna saying come at eight", 1, 5))
    assert found == Found("come at", frozenset({3, 4}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("my bike is gone", "bike is gone"),
        ("the weather in Paris please", "Paris"),
        ("Paris weather in the summer", "Paris in the summer"),
        ("weather tomorrow please", None),
        ("tuesday", None),
        ("", None),
    ],
)
def test_the_rest_is_what_says_something(text: str, words: str | None) -> None:
    """From the first such word to the last, without what named the function."""
    assert value(phrases.find_rest(string("p"), said(text))) == words


def test_the_rest_is_without_what_is_taken() -> None:
    """Also between its words."""
    assert phrases.find_rest(string("p"), said("bike 4711 gone", 1)) == Found("bike gone", frozenset({0, 2}))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("milk, eggs and oat bread", ["milk", "eggs", "oat bread"]),
        ("I need some milk and the eggs, and bread please", ["milk", "eggs", "bread"]),
        ("milk", ["milk"]),
        ("milk plus eggs", ["milk", "eggs"]),
        ("and, and", None),
        ("just the weather today", None),
        ("", None),
    ],
)
def test_a_list_is_cut_at_commas_and_at_and(text: str, items: list[str] | None) -> None:
    """Its items are only what says something."""
    assert value(phrases.find_items(said(text))) == items


def test_a_list_takes_the_words_of_all_its_items() -> None:
    """But not the joints between them."""
    assert phrases.find_items(said("milk and eggs, bread", 2)) == Found(["milk", "bread"], frozenset({0, 3}))


def test_a_name_keeps_its_own_article_and_hyphens() -> None:
    """The Hague and Boulogne-sur-Mer are places; "the old town" is a town."""
    french = utterance("pour Boulogne-sur-Mer", frozenset(), FRIDAY, FRENCH)
    assert value(phrases.find_words(string("city"), french)) == "Boulogne-sur-Mer"
    assert value(phrases.find_words(string("city"), said("in The Hague tomorrow"))) == "The Hague"


def test_a_lead_may_be_several_words_and_politeness_too() -> None:
    """As in "au nom de" and "s'il vous plaît"."""
    french = utterance("un rappel au nom de Zoé pour dire que c'est prêt s'il vous plaît", frozenset(), FRIDAY, FRENCH)
    assert value(phrases.find_words(string("name"), french)) == "Zoé"
    assert value(phrases.find_free_text(string("message"), french)) == "c'est prêt"
