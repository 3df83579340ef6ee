"""Text made comparable."""

import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.words import content, listed, plain, sentences, shortened, spaced, stem, tokens


def test_tokens_keep_what_belongs_together() -> None:
    """Addresses, times, dates, abbreviations and apostrophes stay whole; letters behind digits do not."""
    text = "Mail a.b@c.org at 8:30 or 9pm, don’t wait until 2026-10-05 p.m."
    expected = ["Mail", "a.b@c.org", "at", "8:30", "or", "9", "pm", "don’t", "wait", "until", "2026-10-05", "p.m"]
    assert list(tokens(text, ENGLISH)) == expected


def test_plain_text_has_no_politeness() -> None:
    """Case, punctuation and hesitation are gone."""
    assert plain("Well, um, what TIME is it, please?!", ENGLISH) == "what time is it"


@pytest.mark.parametrize(
    ("one", "other"),
    [("tables", "table"), ("booking", "book"), ("cities", "city"), ("reservation", "reserve"), ("stopped", "stop")],
)
def test_two_forms_of_a_word_agree(one: str, other: str) -> None:
    """Plurals and endings do not count."""
    assert stem(one, ENGLISH) == stem(other, ENGLISH)


def test_content_is_what_the_talk_is_about() -> None:
    """Grammar is left out."""
    assert content("What is the weather in Paris?", ENGLISH) == {"weather", "pari"}


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One. Two! Three", ("One.", "Two!", "Three.")),
        ("It is 3.5 degrees,", ("It is 3.5 degrees.",)),
        ("a line\nanother", ("a line.", "another.")),
        (" … ?! ", ()),
        ("", ()),
    ],
)
def test_sentences_end_as_sentences(text: str, cut: tuple[str, ...]) -> None:
    """Each has a mark; what holds no word is none."""
    assert sentences(text) == cut


def test_names_and_lists_are_said_as_words() -> None:
    """A programmer's name is split; a list has an "and" before its last."""
    assert [spaced(name) for name in ("get_weather", "getOrderStatus", "end-call")] == [
        "get weather",
        "get order status",
        "end call",
    ]
    assert [listed(items, "and") for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_long_text_is_cut_between_words() -> None:
    """Never more characters than asked for, but for the mark."""
    assert shortened("one two three", 9) == "one two…"
    assert shortened("one", 9) == "one"
    assert shortened("x" * 20, 5) == "xxxxx…"
