"""Errors as HTTP answers: always JSON, `{"error": …}`, never a stack trace."""

from quart import Quart
from quart.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from octi.errors import OctiError, reply_to


def answer_errors(app: Quart) -> None:
    """Register the answers."""

    async def refused(error: HTTPException) -> ResponseReturnValue:
        return {"error": error.description or error.name}, error.code or 500, _headers_of(error)

    async def failed(error: OctiError) -> ResponseReturnValue:
        status, code, _ = reply_to(error)
        return {"error": str(error), "code": code}, status

    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(OctiError, failed)


def _headers_of(error: HTTPException) -> dict[str, str]:
    """What a refusal must say besides its words, such as which methods are allowed."""
    return {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
