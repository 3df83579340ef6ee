"""What is written and not heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.brains.unspoken import Unspoken


def passed(text: str, step: int) -> str:
    unspoken = Unspoken()
    return "".join(unspoken.take(text[start : start + step]) for start in range(0, len(text), step)) + unspoken.end()


@pytest.mark.parametrize("step", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Hello.", "Hello."),
        ("<think>Let me see. </think>Hello.", "Hello."),
        ("<Thinking>a < b</Thinking>Yes.<reasoning>no", "Yes."),
        ("template opened it</think>\n\nHello.", "template opened it\n\n\nHello."),
        ("Look: ```py\nprint('<think>')\n``` and `this`.", "Look: \n and `this`."),
        ("~~~\ncode\n~~~Done ~~not~~.", "\nDone ~~not~~."),
        ("3 < 4, <b>bold</b> <thin", "3 < 4, <b>bold</b> <thin"),
        ("İ<think>İİİ</think>é", "İé"),
        ("<reaſoning>x", "<reaſoning>x"),
    ],
)
def test_thoughts_and_code_are_left_out(text: str, heard: str, step: int) -> None:
    """However the text arrives. Code ends a line; what is never closed goes on to the end."""
    assert passed(text, step) == heard


def test_little_is_kept_back() -> None:
    """Only what might open something."""
    unspoken = Unspoken()
    assert [unspoken.take(piece) for piece in ("Hello", " <", "b", "> ", "<th")] == ["Hello", " ", "<b", "> ", ""]
    assert unspoken.end() == "<th"
    assert unspoken.end() == ""


def test_what_is_left_out_is_not_kept() -> None:
    """Thoughts may be long."""
    unspoken = Unspoken()
    unspoken.take("<think>")
    for _ in range(100):
        assert unspoken.take("x" * 1000) == ""
    assert len(unspoken._text) < 20


@given(some.text(alphabet="ab <>/~`"), some.integers(1, 9))
def test_the_size_of_the_pieces_does_not_matter(text: str, step: int) -> None:
    """Nor is anything lost that opens nothing."""
    assert passed(text, step) == passed(text, 1000)
    if "```" not in text and "~~~" not in text:
        assert passed(text, step) == text
