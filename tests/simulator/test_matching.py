"""Words and values."""

from typing import Any

import pytest

from octi.simulator.matching import MISSING, at, has_words, hears, holds, meaning, normalised
from octi.simulator.scenario import Scalar, Wanted


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  A table, please!  ", "a table please"),
        ("It's 8:30 — don't 'shout'", "it's 8 30 don't shout"),
        ("L’ÉTÉ, c’est beau…", "l'été c'est beau"),
        ("snake_case", "snake case"),
        ("…", ""),
    ],
)
def test_words_are_compared_in_a_plain_form(text: str, plain: str) -> None:
    """Small letters, accents kept, no punctuation."""
    assert normalised(text) == plain


def test_a_pattern_is_found_anywhere_and_words_whole() -> None:
    """In any order."""
    assert hears("book|table", "I want a TABLE!")
    assert hears("", "")
    assert not hears("^table", "a table")
    assert has_words(["two", "Table"], "A table for two.")
    assert not has_words(["able"], "A table")


@pytest.mark.parametrize(
    ("wanted", "value", "met"),
    [
        (True, True, True),
        (1, True, False),
        (1, 1.0, True),
        ("a", "a", True),
        ("a", "A", False),
        (None, None, True),
        (Wanted(matches="^a.c$"), "abc", True),
        (Wanted(matches='"b":1'), {"b": 1}, True),
        (Wanted(at_least=2), [1, 2], True),
        (Wanted(at_least=2, at_most=3), 4, False),
        (Wanted(at_most=3), "2", False),
        (Wanted(exists=True), None, True),
        (Wanted(exists=False), None, False),
    ],
)
def test_a_value_is_as_it_is_wanted(wanted: Scalar | Wanted, value: Any, met: bool) -> None:
    """By its kind, and its size."""
    assert holds({"": wanted}, value) is met
    assert holds({"x.0": wanted}, {"x": [value]}) is met


def test_what_is_missing_is_nothing() -> None:
    """Not even null."""
    assert at({"a": [1]}, "a.1") is MISSING
    assert at({"a": 1}, "a.b") is MISSING
    assert not holds({"a": None}, {})
    assert not holds({"a": Wanted(matches="")}, {})
    assert holds({"a": Wanted(exists=False)}, {})


def test_an_output_is_json_or_text() -> None:
    """Whatever a function gives."""
    assert (meaning('{"a": 1}'), meaning("none")) == ({"a": 1}, "none")
