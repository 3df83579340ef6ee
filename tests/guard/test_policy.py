"""octi/guard/policy.py: what a rule gives and takes."""

import pytest

from octi.errors import BadConfig
from octi.guard.caller import Caller
from octi.guard.policy import FULL, LEVELS, Grant, Hide, PolicyRule, Refuse
from octi.guard.rules import Rules, rules_in
from octi.policy_config import May

ACME = """
[default.policy]
may = "speak"
hide = ["usage"]

[tenant.acme.policy]
may = "tools"
fields = ["-session.audio.output.voice"]

[key.console.policy]
may = "everything"
hide = ["-usage"]
"""


def read(text: str) -> Rules:
    return rules_in("rules.toml", lambda path: text)


def test_the_longest_name_counts() -> None:
    """Whether it gives or takes."""
    grant = Grant(frozenset({"session", "session.audio.output.voice"}), frozenset({"session.audio"}))
    asked = ("session.model", "session.audio.input", "session.audio.output.voice", "sessions", "response")
    assert [name for name in asked if grant.lets(name)] == ["session.model", "session.audio.output.voice"]
    assert grant.splits("session.audio")
    assert not grant.splits("session.model")
    assert Grant(all=True).lets("whatever")


def test_without_a_word_a_level_holds_as_it_is() -> None:
    assert [PolicyRule().holding(may) for may in May] == [LEVELS[may] for may in May]


def test_only_everything_is_not_watched() -> None:
    """Unless something is taken away from it, or hidden."""
    assert [may for may in May if LEVELS[may].is_full] == [May.EVERYTHING]
    assert not PolicyRule(hide=("usage",)).holding(May.EVERYTHING).is_full
    assert not PolicyRule(hide=("usage",)).holding(May.EVERYTHING).restricts
    assert PolicyRule(events=("-response.cancel",)).holding(May.EVERYTHING).restricts
    assert FULL.is_full


def test_who_may_only_speak_sees_nothing_of_how_the_agent_is_made() -> None:
    """Who answers its calls has to see them."""
    assert LEVELS[May.SPEAK].hide == {Hide.INSTRUCTIONS, Hide.TOOLS, Hide.TOOL_CALLS}
    assert LEVELS[May.TOOLS].hide == {Hide.INSTRUCTIONS}


def test_a_narrower_rule_leaves_to_a_wider_what_it_does_not_say() -> None:
    """The key's before the tenant's, before those for everybody."""
    rules = read(ACME)
    held = [
        rules.of(caller).policy.holding(May.EVERYTHING)
        for caller in (Caller(), Caller(tenant="acme"), Caller(tenant="acme", key="console"))
    ]
    assert [policy.may for policy in held] == [May.SPEAK, May.TOOLS, May.EVERYTHING]
    assert [Hide.USAGE in policy.hide for policy in held] == [True, True, False]
    assert [policy.fields.lets("session.audio.output.voice") for policy in held] == [True, False, False]


def test_how_refusals_are_told_may_be_said() -> None:
    assert read('[default.policy]\nrefuse = "quietly"').of(Caller()).policy.holding(May.SPEAK).refuse is Refuse.QUIETLY


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('may = "talk"', r"default.policy.may: Invalid enum value 'talk'"),
        ('hide = ["instruction"]', "hide: 'instruction' is not known; should be instructions, tools"),
        ('items = ["-users"]', "items: '-users' is not known"),
        ('fields = ["audio.output.voice"]', "should be such as session.audio.output.voice"),
        ('events = ["response create"]', "events: 'response create' is not known"),
        ('refuse = "never"', "refuse"),
    ],
)
def test_a_mistake_is_told_with_its_place(line: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        read(f"[default.policy]\n{line}")
