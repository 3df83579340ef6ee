"""French words by what they do."""

from collections.abc import Collection, Mapping

import pytest

from octi.engine.brains.french import FRENCH, vocabulary
from octi.engine.brains.words import lower_words, spaced

TABLES: Mapping[str, Collection[str]] = {
    "stop words": vocabulary.STOP_WORDS,
    "vague words": vocabulary.VAGUE_WORDS,
    "no names": vocabulary.NOT_NAMES,
    "negations": vocabulary.NEGATIONS,
    "swaps": vocabulary.SWAPS,
    "leads": vocabulary.LEADS,
    "words that lead": [word for leads in vocabulary.LEADS.values() for word in leads],
    "free text": vocabulary.FREE_TEXT,
    "words before free text": [word for leads in vocabulary.FREE_TEXT.values() for word in leads],
}


@pytest.mark.parametrize("table", TABLES)
def test_words_are_in_the_form_they_are_heard_in(table: str) -> None:
    """Lower case, no accents, blanks for apostrophes: in another form they would never be found."""
    assert [word for word in TABLES[table] if " ".join(lower_words(word, FRENCH)) != word] == []


@pytest.mark.parametrize("table", ["leads", "free text"])
def test_parameters_are_named_by_one_word(table: str) -> None:
    """Their names are taken apart before they are looked up."""
    assert [name for name in TABLES[table] if spaced(name).split() != [name]] == []


def test_the_longest_ending_comes_first() -> None:
    """Else a word would only lose a part of it."""
    lengths = [len(suffix) for suffix in vocabulary.WORD_SUFFIXES]
    assert lengths == sorted(lengths, reverse=True)
