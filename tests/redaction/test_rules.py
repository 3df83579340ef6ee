"""octi/redaction/rules.py: a rule that cannot be used is refused with its line and what would be right."""

from collections.abc import Callable
from itertools import count

import pytest

from octi.errors import BadConfig
from octi.redact_config import RedactConfig, Redacted
from octi.redaction.patterns import redacted
from octi.redaction.rules import read_rules

FILE = """# ours
customer = 'C-[0-9]{6}'
"order" = '\\bORD[0-9]+'
"""


def reading(text: str) -> Callable[[str], str]:
    return lambda path: text


def problems(text: str) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        read_rules(RedactConfig(file="rules.toml"), reading(text))
    return list(caught.value.problems)


def test_without_settings_there_are_no_rules() -> None:
    def read(path: str) -> str:
        raise AssertionError(path)

    assert read_rules(RedactConfig(), read) == []


def test_those_that_are_named_are_in_force() -> None:
    rules = read_rules(RedactConfig(kinds=(Redacted.CARD, Redacted.EMAIL)), reading(""))
    assert [rule.name for rule in rules] == ["email", "card"]


def test_those_of_a_file_come_as_well() -> None:
    """Each match is replaced by its rule's name."""
    rules = read_rules(RedactConfig(kinds=(Redacted.EMAIL,), file="rules.toml"), reading(FILE))
    assert redacted(rules, "C-123456, ORD77, a@b.c") == "[customer], [order], [email]"


def test_a_file_that_cannot_be_read_is_named() -> None:
    def read(path: str) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(BadConfig, match=r"OCTI_REDACT_FILE='rules\.toml': cannot be read: .*No such file"):
        read_rules(RedactConfig(file="rules.toml"), read)


def test_a_file_that_is_no_toml_says_where_and_what_it_should_be() -> None:
    (problem,) = problems("a = 'x'\nb : y\n")
    assert "rules.toml" in problem
    assert "line 2" in problem
    assert 'should be TOML, a line for each rule: name = "regular expression"' in problem


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bad = '('", "bad: is no regular expression of Python's: missing ), unterminated subpattern at position 0"),
        ("'two words' = 'x'", "two words: should be a name of letters, digits, - and _"),
        ("email = 'x'", "email: should be a name of letters, digits, - and _, and none of octi's own"),
        ("number = 3", "number: should be a regular expression in quotes"),
        ("empty = 'x*'", "empty: should not match an empty text"),
        ("[table]", "table: should be a regular expression in quotes"),
    ],
)
def test_a_rule_that_cannot_be_used_is_told_with_its_line(line: str, said: str) -> None:
    """And all of them at once."""
    (problem,) = problems(f"fine = 'x'\n\n{line}\n")
    assert problem.startswith("OCTI_REDACT_FILE='rules.toml', line 3: " + said)
    assert len(problems("a = '('\nb = ')'\n")) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression", ["(a+)+$", "(?:a|a)+b", r"(\w+\s?)*!", "(?:foo|foo)+x", r"\d*\d*\d*\d*x", r"([a-z]+)*@"]
)
def test_an_expression_that_takes_for_ever_is_refused(expression: str) -> None:
    """Before anybody waits for it, and with what would be right."""
    (problem,) = problems(f"slow = '{expression}'\n")
    assert (
        "line 1: slow: takes over 0.1 s for one text; should not repeat what repeats, unless by a++ or a*+" in problem
    )


def test_the_remedy_is_one() -> None:
    """What repeats without giving anything back may be repeated."""
    read_rules(RedactConfig(file="rules.toml"), reading("quick = '(?:a++)+b'\n"))


def test_time_is_measured_by_a_clock_that_is_given() -> None:
    ticks = count(0, 1)
    with pytest.raises(BadConfig, match="takes over"):
        read_rules(RedactConfig(file="f"), reading("a = 'b'"), clock=lambda: float(next(ticks)))
