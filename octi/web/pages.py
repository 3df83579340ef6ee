"""The pages for people: `/`, where one talks with the agent, and the static files of it and of the operators' page.

Nothing on them comes from another address, nothing is a cookie, and no script or style stands in their markup.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import attrs
from quart import Blueprint, Response, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from octi import __version__
from octi.config import Config, UpstreamKind
from octi.engine.base import ENGLISH, FRENCH
from octi.engine.french_models import find_whisper
from octi.engine.voices import VOICES
from octi.errors import EngineMissing
from octi.services import Services

FOLDER = Path(__file__).parent / "static"
JSON, HTML = "application/json", "text/html"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "media-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"  # blob: what a key fetched
)
PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-cache",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
FILE_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache",  # asked for each time, and answered 304: a page never runs with half of an update
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",  # other people's front ends import octi.js from here
}
# As octi answers programs.
SOCKETS = {"/ws/realtime": "the OCTI protocol", "/v1/realtime": "the Realtime API"}
ASKED = ["/health", "/livez", "/readyz", "/sessions", "/openapi.json"]
TOLD = [
    "/sessions",
    "/token",
    "/session",
    "/session/call",
    "/session/renew",
    "/session/close",
    "/extract-profile",
    "/api/client-secret",
    "/v1/realtime/client_secrets",
    "/v1/realtime/calls",
]


@attrs.frozen
class File:
    """A static file, as it is answered."""

    body: bytes = attrs.field(repr=False)
    kind: str
    tag: str


def front_pages(services: Services) -> Blueprint:
    """`/`: for people the voice page, for programs what is here; and `/static/`."""
    pages = Blueprint("front", __name__, template_folder="templates")
    files = read_files(FOLDER)

    @pages.get("/")
    async def front() -> ResponseReturnValue:
        if wants_a_page():
            return await page("voice.html", **settings_of(services))
        return what_is_here(services), {"Vary": "Accept"}

    @pages.get("/static/<path:name>")
    async def static(name: str) -> ResponseReturnValue:
        file = files.get(name)  # read before: no path that somebody makes up leads anywhere
        if file is None:
            raise NotFound("There is no such file.")
        answer = Response(file.body, content_type=file.kind, headers=dict(FILE_HEADERS))
        answer.set_etag(file.tag)
        if request.if_none_match.contains(file.tag):
            answer.status_code = 304
            answer.set_data(b"")
        return answer

    return pages


def read_files(folder: Path) -> dict[str, File]:
    """The static files by their path below a folder. Of other kinds than ours there are none."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in KINDS and path.is_file())
    return {path.relative_to(folder).as_posix(): read_file(path) for path in found}


def read_file(path: Path) -> File:
    """One of them."""
    body = path.read_bytes()
    return File(body, KINDS[path.suffix], hashlib.sha256(body).hexdigest()[:32])


def wants_a_page() -> bool:
    """Does whoever asks prefer HTML? A browser does; who takes anything is a program."""
    return request.accept_mimetypes.best_match([JSON, HTML]) == HTML


async def page(template: str, **values: object) -> Response:
    """A page for people, under the one policy that all of them have."""
    return Response(
        await render_template(template, **values), content_type=f"{HTML}; charset=utf-8", headers=dict(PAGE_HEADERS)
    )


def settings_of(services: Services) -> dict[str, object]:
    """What the voice page has to know of this octi."""
    config = services.config
    return {
        "guarded": services.gate.guarded,
        "recording": config.record.audio or (config.record.wire and config.record.voices),
        "silence_ms": config.agent.silence_ms,
        "voices": voices(config) if not services.gate.guarded else (),
        "voice": config.agent.voice,
        "spoken": spoken(config),
        "language": config.engine.language.value,
        "typed_only": services.engine_problem,
    }


def voices(config: Config) -> tuple[str, ...]:
    """Those that can be chosen: the protocol's, and the configured one. What another server has nobody knows."""
    known = () if config.upstream.kind is UpstreamKind.COMPATIBLE else tuple(sorted(VOICES))
    return known if config.agent.voice in known else (config.agent.voice, *known)


def spoken(config: Config) -> tuple[str, ...]:
    """The languages of the page that a session can be told of."""
    if config.upstream.kind is not UpstreamKind.EMBEDDED:
        return (ENGLISH, FRENCH)
    try:
        find_whisper()
    except EngineMissing:
        return (ENGLISH,)
    return (ENGLISH, FRENCH)


def what_is_here(services: Services) -> dict[str, object]:
    """`/` for programs."""
    return {
        "service": "octi",
        "version": __version__,
        "upstream": services.upstream.name,
        "sockets": SOCKETS,
        "http": ASKED,
        "operators": ["/debug/census", "/metrics"],
        "post": TOLD,
        "try": "octi talk --mic",
    }
