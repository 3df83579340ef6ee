"""What a pause behind some words looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.patience import EAGERNESS, Reading, reading

FINISHED = [
    ("en", "Yes."),
    ("en", "What is the weather like?"),
    ("en", "I think so."),
    ("en", "Yes, I am."),
    ("en", "Two times three."),
    ("en", "I am thirty two."),
    ("en", "Where are you from?"),
    ("en", "My number is 555 0123 456."),
    ("fr", "Oui."),
    ("fr", "Quelle heure est-il ?"),
    ("fr", "C'est pour nous."),
    ("fr", "Mon numéro est le 06 12 34 56 78."),
    ("fr", "Je voudrais deux billets."),
]
UNFINISHED = [
    ("en", "I would like a"),
    ("en", "I would like to."),
    ("en", "Well, um..."),
    ("en", "Um"),
    ("en", "I'm"),
    ("en", "Because"),
    ("en", "On Monday, and"),
    ("en", "Not on Monday,"),
    ("en", "My phone number is 555."),
    ("en", "Five five five"),
    ("fr", "Je voudrais un"),
    ("fr", "Je voudrais réserver pour"),
    ("fr", "Parce que"),
    ("fr", "Euh…"),
    ("fr", "C'est à l'"),
    ("fr", "Mon numéro, c'est le zéro six"),
    ("fr", "Zéro six douze"),
]
UNCLEAR = [("en", ""), ("en", "..."), ("en", "I would like tea"), ("fr", "je voudrais du thé")]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [(*pair, Reading.FINISHED) for pair in FINISHED]
    + [(*pair, Reading.UNFINISHED) for pair in UNFINISHED]
    + [(*pair, Reading.UNCLEAR) for pair in UNCLEAR],
)
def test_the_last_words_tell_whether_more_will_come(language: str, text: str, found: Reading) -> None:
    """Punctuation, words that hang in the air, and numbers that are being dictated."""
    assert reading(text, language) is found


def test_an_unknown_language_is_read_by_its_punctuation() -> None:
    """Its words say nothing here."""
    assert reading("Ich möchte.", "de") is Reading.FINISHED
    assert reading("Ich möchte ein", "de") is Reading.UNCLEAR


@given(some.text(), some.sampled_from(["en", "fr", "de"]), some.sampled_from(sorted(EAGERNESS)))
def test_no_pause_is_shorter_or_longer_than_a_person_would_bear(text: str, language: str, name: str) -> None:
    """0.3 to 2 s, whatever is read; less for what is finished."""
    eager = EAGERNESS[name]
    assert 300 <= eager.wait_ms(reading(text, language)) <= 2000
    assert eager.finished <= eager.unclear <= eager.unfinished
    assert EAGERNESS["auto"] == EAGERNESS["medium"]
