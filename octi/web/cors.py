"""Browsers of other origins, on the routes that are made for them: the first words with a provider, or with octi."""

from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue

from octi.guard.origins import Origins

ALLOWED = (  # protocol trap 8: what the official libraries send
    "Authorization",
    "Content-Type",
    "OpenAI-Safety-Identifier",
    "OpenAI-Organization",
    "OpenAI-Project",
    "X-OpenAI-Agents-SDK",
)
ALLOWED_PREFIX = "x-stainless-"  # a handful that changes with their versions; `*` would not cover Authorization
LONGEST_NAME = 64
EXPOSED = "Location, x-request-id, Retry-After"
REMEMBERED_S = 600


def allow_browsers(pages: Blueprint, origins: Origins | None = None) -> None:
    """Let web pages use these routes: of any origin, or of those that octi knows. Nothing goes by cookie here.

    Others are refused before they come here, see `octi.web.callers`.
    """

    async def preflight() -> ResponseReturnValue | None:
        if request.method != "OPTIONS":
            return None
        return "", 204, preflight_headers(request.headers.get("Access-Control-Request-Headers", ""))

    async def open_up(answer: Response) -> Response:
        if origins is None:
            answer.headers["Access-Control-Allow-Origin"] = "*"
        else:
            answer.vary.add("Origin")
            if (said := request.headers.get("Origin")) and origins.allow(said, request.headers.get("Host", "")):
                answer.headers["Access-Control-Allow-Origin"] = said
        answer.headers["Access-Control-Expose-Headers"] = EXPOSED
        return answer

    pages.before_request(preflight)
    pages.after_request(open_up)


def preflight_headers(wanted: str) -> dict[str, str]:
    """What a browser may do, given the headers that it would like to send."""
    extra = [name for each in wanted.split(",") if is_library_header(name := each.strip())]
    return {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": ", ".join([*ALLOWED, *extra]),
        "Access-Control-Max-Age": str(REMEMBERED_S),
        "Vary": "Access-Control-Request-Headers",
    }


def is_library_header(name: str) -> bool:
    """Is it one of those by which a library says what it is?"""
    plain = name.replace("-", "").isalnum() and name.isascii() and len(name) <= LONGEST_NAME
    return plain and name.lower().startswith(ALLOWED_PREFIX)
