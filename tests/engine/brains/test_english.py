"""English as one value, held to what any language must have. Its parts have tests of their own."""

from collections.abc import Collection

import attrs
import pytest

from octi.engine.brains.english import ENGLISH, vocabulary
from octi.engine.brains.language import Language
from octi.engine.brains.words import lower_words

OWN_SETS: list[str] = [
    field.name
    for field in attrs.fields(Language)
    if isinstance(getattr(ENGLISH, field.name), frozenset) and field.name.upper() not in vars(vocabulary)
]


@pytest.mark.parametrize("name", OWN_SETS)
def test_words_are_in_the_form_they_are_heard_in(name: str) -> None:
    """Lower case, straight apostrophes, one at a time: in another form they would never be found."""
    assert [word for word in getattr(ENGLISH, name) if lower_words(word, ENGLISH) != (word,)] == []


@pytest.mark.parametrize("words", [ENGLISH.multipliers, ENGLISH.switches, ENGLISH.answers, ENGLISH.default_leads])
def test_words_that_are_looked_up_are_too(words: Collection[str]) -> None:
    """Whatever they lead to."""
    assert [word for word in words if lower_words(word, ENGLISH) != (word,)] == []


@pytest.mark.parametrize("runs", [ENGLISH.days, ENGLISH.numbers, ENGLISH.fractions])
def test_runs_are_of_such_words_and_the_longest_comes_first(runs: Collection[tuple[str, ...]]) -> None:
    """Else a shorter one would be found inside a longer."""
    assert [run for run in runs if lower_words(" ".join(run), ENGLISH) != run] == []
    assert [len(run) for run in runs] == sorted(map(len, runs), reverse=True)
