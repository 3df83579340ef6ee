"""Verdicts: as they are read, and where there is none. Pure."""

from typing import Annotated

import msgspec

from octi.hook_config import HookFails, Side
from octi.hooks.base import Action, HookFailed, Said, Verdict
from octi.records import SessionRecord

LONGEST_TEXT, LONGEST_WORDS, LONGEST_REASON = 20_000, 1000, 500  # characters


class _Answer(msgspec.Struct, frozen=True):
    """A verdict as JSON. Unknown fields are left alone: a later octi may read them."""

    action: Action
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] = ""
    say: Annotated[str, msgspec.Meta(max_length=LONGEST_WORDS)] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] = ""


_answer = msgspec.json.Decoder(_Answer)


def read_verdict(body: bytes) -> Verdict:
    """A verdict out of JSON. Raises HookFailed."""
    try:
        told = _answer.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        place = "a verdict" if isinstance(error, msgspec.ValidationError) else "JSON"
        raise HookFailed(f"it answered what is not {place}") from None
    return checked(Verdict(action=told.action, text=told.text, say=told.say, reason=told.reason))


def checked(verdict: Verdict) -> Verdict:
    """The same, if it makes sense. Raises HookFailed."""
    if verdict.action is Action.REPLACE and not verdict.text.strip():
        raise HookFailed("it would replace a turn, and says by nothing")
    return verdict


def without_verdict(policy: HookFails, why: str) -> Verdict:
    """What holds where there is none."""
    action = Action.BLOCK if policy is HookFails.CLOSED else Action.ALLOW
    return Verdict(action=action, reason="there was no verdict" if action is Action.BLOCK else "", failed=why)


def said_in(
    record: SessionRecord, item: str, side: Side, text: str, *, final: bool = True, spoken: bool = True
) -> Said:
    """A turn of a session's, to be shown to a hook."""
    return Said(
        session=record.id,
        item=item,
        side=side,
        text=text,
        final=final,
        spoken=spoken,
        door=record.door,
        model=record.model,
        tenant=record.tenant,
        key=record.key,
        user=record.user,
    )
