"""Brains by name."""

import pytest

from octi.engine.brains import open_brain
from octi.engine.brains.echo import EchoBrain
from octi.engine.brains.rules import RulesBrain


def test_brains_are_opened_by_name() -> None:
    """The names of the configuration."""
    assert isinstance(open_brain("rules"), RulesBrain)
    assert isinstance(open_brain("echo"), EchoBrain)


def test_a_wrong_name_is_told_the_right_ones() -> None:
    """The error names every choice."""
    with pytest.raises(ValueError, match=r"'llm'; choose one of echo, rules"):
        open_brain("llm")
