"""All that the brain says in English."""

import string
from collections.abc import Mapping

import pytest

from octi.engine.brains.english.replies import REPLIES
from octi.engine.brains.language import Phrase

# What every answer may hold, and what only some are given. A question holds nothing else: it must read the same
# whenever it is asked.
FACTS = frozenset({"me", "you", "name", "time", "date", "last", "abilities"})
QUESTION = frozenset({"param", "choices"})
OWN: Mapping[Phrase, frozenset[str]] = {
    Phrase.ASK_WORDS: QUESTION,
    Phrase.ASK_NUMBER: QUESTION,
    Phrase.ASK_CHOICE: QUESTION,
    Phrase.ASK_FLAG: QUESTION,
    Phrase.ASK_FIELD: QUESTION,
    Phrase.SUM: FACTS | {"sum"},
    Phrase.WAITING: FACTS | {"function"},
    Phrase.FAILED: frozenset({"why"}),
    Phrase.PAIR: frozenset({"name", "value"}),
    Phrase.ONE_ITEM: frozenset({"count", "items"}),
    Phrase.ALL_ITEMS: frozenset({"count", "items"}),
    Phrase.FIRST_ITEMS: frozenset({"count", "items"}),
    Phrase.NO_ITEMS: frozenset({"count", "items"}),
    Phrase.MORE: frozenset({"count"}),
    Phrase.ECHO: frozenset({"words"}),
}
# Parts of sentences about numbers and results, which are put together elsewhere.
PARTS = frozenset(
    {
        *(Phrase.ABOUT, Phrase.MINUS, Phrase.PAIR, Phrase.ONE_ITEM, Phrase.ALL_ITEMS, Phrase.FIRST_ITEMS),
        *(Phrase.NO_ITEMS, Phrase.MORE, Phrase.TRUE, Phrase.FALSE, Phrase.NOTHING),
    }
)


@pytest.mark.parametrize("phrase", Phrase)
def test_every_phrase_can_be_said(phrase: Phrase) -> None:
    """In at least one variant, with fields that it is given."""
    variants = REPLIES[phrase]
    fields = {field for variant in variants for _, field, _, _ in string.Formatter().parse(variant) if field}
    assert variants
    assert fields <= OWN.get(phrase, FACTS)


def test_nothing_else_is_said() -> None:
    """There is no reply for what nobody means."""
    assert REPLIES.keys() == set(Phrase)


def test_questions_have_one_variant() -> None:
    """A reply is recognised by the question before it, and belongs to the parameter that it names."""
    asked = {phrase for phrase in Phrase if phrase.name.startswith("ASK_")}
    assert asked == {phrase for phrase, fields in OWN.items() if fields == QUESTION}
    assert all(len(REPLIES[phrase]) == 1 and "{param}" in REPLIES[phrase][0] for phrase in asked)


def test_a_choice_is_told_its_choices() -> None:
    """There is no other way to know them."""
    assert "{choices}" in REPLIES[Phrase.ASK_CHOICE][0]


@pytest.mark.parametrize("phrase", [Phrase.REPEAT, Phrase.SLOWER])
def test_a_repetition_has_one_variant_which_ends_in_what_is_repeated(phrase: Phrase) -> None:
    """What was put before it is left out when it is repeated again."""
    [variant] = REPLIES[phrase]
    assert variant.partition("{last}")[::2] == (variant.removesuffix("{last}"), "")
    assert variant != "{last}"


@pytest.mark.parametrize("phrase", sorted(PARTS | {Phrase.DONE, Phrase.FAILED}))
def test_numbers_and_results_are_told_in_one_way(phrase: Phrase) -> None:
    """There are no turns to take where they are put together."""
    assert len(REPLIES[phrase]) == 1


@pytest.mark.parametrize("phrase", sorted(set(Phrase) - PARTS))
def test_an_answer_ends_as_a_sentence(phrase: Phrase) -> None:
    """With a mark, or with something that brings its own."""
    ends = (".", "!", "?", "{last}", "{why}", "{words}")
    assert [variant for variant in REPLIES[phrase] if not variant.endswith(ends)] == []


@pytest.mark.parametrize("phrase", sorted(PARTS))
def test_a_part_of_a_sentence_does_not_end_one(phrase: Phrase) -> None:
    """Something follows, or the sentence around it has the mark."""
    assert REPLIES[phrase][0][-1] not in ".!?"


def test_variants_differ() -> None:
    """Else there was no point in taking turns."""
    assert [phrase for phrase, variants in REPLIES.items() if len(set(variants)) != len(variants)] == []


def test_nothing_is_contracted() -> None:
    """A synthesiser speaks whole words better, and one style is kept throughout."""
    assert [variant for variants in REPLIES.values() for variant in variants if "'" in variant or "’" in variant] == []
