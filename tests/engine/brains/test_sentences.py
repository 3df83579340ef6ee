"""A stream of text, cut into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.brains.sentences import LONGEST, LONGEST_WORD, Cut, Sentences, first_end, pause_in


def cut(text: str, step: int = 1) -> list[Cut]:
    """A text's sentences, if it comes in pieces of so many characters."""
    sentences = Sentences()
    cuts = [one for start in range(0, len(text), step) for one in sentences.take(text[start : start + step])]
    return cuts + sentences.end()


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "wanted",
    [
        ["Hello.", "How are you?", "Fine!"],
        ["Dr. Smith and Mrs. Jones paid 3.50 for it.", "It was e.g. a hat."],
        ["J. R. R. Tolkien was in the U.S. Army.", "So was I.", "He was not."],
        ["See No. 5, fig. 3 and p. 7.", "No.", "I will not."],
        ["Wait... maybe.", "Well…", "I think so.", "On Oct. 5 at 8 p.m. sharp."],
        ['He said "Stop!" and left.', '"Really?"', "“Yes.”", "(Sure.)", "**Ok!**", "Bye"],
        ["Vous venez ?", "Oui !", "M. Dupont, Mme. Curie et le Pr. Raoult."],
        ["Il a dit : « Viens ! »", "Puis il est parti."],
        ["« Viens ! » dit-il.", "« Fini ? », dit-elle.", "Prix : 3,50 €.", "Voilà."],
        ["20 °C.", "What?!", "Yes..."],
    ],
)
def test_sentences_are_cut_behind_their_marks(wanted: list[str], step: int) -> None:
    """Not behind abbreviations, initials, decimals; however the text arrives. A French mark keeps its space."""
    assert cut(" ".join(wanted), step) == [Cut(text, whole=True) for text in wanted]


def test_a_sentence_is_given_as_soon_as_the_next_one_begins() -> None:
    """Before that a point may still be a decimal's."""
    sentences = Sentences()
    assert [sentences.take(piece) for piece in ("It costs 3", ".", "50", " euros.", " ")] == [[]] * 5
    assert sentences.take("Good") == [Cut("It costs 3.50 euros.", whole=True)]
    assert sentences.end() == [Cut("Good", whole=True)]
    assert sentences.end() == []


def test_lines_are_never_joined() -> None:
    """Entries of a list, headings, paragraphs; an entry's number is not a sentence."""
    text = "Here:\n1. Milk. Fresh\n\n  - Eggs\n2. Tea\n"
    assert [one.text for one in cut(text)] == ["Here:", "1. Milk.", "Fresh", "- Eggs", "2. Tea"]
    assert Sentences().take("Yes\n") == [Cut("Yes", whole=True)]


def test_a_long_sentence_is_cut_at_a_comma() -> None:
    """The last one within bounds; the rest is a piece like any other, and its end is the sentence's."""
    clause = "and then some more of it, "
    first, *others, last = cut(clause * 20)
    assert first.text.endswith("it,")
    assert LONGEST - len(clause) < len(first.text) <= LONGEST
    assert not any(one.whole for one in [first, *others])
    assert last.whole


def test_a_long_sentence_without_a_comma_is_cut_between_words() -> None:
    """And within a word only if that is no word at all; a pause near the beginning is no help."""
    texts = [one.text for one in cut("Oh, " + "word " * 100)]
    assert " ".join(texts).split() == ["Oh,", *["word"] * 100]
    assert all(len(text) <= LONGEST for text in texts)
    assert [len(one.text) for one in cut("x" * (LONGEST_WORD + 5))] == [LONGEST_WORD, 5]
    assert [len(one.text) for one in cut("x" * 300 + " y", 1000)] == [300, 1]
    assert pause_in("x" * 300) is None


def test_a_sentence_that_arrives_long_is_cut_as_well() -> None:
    """As if it had come in pieces."""
    text = "one, " * 100 + "end. Next."
    assert cut(text, 1000) == cut(text, 1)


def test_a_sentence_has_no_end_before_it_is_known() -> None:
    """What follows decides: a small letter goes on, a closing quotation mark belongs to it."""
    assert [first_end(text) for text in ("Hi.", "Hi. ", "Hi. you", "Hi ! »", "Hi. You", "")] == [
        *[None] * 4,
        3,
        None,
    ]


@given(some.text(alphabet="aB1 .,!?…\n»\"')"), some.integers(1, 50))
def test_no_character_is_lost(text: str, step: int) -> None:
    """But blanks."""
    assert "".join("".join(one.text for one in cut(text, step)).split()) == "".join(text.split())
