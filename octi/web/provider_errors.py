"""Errors in the shape of the Realtime API: `{"error": {"message", "type", "param", "code"}}`, all four always there."""

from quart import Blueprint
from quart.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from octi.error_replies import reply_to
from octi.errors import BadMessage, OctiError, UpstreamRefused
from octi.web.replies import patience

# A provider's refusals that speak of what the client asked. Of the others (401, 403) the key is the cause: octi's, 502.
CLIENTS_OWN = frozenset({400, 404, 409, 413, 422, 429})


def answer_as_provider(pages: Blueprint) -> None:
    """Let these routes' errors have the provider's shape."""

    async def refused(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        return shaped(error.description or error.name, status)

    async def failed(error: OctiError) -> ResponseReturnValue:
        return provider_answer(error)

    pages.register_error_handler(HTTPException, refused)
    pages.register_error_handler(OctiError, failed)


def provider_answer(error: OctiError) -> ResponseReturnValue:
    """An error of octi's as the provider would have told it."""
    status, code, _ = reply_to(error)
    headers = patience(error) | ({} if error.retryable else {"x-should-retry": "false"})
    match error:
        case UpstreamRefused():
            status = error.status if error.status in CLIENTS_OWN else status
            return shaped(error.why, status, code=error.code or code, headers=headers)
        case BadMessage(problem=problem, param=named):
            words = problem if named and named in problem else str(error)
            return shaped(words, status, param=error.param, code=error.code, headers=headers)
        case _:
            return shaped(str(error), status, code=code, headers=headers)


def no_such_call(call_id: str) -> ResponseReturnValue:
    """A call that is over, or never was."""
    return shaped(f"No call {call_id!r}: it is over, or never was", 404, code="call_id_not_found")


def shaped(
    message: str,
    status: int,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> ResponseReturnValue:
    """An error with its four fields."""
    told = {"message": message, "type": type_of(status), "param": param, "code": code}
    return {"error": told}, status, headers or {}


def type_of(status: int) -> str:
    """The provider's kind of error for a status."""
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"
