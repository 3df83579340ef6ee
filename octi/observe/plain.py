"""Errors as they may be logged: in octi's own words, for those of others may repeat what was said, or a key.

Providers quote in their errors what they were sent, and exceptions what they choked on; both may be a user's words. So
a line of the log has of an error what octi itself says, and of a crash its kind and its places in the code. The whole
text of an error is told to the client, and stands in the session's row.
"""

import errno
import re
import ssl
import traceback
from collections.abc import Iterator

from octi.error_replies import reply_to
from octi.errors import (
    BadIntent,
    BetaGone,
    CallOver,
    ClientStalled,
    Dismissed,
    EngineFailed,
    EngineMissing,
    Forbidden,
    Full,
    IllegalMove,
    InProgress,
    LoginLost,
    NothingSaid,
    OctiError,
    OverBudget,
    RateLimited,
    SessionClosed,
    SessionTaken,
    Stopping,
    StoreFailed,
    TooLong,
    UnknownSession,
    Unserved,
    UpstreamBusy,
    UpstreamLost,
    UpstreamNonsense,
    UpstreamRefused,
)

DEEPEST = 8  # errors behind errors, and groups in groups
MOST_FRAMES = 40
CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # what may be an error's code

# Those that say nothing but what octi made up.
OWN = (
    BadIntent,
    BetaGone,
    CallOver,
    ClientStalled,
    Dismissed,
    EngineMissing,
    Forbidden,
    Full,
    IllegalMove,
    InProgress,
    LoginLost,
    NothingSaid,
    OverBudget,
    RateLimited,
    SessionClosed,
    SessionTaken,
    Stopping,
    StoreFailed,
    TooLong,
    UnknownSession,
    Unserved,
)


class Own(str):
    """Words of octi's, as the `why` of an error, with words of somebody else behind them perhaps."""

    __slots__ = ("own",)
    own: str

    def __new__(cls, own: str, quoted: str = "") -> "Own":
        """quoted: what is not for the log."""
        text = super().__new__(cls, own + quoted)
        text.own = own.rstrip(" ,:(")
        return text


def plain(error: BaseException) -> str:
    """An error's words, for the log."""
    match error:
        case UpstreamRefused(provider=provider, status=status, code=code):
            said = (f"HTTP {status}" if status else "", code if code and CODE.fullmatch(code) else "")
            known = ", ".join(filter(None, said))
            return f"{provider} refused the session{known and f' ({known})'}{_behind(error.why)}"
        case UpstreamBusy(provider=provider, wait_s=wait_s):
            return f"{provider} is at its limit, again in {wait_s:g} s{_behind(error.why)}"
        case UpstreamLost(provider=provider):
            return f"{provider} is not there{_behind(error.why)}"
        case UpstreamNonsense(provider=provider):
            return f"{provider} does not speak the Realtime protocol{_behind(error.seen)}"
        case EngineFailed():
            return f"the speech engine failed{_behind(error.why)}"
        case OctiError():
            return str(error) if isinstance(error, OWN) else reply_to(error).code
        case BaseExceptionGroup():
            return "; ".join(dict.fromkeys(map(plain, error.exceptions)))
        case OSError():
            return f"{type(error).__name__}{_behind(Own(reason_of(error)))}"
        case _:
            return type(error).__name__


def reason_of(error: OSError) -> str:
    """What the system says; "" where it is not the system that says it."""
    if isinstance(error, ssl.SSLError):
        return getattr(error, "reason", None) or ""
    return error.strerror or "" if error.errno in errno.errorcode else ""


def _behind(why: str) -> str:
    return f": {why.own}" if isinstance(why, Own) and why.own else ""


def fault(error: BaseException) -> dict[str, str]:
    """An error as fields of a line: its code, or its kind, and what octi says of it."""
    code = reply_to(error).code if isinstance(error, OctiError) else type(error).__name__
    return {"error": code, "why": plain(error)}


def trace(error: BaseException) -> str:
    """What Python prints of an exception, without its words."""
    return "\n".join(_traced(error, "", 0))


def _traced(error: BaseException, margin: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        yield f"{margin}…"
        return
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        yield from _traced(behind, margin, depth + 1)
        said = "direct cause of" if error.__cause__ else "handled when there was"
        yield f"{margin}-- which was {said}:"
    if error.__traceback__ is not None:
        yield f"{margin}Traceback (most recent call last):"
        yield from (margin + line for line in _frames(error))
    yield f"{margin}{_named(error)}"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions[:DEEPEST]:
            yield from _traced(each, margin + "  | ", depth + 1)


def _frames(error: BaseException) -> Iterator[str]:
    """Of a deep one its outer and its inner end. Source lines as they are written, and no variables."""
    frames = traceback.extract_tb(error.__traceback__)
    half = MOST_FRAMES // 2
    shown = [*frames[:half], None, *frames[-half:]] if len(frames) > MOST_FRAMES else frames
    for frame in shown:
        if frame is None:
            yield f"  … {len(frames) - 2 * half} more"
        else:
            yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
            if frame.line:
                yield f"    {frame.line}"


def _named(error: BaseException) -> str:
    name, words = type(error).__qualname__, "" if isinstance(error, BaseExceptionGroup) else plain(error)
    return name if words in {name, ""} else f"{name}: {words}"
