"""octi/hooks/opening.py: only what is configured is opened, what costs least is asked first."""

import pytest

from octi.errors import BadConfig
from octi.hook_config import HookConfig
from octi.hooks.opening import open_judge

RULE = "[[rule]]\nname = 'a'\nmatch = 'b'"


async def test_without_settings_there_is_nobody() -> None:
    """Nothing is made, and no file read."""

    def read(path: str) -> str:
        raise AssertionError(path)

    async with open_judge(HookConfig(), read) as judge:
        assert judge is None


async def test_rules_are_asked_before_a_webhook() -> None:
    """It is far away."""
    async with open_judge(HookConfig(rules="r.toml", url="http://127.0.0.1:1"), lambda path: RULE) as judge:
        assert judge is not None
        assert [hook.name for hook in judge.hooks] == ["rules", "webhook"]


async def test_what_cannot_be_used_is_told() -> None:
    """Before anybody talks."""
    with pytest.raises(BadConfig, match="OCTI_HOOK="):
        async with open_judge(HookConfig(name="nobody"), lambda path: RULE):
            pass
