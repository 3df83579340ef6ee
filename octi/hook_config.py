"""The settings of content hooks; `octi.config` puts them with the others."""
# ruff: noqa: RUF009 - `setting` makes attrs fields, but ruff only knows `attrs.field` by its name

from collections.abc import Callable, Iterator
from enum import StrEnum

import attrs

from octi.settings import one_of, seconds, setting, text, web_address, whole, word


class HookMode(StrEnum):
    """When a user's turn is judged. BESIDE: while it is answered. BEFORE: the answer waits for the verdict."""

    BESIDE = "beside"
    BEFORE = "before"


class HookFails(StrEnum):
    """What holds where there is no verdict. OPEN: the turn is allowed. CLOSED: it is blocked."""

    OPEN = "open"
    CLOSED = "closed"


class HookSees(StrEnum):
    """What a hook is shown. REDACTED: as OCTI_REDACT would have it stored."""

    RAW = "raw"
    REDACTED = "redacted"


class HookKeeps(StrEnum):
    """What is kept of a turn that was blocked or replaced. MARK: only that there was one."""

    WORDS = "words"
    MARK = "mark"


class Side(StrEnum):
    """Who said a turn."""

    USER = "user"
    AGENT = "agent"


def sides(said: str) -> tuple[Side, ...]:
    """Names with commas between them."""
    try:
        found = tuple(Side(name.strip().lower()) for name in said.split(","))
    except ValueError:
        raise ValueError("user, agent, or both with a comma between") from None
    return tuple(dict.fromkeys(found))


@attrs.frozen(kw_only=True)
class HookConfig:
    """Who judges what is said, and what holds where nobody does. See docs/hooks.md."""

    url: str = setting("OCTI_HOOK_URL", "Where a webhook is asked about each turn (see docs/hooks.md).", web_address)
    secret: str = setting("OCTI_HOOK_SECRET", "Signs what the webhook is sent (HMAC-SHA256).", word, secret=True)
    name: str = setting("OCTI_HOOK", "A Python hook: the name of an entry point in the group octi.hooks.", word)
    rules: str = setting("OCTI_HOOK_RULES", "File with pattern rules that judge each turn (TOML).", text)
    who: tuple[Side, ...] = setting("OCTI_HOOK_WHO", "Whose turns are judged: user, agent.", sides, "user,agent")
    mode: HookMode = setting(
        "OCTI_HOOK_MODE",
        "When a user's turn is judged: beside (while it is answered), before (the answer waits for the verdict).",
        one_of(HookMode),
        "beside",
    )
    fails: HookFails = setting(
        "OCTI_HOOK_FAILS",
        "What holds where a hook fails, is late, or is asked too much: open (allowed), closed (blocked).",
        one_of(HookFails),
        "open",
    )
    deadline_s: float = setting("OCTI_HOOK_SECONDS", "How long a verdict may take.", seconds(30), "2")
    at_once: int = setting("OCTI_HOOK_AT_ONCE", "How many turns are judged at once.", whole(1, 1000), "32")
    waiting: int = setting(
        "OCTI_HOOK_WAITING",
        "How many more may wait for that; beyond it OCTI_HOOK_FAILS holds.",
        whole(0, 10_000),
        "256",
    )
    says: str = setting(
        "OCTI_HOOK_SAYS",
        "What the agent says where a turn was blocked and the verdict has no words of its own.",
        text,
        "I'm sorry, I can't talk about that.",
    )
    strikes: int = setting(
        "OCTI_HOOK_STRIKES", "After so many blocked turns a session ends. 0: never.", whole(0, 1000), "0"
    )
    sees: HookSees = setting(
        "OCTI_HOOK_SEES", "What hooks are shown: raw, redacted (as OCTI_REDACT says).", one_of(HookSees), "raw"
    )
    keeps: HookKeeps = setting(
        "OCTI_HOOK_KEEPS",
        "What is stored of a turn that was blocked or replaced: words (with the verdict beside them), mark (no words).",
        one_of(HookKeeps),
        "words",
    )

    @property
    def is_set(self) -> bool:
        """Is there any hook?"""
        return bool(self.url or self.name or self.rules)


def broken_hook_rules(config: HookConfig, can_read: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong between the settings."""
    if config.secret and not config.url:
        yield "OCTI_HOOK_SECRET is set: should come with OCTI_HOOK_URL, whose requests it signs"
    if config.rules and not can_read(config.rules):
        yield f"OCTI_HOOK_RULES={config.rules!r}: should be a file that octi can read"
