"""octi/hooks/base.py: what is said is not shown where values are shown."""

from octi.hook_config import Side
from octi.hooks.base import ALLOWED, Action, Said, Verdict


def test_words_are_not_in_what_is_logged_of_a_value() -> None:
    """A value that stands in an error or a line tells nobody what was said."""
    said = Said(session="s", item="i", side=Side.USER, text="my secret")
    verdict = Verdict(action=Action.REPLACE, text="my secret", say="my secret", reason="my secret")
    assert "my secret" not in f"{said!r} {verdict!r}"


def test_a_verdict_allows_unless_it_says_otherwise() -> None:
    """A hook that has nothing to say lets everybody talk."""
    assert Verdict() == ALLOWED
    assert ALLOWED.action is Action.ALLOW
