"""Yes, no, and one of several."""

import pytest

from octi.extraction.choices import choice_in, flag_in
from octi.extraction.schema import Kind
from tests.extraction.saying import about, said

SMOKER = about("smoker", Kind.FLAG)
PLAN = about("plan", choices=("basic", "basic plus", "premium"))


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("Yes", True),
        ("Well, yeah.", True),
        ("I do", True),
        ("Bien sûr !", True),
        ("No", False),
        ("I don't.", False),
        ("Not really", False),
        ("Bien sûr que non.", False),
        ("Jamais", False),
        ("No idea", None),
        ("Maybe", None),
        ("Why?", None),
        ("Peut-être", None),
    ],
)
def test_an_answer_is_yes_or_no_or_neither(words: str, value: bool | None) -> None:
    """To a question about the field."""
    found = flag_in(said(words, "Do you smoke?"), SMOKER)
    assert (found.value if found else None) is value


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("I'm a smoker", True),
        ("I have never smoked.", False),
        ("We don't smoke.", False),
        ("Je ne fume plus.", False),
        ("She smokes", None),
        ("If I smoked", None),
        ("Smoke is bad", None),
    ],
)
def test_a_statement_says_it_unasked(words: str, value: bool | None) -> None:
    """Of the speaker, as a fact."""
    found = flag_in(said(words), SMOKER)
    assert (found.value if found else None) is value


@pytest.mark.parametrize(
    ("words", "agent", "value", "unsure"),
    [
        ("Basic plus.", "Which plan?", "basic plus", False),
        ("Basic-Plus, not premium", "Which plan?", "basic plus", False),
        ("Basic or premium", "Which plan?", "premium", True),
        ("The premium plan", "", "premium", False),
        ("Something premium", "", "premium", True),
        ("Is premium better?", "Which plan?", None, False),
        ("My basic needs", "", None, False),
        ("premiums", "Which plan?", None, False),
    ],
)
def test_a_choice_is_named(words: str, agent: str, value: str | None, unsure: bool) -> None:
    """The longer of two that overlap; unsure if nothing tells what it was said of, or several were."""
    found = choice_in(said(words, agent), PLAN)
    assert (found and (found.value, found.unsure)) == (value and (value, unsure))
