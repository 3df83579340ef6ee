"""A hook, as octi asks it: a port, with what it is asked and what it may answer."""

from enum import StrEnum
from typing import Protocol

import attrs

from octi.hook_config import Side


class Action(StrEnum):
    """What becomes of a turn."""

    ALLOW = "allow"
    BLOCK = "block"
    REPLACE = "replace"
    INTERRUPT = "interrupt"
    END = "end"


class HookFailed(Exception):
    """There is no verdict. The reason is in octi's own words, and may be logged."""


@attrs.frozen(kw_only=True)
class Said:
    """A turn, as a hook is shown it."""

    session: str
    item: str  # as in the transcript
    side: Side
    text: str = attrs.field(repr=False)
    final: bool = True  # False: the agent goes on; these are the words so far
    spoken: bool = True  # else it was typed, or written
    door: str = ""
    model: str = ""
    tenant: str = ""
    key: str = ""  # the name of the key, as configured
    user: str = ""


@attrs.frozen(kw_only=True)
class Verdict:
    """What a hook says of a turn."""

    action: Action = Action.ALLOW
    text: str = attrs.field(default="", repr=False)  # what stands in its place, for REPLACE
    say: str | None = attrs.field(default=None, repr=False)  # what the agent says; None: as configured; "": nothing
    reason: str = attrs.field(default="", repr=False)  # kept beside the turn; with END told to the client
    by: str = ""  # which hook, or which rule
    failed: str = ""  # why there was no verdict, and the policy holds


ALLOWED = Verdict()


class Hook(Protocol):
    """Judges turns, several at once if need be. Whoever asks has a deadline, and cancels what takes longer."""

    @property
    def name(self) -> str:
        """Which it is, for the log and beside the turn."""

    async def judge(self, said: Said) -> Verdict:
        """What becomes of a turn. Raises HookFailed; whatever else it raises counts as that."""
