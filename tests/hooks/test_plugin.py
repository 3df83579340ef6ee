"""octi/hooks/plugin.py: a Python function as a hook, by its name."""

from importlib.metadata import EntryPoint

import pytest

from octi.errors import BadConfig
from octi.hook_config import Side
from octi.hooks.base import ALLOWED, Action, HookFailed, Said, Verdict
from octi.hooks.plugin import GROUP, Plugin, installed, plugin_named

SAID = Said(session="s", item="i", side=Side.USER, text="Hello.")


async def strict(said: Said) -> Verdict | None:
    """Blocks what is typed."""
    return None if said.spoken else Verdict(action=Action.BLOCK)


async def broken(said: Said) -> Verdict | None:
    """Gives what nobody understands."""
    return "no"  # type: ignore[return-value]  # that is the point


NOT_CALLABLE = 7


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


HERE = [
    point("strict", f"{__name__}:strict"),
    point("number", f"{__name__}:NOT_CALLABLE"),
    point("gone", "no.such:one"),
]


async def test_a_function_is_found_by_its_name() -> None:
    """It is given the turn; nothing said is allowed."""
    hook = plugin_named("strict", HERE)
    assert hook.name == "strict"
    assert await hook.judge(SAID) == ALLOWED


async def test_what_is_no_verdict_is_none() -> None:
    """Its type is told."""
    with pytest.raises(HookFailed, match="it gave str, and no Verdict"):
        await Plugin("broken", broken).judge(SAID)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "should be the name of an entry point in the group octi.hooks; there are: gone, number, strict"),
        ("number", "should be an async function"),
        ("gone", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_one_that_cannot_be_used_is_told_at_start(name: str, said: str) -> None:
    """By its name, and what there is."""
    with pytest.raises(BadConfig, match=f"OCTI_HOOK='{name}'") as caught:
        plugin_named(name, HERE)
    assert said in caught.value.problems[0]


def test_octi_itself_brings_none() -> None:
    """Only what somebody has installed is there."""
    assert list(installed()) == []
