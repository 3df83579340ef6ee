"""Names, word by word."""

import pytest

from octi.extraction.names import asked_part, name_words, names_in, part_meant
from tests.extraction.saying import said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Anna Berg and I live", ["Anna", "Berg"]),
        ("Anna. I live", ["Anna"]),
        ("anna berg and i live", ["anna", "berg"]),
        ("anna my friend", ["anna"]),
        ("Anna van der Berg", ["Anna", "van", "der", "Berg"]),
        ("Anna de", ["Anna"]),
        ("Jean-Luc d'Arc", ["Jean-Luc"]),
        ("not important", []),
        ("42", []),
        ("", []),
    ],
)
def test_a_name_ends_where_other_words_begin(text: str, words: list[str]) -> None:
    """By capitals where there are some, else by words that are no names."""
    assert name_words(text, 0)[0] == words


def test_in_lower_case_a_name_with_more_behind_it_is_unsure() -> None:
    """Its end is a guess."""
    (name,) = names_in(said("my name is anna berg ghent"), "", "")
    assert (name.first, name.last, name.unsure) == ("Anna", "Berg", True)


def test_a_middle_name_makes_it_unsure() -> None:
    """It may belong to either part."""
    (name,) = names_in(said("My name is Anna Maria Berg."), "", "")
    assert (name.first, name.last, name.unsure) == ("Anna", "Berg", True)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("what is your first name?", "first"),
        ("et votre nom de famille ?", "last"),
        ("first name and last name, please?", "both"),
        ("who am i speaking to?", "both"),
        ("comment vous appelez-vous ?", "both"),
        ("what is the name of your dog?", ""),
        ("how are you?", ""),
    ],
)
def test_a_question_asks_for_a_part(question: str, part: str) -> None:
    """Or for none."""
    assert asked_part(question) == part


@pytest.mark.parametrize(
    ("word", "agent", "part"),
    [
        ("Bert", "thank you, anna.", "first"),
        ("Bert", "thank you, ms berg.", "last"),
        ("Bert", "and your last name?", "last"),
        ("Burg", "thank you, anna berg.", "last"),
        ("Hannah", "thank you, anna berg.", "first"),
        ("Zoe", "thank you.", "first"),
    ],
)
def test_one_word_corrects_the_part_that_was_spoken_of(word: str, agent: str, part: str) -> None:
    """Or else the one that it is most like."""
    assert part_meant(word, agent, "Anna", "Berg") == part


def test_a_correction_may_come_in_both_languages_at_once() -> None:
    """Several words of correction in a row are one."""
    (name,) = names_in(said("Non, pardon, c'est Bert.", "Merci, Bart."), "Bart", "")
    assert (name.first, name.unsure) == ("Bert", False)
