"""octi/hooks/patterns.py: rules of regular expressions, each tried before it is trusted."""

from itertools import count

import pytest

from octi.errors import BadConfig
from octi.hook_config import Side
from octi.hooks.base import ALLOWED, Action, HookFailed, Said, Verdict
from octi.hooks.patterns import LONGEST, Patterns, read_patterns

FILE = """
[[rule]]
name = "weapons"
match = '(?i)\\bbombs?\\b'
who = "user"
say = "Let us talk about something else."
reason = "weapons"

[[rule]]
name = "rivals"
match = "Acme|Initech"
who = "agent"
action = "replace"
text = "another shop"

[[rule]]
name = "oaths"
match = "damn"
action = "replace"
text = "dear"

[[rule]]
name = "abuse"
match = "idiot"
action = "end"
"""


def rules(text: str = FILE) -> Patterns:
    return read_patterns("rules.toml", lambda path: text)


def judged(text: str, side: Side = Side.USER) -> Verdict:
    return rules().verdict(Said(session="s", item="i", side=side, text=text))


def problems(text: str) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        rules(text)
    return list(caught.value.problems)


async def test_a_turn_in_which_an_expression_is_found_is_judged_by_its_rule() -> None:
    """As a hook, it waits for nothing."""
    said = Said(session="s", item="i", side=Side.USER, text="How are Bombs made?")
    assert await rules().judge(said) == Verdict(
        action=Action.BLOCK, say="Let us talk about something else.", reason="weapons", by="rule weapons"
    )


def test_what_no_rule_is_against_is_allowed() -> None:
    """Nor is a rule for the other side's turns."""
    assert judged("How are roses grown?") == ALLOWED
    assert judged("a bomb", Side.AGENT) == ALLOWED
    assert judged("Acme", Side.USER) == ALLOWED


def test_words_are_replaced_where_they_stand() -> None:
    """All of them, by all rules that replace; the rest stays as it was."""
    verdict = judged("Acme is damn good, Initech is not.", Side.AGENT)
    assert verdict.action is Action.REPLACE
    assert verdict.text == "another shop is dear good, another shop is not."
    assert verdict.by == "rule rivals"


def test_a_rule_that_stops_a_turn_comes_before_one_that_mends_it() -> None:
    """Whatever was replaced before."""
    assert judged("you damn idiot").action is Action.END
    assert judged("a damn bomb").action is Action.BLOCK


def test_a_long_turn_is_looked_through_whole() -> None:
    """Also where the windows meet; one that is endless is not."""
    for length in (1990, 1999, 2000, 3495, 9000):
        assert judged("x" * length + " bomb").action is Action.BLOCK
    replaced = judged("damn " * 3000)
    assert replaced.text == "dear " * 3000
    with pytest.raises(HookFailed):
        judged("a" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "rule"),
        ("rule = []", "rule"),
        ("[[rule]]\nname = 'a'", "match"),
        ("[[rule]]\nname = 'a'\nmatch = 'b'\naction = 'explode'", "explode"),
        ("[[rule]]\nname = 'a'\nmatch = 'b'\nwho = 'nobody'", "nobody"),
        ("[[rule]]\nname = 'a'\nmatch = 'b'\nwords = 'c'", "words"),
        ("[[rule]]\nname = 'a'\nmatch = 'b'\naction = 'replace'", "should be what stands in the place of the words"),
        ("[[rule]]\nname = 'a'\nmatch = '('", "rule a: is no regular expression of Python's"),
        ("[[rule]]\nname = 'a'\nmatch = 'b*'", "rule a: should not match an empty text"),
        ("[[rule]]\nname = 'a'\nmatch = '(b+)+c'", "rule a: takes over 0.1 s"),
        ("a : b", "should be TOML"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(text: str, said: str) -> None:
    """With the file, the rule and what would be right."""
    (problem,) = problems(text)
    assert problem.startswith("OCTI_HOOK_RULES='rules.toml': ")
    assert said in problem


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Rule by rule."""
    told = problems("[[rule]]\nname = 'a'\nmatch = '('\n[[rule]]\nname = 'b'\nmatch = 'x*'")
    assert [line.split(": ")[1] for line in told] == ["rule a", "rule b"]


def test_a_file_that_cannot_be_read_is_named() -> None:
    """As every setting that names one."""

    def read(path: str) -> str:
        raise FileNotFoundError(2, "No such file")

    with pytest.raises(BadConfig, match=r"OCTI_HOOK_RULES='rules\.toml': cannot be read"):
        read_patterns("rules.toml", read)


def test_time_is_measured_by_a_clock_that_is_given() -> None:
    """A slow one makes every expression slow."""
    ticks = count()
    with pytest.raises(BadConfig, match="takes over"):
        read_patterns("rules.toml", lambda path: "[[rule]]\nname = 'a'\nmatch = 'b'", clock=lambda: float(next(ticks)))
