"""Free text, and lists of it."""

import pytest

from octi.extraction.phrases import list_in, words_in
from octi.extraction.schema import Kind
from tests.extraction.saying import about, said


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("city", "I live in Ghent, by the river.", "Ghent"),
        ("ville", "J'habite à Aix et je travaille", "Aix"),
        ("company", "I work for Berg and Sons.", "Berg and Sons"),
        ("entreprise", "Je travaille chez Dupont.", "Dupont"),
        ("job_title", "My job title is welder", "welder"),
        ("favouriteColour", "my favourite colour is blue but not navy", "blue"),
        ("couleur", "Ma couleur est le bleu.", "le bleu"),
        ("city", "Is my city Ghent?", None),
        ("city", "My city is not important", None),
        ("city", "Ghent", None),
    ],
)
def test_a_text_is_what_follows_its_words(name: str, words: str, value: str | None) -> None:
    """Up to the end of the clause."""
    found = words_in(said(words), about(name))
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("Um, Ghent.", "Ghent"),
        ("Why do you ask?", None),
        ("No", None),
        ("I have lived in so many places that I cannot say", None),
    ],
)
def test_a_short_answer_is_taken_and_unsure(words: str, value: str | None) -> None:
    """Anything would do as an answer; a question or a refusal would not."""
    found = words_in(said(words, "What city are you in?"), about("city"))
    assert (found and (found.value, found.unsure)) == (value and (value, True))


def test_a_list_is_split_at_commas_and_ands() -> None:
    """In both languages, and unsure."""
    hobbies = about("hobbies", Kind.LIST)
    found = list_in(said("My hobbies are chess, tennis, and reading."), hobbies)
    assert found
    assert (found.value, found.unsure) == (("chess", "tennis", "reading"), True)
    answered = list_in(said("Les échecs et la lecture", "Quels sont vos loisirs ?"), hobbies)
    assert answered
    assert answered.value == ("Les échecs", "la lecture")
    assert list_in(said("Chess"), hobbies) is None
