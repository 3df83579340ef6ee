"""octi's sessions as a resource: all of them, a new one, one of them, and an end to it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Blueprint, request
from quart.typing import ResponseReturnValue

from octi.directory.wishes import Wish
from octi.errors import BadMessage
from octi.extraction.schema import read_schema
from octi.guard.caller import Caller
from octi.records import Extraction, SessionRecord, SessionState
from octi.services import Services
from octi.units import SessionId
from octi.web.bodies import Text, Word, asked
from octi.web.bounds import SecretBounds, bounds_in
from octi.web.callers import current_caller
from octi.web.openings import Opened, end_quietly, open_session
from octi.web.queries import count, cursor_of, known_session, one_of, place_of
from octi.web.replies import NO_STORE, refuse_while_draining
from octi.web.shapes import Shape, cost_shape, session_shape
from octi.web.steering import state_shape

PAGE, LARGEST_PAGE = "50", 200
LARGEST_SCHEMA = 64_000  # bytes, as JSON
LANGUAGE = re.compile("[a-z]{2,3}")


def _told(meaning: str, **schema: object) -> Meta:
    return Meta(description=meaning, extra_json_schema=schema)


class NewSession(msgspec.Struct, rename="camel"):
    """What a session is to be like. What is left out is as configured."""

    model: Word | None = None
    voice: Word | None = None
    language: Annotated[Word, _told("The user's, as ISO 639-1 has it.", pattern="^([a-z]{2,3})?$")] | None = None
    instructions: Annotated[Text | None, _told("What the agent is told besides the configured prompt.")] = None
    schema: Annotated[dict[str, Any] | None, _told("JSON Schema of the profile; at most 64 000 bytes.")] = None
    extraction: Annotated[Word, _told("When the profile is read.", enum=list(Extraction))] | None = None
    transcribe: Annotated[bool | None, _told("false: nobody writes down the user's words.")] = None
    text_only: Annotated[bool | None, _told("The agent writes, and has no voice.")] = None
    direct: Annotated[bool | None, _told("The secret is the provider's, for WebRTC with it; else octi's own.")] = None
    secret: Annotated[SecretBounds | None, _told("How far octi's own secret reaches, beside its time.")] = None
    previous_session_id: Annotated[Word | None, _told("A session that ends when this one is there.")] = None


def session_pages(services: Services) -> Blueprint:
    """`/sessions` and `/sessions/{id}`."""
    pages = Blueprint("sessions", __name__)

    @pages.get("/sessions")
    async def listed() -> ResponseReturnValue:
        return await page_of(services, request.args, current_caller())

    @pages.post("/sessions")
    async def made() -> ResponseReturnValue:
        refuse_while_draining(services.live)
        opened = await new_session(services, await asked(NewSession), current_caller())
        shape = recorded_shape(services, opened.record) | secret_shape(opened)
        return shape, 201, NO_STORE | {"Location": f"/sessions/{opened.record.id}"}

    @pages.get("/sessions/<session_id>")
    async def shown(session_id: str) -> ResponseReturnValue:
        record = await known_session(services.store, session_id, current_caller())
        cost = cost_shape(await services.store.usages(record.id), services.budgets.currency)
        return recorded_shape(services, record) | state_shape(record, await services.steering.state(record.id)) | cost

    @pages.delete("/sessions/<session_id>")
    async def end(session_id: str) -> ResponseReturnValue:
        await known_session(services.store, session_id, current_caller())
        ended = await services.directory.end(SessionId(session_id))
        return recorded_shape(services, ended.record), 200 if ended.over else 202

    return pages


async def page_of(services: Services, asked: Mapping[str, str], caller: Caller) -> Shape:
    """The page of a caller's sessions that a query asks for, newest first. Raises BadMessage, StoreFailed."""
    most = count(asked.get("limit", PAGE), LARGEST_PAGE, "limit")
    before = place_of(asked["after"], "after") if asked.get("after") else None
    state = SessionState(one_of(asked["state"], list(SessionState), "state")) if "state" in asked else None
    found = await services.store.page(
        most + 1, before=before, state=state, tenant=caller.sees
    )  # one more tells whether there are more
    page = found[:most]
    return {
        "sessions": [recorded_shape(services, session) for session in page],
        "next": cursor_of(page[-1]) if len(found) > most else None,
    }


async def new_session(services: Services, wanted: NewSession, caller: Caller) -> Opened:
    """A session that somebody may open with its secret. Raises BadMessage, ProviderFault, StoreFailed."""
    wish = wish_for(wanted)
    opened = await open_session(
        services.directory, wish, direct=bool(wanted.direct), caller=caller, bounds=bounds_in(wanted.secret)
    )
    if wanted.previous_session_id:
        await end_quietly(services.directory, wanted.previous_session_id, caller)
    return opened


def wish_for(wanted: NewSession) -> Wish:
    """The session that is wanted. Raises BadMessage."""
    if wanted.text_only and wanted.voice:
        raise BadMessage("cannot go with a voice; leave one of the two out", "textOnly")
    if wanted.language and not LANGUAGE.fullmatch(wanted.language):
        raise BadMessage("must be a language's code in small letters, as ISO 639-1 has it: en, fr", "language")
    return Wish(
        model=wanted.model or "",
        voice=wanted.voice or "",
        text_only=bool(wanted.text_only),
        transcribe=wanted.transcribe is not False,
        language=wanted.language or "",
        instructions=wanted.instructions or "",
        schema=schema_text(wanted.schema),
        extraction=Extraction(one_of(wanted.extraction, list(Extraction), "extraction")) if wanted.extraction else None,
    )


def schema_text(schema: Mapping[str, Any] | None) -> str:
    """A profile's schema as it is kept, "" for the default one. Raises BadMessage."""
    if schema is None:
        return ""
    read_schema(schema)
    text = msgspec.json.encode(schema)
    if len(text) > LARGEST_SCHEMA:
        raise BadMessage(f"must have at most {LARGEST_SCHEMA} bytes, not {len(text)}; shorten its texts", "schema")
    return text.decode()


def recorded_shape(services: Services, session: SessionRecord) -> Shape:
    """A session, and whether there is sound of it."""
    return session_shape(session) | {"recording": session.id in services.recordings}


def secret_shape(opened: Opened) -> Shape:
    """The secret that opens a new session."""
    return {"clientSecret": opened.minted.value, "expiresAt": opened.minted.expires_at}
