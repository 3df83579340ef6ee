"""octi/hook_config.py: who judges what is said."""

import pytest

from octi.config import read_config
from octi.errors import BadConfig
from octi.hook_config import HookConfig, HookFails, HookKeeps, HookMode, HookSees, Side

BASE = {"OCTI_UPSTREAM": "embedded"}


def hooks(**said: str) -> HookConfig:
    return read_config({**BASE, **said}).hooks


def test_without_settings_nobody_judges() -> None:
    """And what would hold if somebody did: nothing waits, nothing is blocked for want of a verdict, words are kept."""
    config = hooks()
    assert not config.is_set
    assert (config.mode, config.fails, config.sees, config.keeps) == (
        HookMode.BESIDE,
        HookFails.OPEN,
        HookSees.RAW,
        HookKeeps.WORDS,
    )
    assert config.who == (Side.USER, Side.AGENT)
    assert (config.deadline_s, config.strikes) == (2.0, 0)


@pytest.mark.parametrize("name", ["OCTI_HOOK_URL", "OCTI_HOOK", "OCTI_HOOK_RULES"])
def test_any_of_three_is_a_hook(name: str) -> None:
    """An address, a name, a file."""
    assert hooks(**{name: "https://example.org/judge"}).is_set


def test_settings_are_read() -> None:
    """Whoever writes them in whatever case."""
    config = hooks(OCTI_HOOK_WHO="Agent", OCTI_HOOK_MODE="BEFORE", OCTI_HOOK_FAILS="closed", OCTI_HOOK_SECONDS="0.5")
    assert (config.who, config.mode, config.fails, config.deadline_s) == (
        (Side.AGENT,),
        HookMode.BEFORE,
        HookFails.CLOSED,
        0.5,
    )


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"OCTI_HOOK_WHO": "dog"}, "user, agent, or both"),
        ({"OCTI_HOOK_MODE": "after"}, "one of beside, before"),
        ({"OCTI_HOOK_SECRET": "s"}, "should come with OCTI_HOOK_URL"),
        ({"OCTI_HOOK_SECONDS": "0"}, "above 0"),
    ],
)
def test_what_cannot_be_is_told(said: dict[str, str], problem: str) -> None:
    """By its variable."""
    with pytest.raises(BadConfig, match=problem):
        hooks(**said)


def test_a_file_of_rules_must_be_there() -> None:
    """It is looked for at start."""
    with pytest.raises(BadConfig, match="OCTI_HOOK_RULES"):
        read_config({**BASE, "OCTI_HOOK_RULES": "gone.toml"}, can_read=lambda path: False)


def test_the_secret_is_not_shown() -> None:
    """Nor a password in the address."""
    config = hooks(OCTI_HOOK_URL="https://u:sesame@example.org", OCTI_HOOK_SECRET="hush")
    assert "hush" not in repr(config)
    assert "sesame" not in repr(config)
