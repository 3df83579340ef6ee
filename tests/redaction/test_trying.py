"""octi/redaction/trying.py: an expression is tried before it is trusted."""

import re
from itertools import count

import pytest

from octi.redaction.patterns import WINDOW
from octi.redaction.trying import SLOW_S, hard_texts, problem_with, slowest


def test_one_that_can_be_used_has_no_problem() -> None:
    """It is quick for every text that is tried."""
    assert problem_with(r"\bORD[0-9]+") == ""


@pytest.mark.parametrize(
    ("expression", "said"),
    [("(", "no regular expression"), ("a*", "empty text"), ("(a+)+b", "takes over"), (r"(\w+\s?)+!", "takes over")],
)
def test_one_that_cannot_is_told_why(expression: str, said: str) -> None:
    """In words that say what would be right."""
    assert said in problem_with(expression)


def test_it_stops_at_the_first_that_is_slow() -> None:
    """What explodes is caught while it is small."""
    ticks = count(step=SLOW_S * 2)
    assert slowest(re.compile("a"), lambda: float(next(ticks))) > SLOW_S
    assert next(ticks) < SLOW_S * 6


def test_hard_texts_are_made_of_what_the_expression_is_made_of() -> None:
    """They repeat it, end otherwise, and are as long as they should be."""
    texts = list(hard_texts("xyz+", WINDOW))
    assert all(len(text) == WINDOW and text.endswith("\x00") for text in texts)
    assert any(text.startswith("xyzxyz") for text in texts)
