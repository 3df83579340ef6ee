"""What the brain remembers of a history."""

import pytest

from octi.engine.base import Called, Line
from octi.engine.brains import recall
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.recall import Turn


def test_lines_of_one_side_are_one_turn() -> None:
    """Instructions in between are nobody's turn; a function's is empty."""
    history = (
        Line("user", "one"),
        Line("system", "be nice"),
        Line("user", "two"),
        Called("c", "f", {}),
        Line("user", " "),
    )
    assert recall.turns(history) == (Turn("user", "one two"), Turn("function"), Turn("user", ""))


def test_only_words_since_the_last_answer_are_heard() -> None:
    """What was answered is not answered again."""
    said = recall.turns((Line("user", "one"), Line("assistant", "two")))
    assert recall.heard(said) == ""
    assert recall.last_answer(said) == "two"


def test_results_are_new_until_somebody_speaks() -> None:
    """Several at once are all new."""
    one, two = Called("1", "f", {}, "x"), Called("2", "g", {}, "y")
    assert recall.new_results((Line("user", "hi"), one, Line("system", "s"), two)) == (one, two)
    assert recall.new_results((one, Line("user", "hi"))) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my name is anna", "Anna"),
        ("Hello, my name's Jean-Luc.", "Jean-Luc"),
        ("I'm Bob.", "Bob"),
        ("hi this is Zoë and I have a question", "Zoë"),
        ("please call me IVO", "Ivo"),
        ("I'm tired", None),
        ("I'm Sorry.", None),
        ("call me back later", None),
        ("my name is not important", None),
        ("what is my name", None),
    ],
)
def test_a_user_is_called_what_they_say(text: str, name: str | None) -> None:
    """A mood is no name."""
    assert recall.name_in(text, ENGLISH) == name


def test_the_last_name_given_counts() -> None:
    """People correct what was misheard."""
    said = recall.turns((Line("user", "my name is anna"), Line("assistant", "Hi."), Line("user", "my name is hannah")))
    assert recall.user_name(said, ENGLISH) == "Hannah"


@pytest.mark.parametrize(
    ("instructions", "name"),
    [
        ("You are Aria, a friendly concierge.", "Aria"),
        ("Be short. Your name is “Max”.", "Max"),
        ("you are called Octi", "Octi"),
        ("You are a helpful assistant.", ENGLISH.default_name),
        ("You are Helpful.", ENGLISH.default_name),
        ("You are French speaking.", ENGLISH.default_name),
        ("", ENGLISH.default_name),
    ],
)
def test_the_agent_is_called_what_the_instructions_clearly_say(instructions: str, name: str) -> None:
    """Or else by what it is."""
    assert recall.agent_name(instructions, ENGLISH) == name
