"""Written words as they are said."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.brains.speakable import speakable


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hello.", "Hello."),
        ("Hello", "Hello."),
        ('"Hello."', '"Hello."'),
        ("Here are some:", "Here are some."),
        ("Vous venez ?", "Vous venez ?"),
        ("**Bold**, *it* and ***both***, __b__ and _i_, ~~no~~.", "Bold, it and both, b and i, no."),
        ("2*3 and 2 * 3 are 6.", "2*3 and 2 * 3 are 6."),
        ("Call `get_weather`.", "Call get weather."),
        ("## A heading", "A heading."),
        ("- Milk", "Milk."),
        ("* [x] Eggs", "Eggs."),
        ("1. Tea", "1, Tea."),
        ("-5 degrees", "-5 degrees."),
        ("> Quoted", "Quoted."),
        ("| a | **b** |", "a, b."),
        ("|---|:-:|", ""),
        ("---", ""),
        ("👍🏽", ""),
        ("Great 😊! ❤️ it 👨‍👩‍👧 1️⃣", "Great ! it 1."),
        ("20 °C, 5 € & 3 %", "20 °C, 5 € & 3 %."),
        ("Bye :)", "Bye."),
        ("See [the docs](https://x.test/a?b=c).", "See the docs."),
        ("![A cat](https://x.test/a.png) sleeps", "A cat sleeps."),
        ("See https://www.x.test/a/b.html?c=d#e, or http://me:hush@y.test:80.", "See x.test, or y.test:80."),
        ("See www.x.test/page and <https://y.test/z>, <a@b.test>.", "See x.test and y.test, a@b.test."),
        ("**https://x.test/a**", "x.test."),
        ("There](https://x.test) it is", "There it is."),
        ("True [1][^2] 【4†source】.", "True."),
        ("One<br>two <b>three</b>, 1 < 2", "One two three, 1 < 2."),
        (r"\*not\* bold", "not bold."),
        ("tab\tand\x00nul\u200b", "tab and nul."),
    ],
)
def test_marks_are_not_read_out(written: str, said: str) -> None:
    """What has no letter or figure is nothing to say; what has no mark gets a full stop."""
    assert speakable(written) == said


def test_a_part_of_a_sentence_gets_no_full_stop() -> None:
    """The rest of it follows."""
    assert speakable("first one, then", whole=False) == "first one, then"


@given(some.text())
def test_whatever_is_written_can_be_said(written: str) -> None:
    """In one line; and what is said stands as it is."""
    said = speakable(written)
    assert said == " ".join(said.split())
    assert not said or any(sign.isalnum() for sign in said)
