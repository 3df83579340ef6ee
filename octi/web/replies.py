"""Errors as HTTP answers: always JSON, `{"error": …}`, never a stack trace; and what both kinds of them share."""

import math

from quart import Quart
from quart.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from octi.error_replies import reply_to
from octi.errors import (
    BadSecret,
    Forbidden,
    Full,
    InProgress,
    OctiError,
    OverBudget,
    RateLimited,
    Stopping,
    UpstreamBusy,
)
from octi.observe.base import Meter
from octi.session.live import LiveSessions

RESTART_S = 5  # until another octi, or this one again, takes what this one does not
PROGRESS_S = 1
NO_STORE = {"Cache-Control": "no-store"}  # for answers with a secret in them


def answer_errors(app: Quart, meter: Meter | None = None) -> None:
    """Register the answers. meter: is told who is not let in."""
    counts = meter or Meter()

    async def refused(error: HTTPException) -> ResponseReturnValue:
        return {"error": error.description or error.name}, error.code or 500, _headers_of(error)

    async def failed(error: OctiError) -> ResponseReturnValue:
        status, code, _ = reply_to(error)
        if isinstance(error, Stopping | Full):
            counts.session_refused(code)
        return {"error": str(error), "code": code}, status, patience(error)

    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(OctiError, failed)


def patience(error: OctiError) -> dict[str, str]:
    """The header that says when to come back, where that is known; or with what, where a key is wanted."""
    match error:
        case UpstreamBusy(wait_s=float(wait_s)) | RateLimited(wait_s=float(wait_s)) | OverBudget(wait_s=float(wait_s)):
            return {"Retry-After": str(max(1, math.ceil(wait_s)))}
        case Stopping() | Full():
            return {"Retry-After": str(RESTART_S)}
        case BadSecret():
            return {**NO_STORE, "WWW-Authenticate": 'Bearer realm="octi"'}
        case Forbidden():
            return NO_STORE
        case InProgress():
            return {"Retry-After": str(PROGRESS_S)}
        case _:
            return {}


def refuse_while_draining(live: LiveSessions) -> None:
    """For what would make something new. Raises Stopping."""
    if live.draining.is_set():
        raise Stopping


def _headers_of(error: HTTPException) -> dict[str, str]:
    """What a refusal must say besides its words, such as which methods are allowed."""
    return {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
