"""What was said in a session, as JSON for programs and in the formats of `octi.store.transcripts`."""

from collections.abc import Callable, Iterable, Mapping

from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MIMEAccept

from octi.errors import BadMessage
from octi.records import Turn
from octi.services import Services
from octi.store.transcripts import Conversation, as_jsonl, as_srt, as_text
from octi.units import SessionId
from octi.web.callers import current_caller
from octi.web.queries import known_session, one_of, revision
from octi.web.shapes import Shape, turn_shape

Spell = Callable[[Iterable[Conversation]], str]

SPELLINGS: Mapping[str, tuple[Spell, str]] = {
    "text": (as_text, "text/plain; charset=utf-8"),
    "srt": (as_srt, "application/x-subrip; charset=utf-8"),
    "jsonl": (as_jsonl, "application/jsonl; charset=utf-8"),
}
FORMATS = ("json", *SPELLINGS)
ACCEPTED: Mapping[str, str] = {  # the first stands for a client that takes anything
    "application/json": "json",
    "text/plain": "text",
    "application/x-subrip": "srt",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
}


def transcript_pages(services: Services) -> Blueprint:
    """`/sessions/{id}/transcript`."""
    pages = Blueprint("transcripts", __name__)

    @pages.get("/sessions/<session_id>/transcript")
    async def transcript(session_id: str) -> ResponseReturnValue:
        wanted = format_of(request.args, request.accept_mimetypes)
        if wanted == "json":
            return await as_json(services, session_id, request.args), {"Vary": "Accept"}
        if "after" in request.args:
            raise BadMessage("is for format=json alone", "after")
        return await spelled(services, session_id, *SPELLINGS[wanted])

    return pages


def format_of(asked: Mapping[str, str], accept: MIMEAccept) -> str:
    """The format that a request wants: by `?format=`, else by `Accept`, else JSON. Raises BadMessage."""
    if "format" in asked:
        return one_of(asked["format"], FORMATS, "format")
    return ACCEPTED[accept.best_match(list(ACCEPTED), default="application/json")]


async def as_json(services: Services, session_id: str, asked: Mapping[str, str]) -> Shape:
    """The turns, or those that are new since a cursor, and the cursor to go on with. Raises BadMessage, NotFound.

    Developments are passed over: the cursor stands behind them, too.
    """
    after = revision(asked["after"], "after") if asked.get("after") else -1
    session = await known_session(services.store, session_id, current_caller())
    changes = await services.store.changes(session.id, after)
    known_to = changes[-1].revision if changes else max(after, 0)
    turns = sorted((change.row for change in changes if isinstance(change.row, Turn)), key=_place)
    return {"turns": [turn_shape(turn) for turn in turns], "cursor": str(known_to)}


async def spelled(services: Services, session_id: str, spell: Spell, content_type: str) -> Response:
    """The whole conversation in words. Raises NotFound, StoreFailed."""
    session = await known_session(services.store, session_id, current_caller())
    text = spell([(session, await services.store.turns(SessionId(session_id)))])
    return Response(text, content_type=content_type, headers={"Vary": "Accept"})


def _place(turn: Turn) -> tuple[int, str]:
    return turn.position, turn.item
