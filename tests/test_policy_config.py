"""octi/policy_config.py: what clients may say, in a word."""

import pytest

from octi.policy_config import May, PolicyConfig, level


def test_levels_have_names() -> None:
    assert [level(name) for name in ("speak", " Tools", "EVERYTHING")] == list(May)


def test_another_name_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="one of speak, tools, everything"):
        level("talk")


def test_unless_it_is_said_it_depends_on_who_asks() -> None:
    assert not PolicyConfig().may
