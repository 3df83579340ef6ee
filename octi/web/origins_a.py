"""The first origin's routes: a keyless backend for an app whose audio goes to the provider directly.

Field names, status codes and error texts are that origin's; see docs/origins.md for what differs.
"""

from collections.abc import Awaitable, Callable
from functools import wraps

import msgspec
from quart import Blueprint
from quart.typing import ResponseReturnValue

from octi.directory.wishes import Wish
from octi.error_replies import reply_to
from octi.errors import BadMessage, ClientFault, OctiError
from octi.services import Services
from octi.web.bodies import Named, Word, asked, text_in
from octi.web.bounds import SecretBounds, bounds_in
from octi.web.callers import current_caller
from octi.web.openings import Opened, call_named, end_quietly, open_session
from octi.web.presets import token_session
from octi.web.replies import NO_STORE, patience, refuse_while_draining
from octi.web.shapes import Shape

DOOR = "call"
NO_SESSION = "sessionId is required"
NO_CALL = "sessionId and callId are required"

Route = Callable[[], Awaitable[ResponseReturnValue]]


class Wanted(msgspec.Struct):
    """What a client may say of the session that it wants. No voice: it wants to read."""

    model: Word | None = None
    voice: Word | None = None
    enableTranscription: bool | None = None
    callId: Word | None = None
    clientSecret: Word | None = None  # octi's: the secret that made the call
    previousSessionId: Word | None = None
    secret: SecretBounds | None = None  # octi's: how far the secret reaches


def origin_a_pages(services: Services) -> Blueprint:
    """`/token`, `/session` and what is below it, `/extract-profile`."""
    pages = Blueprint("origin_a", __name__)

    @pages.post("/token")
    @told("Failed to mint client secret")
    async def token() -> ResponseReturnValue:
        refuse_while_draining(services.live)
        wanted = await asked(Wanted)
        session = token_session(services.config, wanted.model, wanted.voice, bool(wanted.enableTranscription))
        minted = await services.directory.mint(
            None, session, direct=True, caller=current_caller(), bounds=bounds_in(wanted.secret)
        )
        return {"clientSecret": minted.value, "expiresAt": minted.expires_at, "raw": minted.raw}, NO_STORE

    @pages.post("/session")
    @told("Failed to create session")
    async def session() -> ResponseReturnValue:
        return await new_session(services, await asked(Wanted)), NO_STORE

    @pages.post("/session/call")
    @told("Failed to attach to the call")
    async def call() -> ResponseReturnValue:
        refuse_while_draining(services.live)
        named = await asked(Named)
        session, call_id = text_in(named.sessionId), text_in(named.callId)
        if session is None or call_id is None:
            raise BadMessage(NO_CALL)
        await services.directory.attach_call(
            session, call_named(call_id, "callId"), secret=text_in(named.clientSecret), caller=current_caller()
        )
        return {"sessionId": session, "callId": call_id}

    @pages.post("/session/renew")
    @told("Failed to renew session token")
    async def renew() -> ResponseReturnValue:
        refuse_while_draining(services.live)
        return await renewed(services, await session_named()), NO_STORE

    @pages.post("/session/close")
    @told("Failed to close session")
    async def close() -> ResponseReturnValue:
        session = await session_named()
        return {"sessionId": session, "closed": await services.directory.close(session, current_caller())}

    @pages.post("/extract-profile")
    @told("Failed to extract profile")
    async def extract() -> ResponseReturnValue:
        record = await services.directory.find(await session_named(), current_caller())
        steered = await services.steering.extract(record.id)
        return {"profile": steered.profile, "instructions": steered.instructions.text}

    return pages


async def session_named() -> str:
    """The session that the body names. Raises BadMessage."""
    session = text_in((await asked(Named)).sessionId)
    if session is None:
        raise BadMessage(NO_SESSION)
    return session


async def new_session(services: Services, wanted: Wanted) -> Shape:
    """A session, with its secret; with its sideband where the call is known already; in the place of an older one."""
    refuse_while_draining(services.live)
    caller = current_caller()
    call_id = call_named(wanted.callId, "callId") if wanted.callId else None
    opened = await open_session(
        services.directory,
        wish_for(wanted),
        direct=True,
        call_id=call_id,
        call_secret=wanted.clientSecret,
        caller=caller,
        bounds=bounds_in(wanted.secret),
    )
    if wanted.previousSessionId:
        await end_quietly(services.directory, wanted.previousSessionId, caller)
    answer = secret_shape(opened)
    return answer | {"callId": call_id} if call_id else answer


def wish_for(wanted: Wanted) -> Wish:
    """The session that a client of the first origin means."""
    return Wish(
        door=DOOR,
        model=wanted.model or "",
        voice=wanted.voice or "",
        text_only=not wanted.voice,
        transcribe=bool(wanted.enableTranscription),
    )


async def renewed(services: Services, session: str) -> Shape:
    """A fresh secret for a session that goes on, and what its next call is to be told."""
    renewal = await services.directory.renew(session, current_caller())
    return {
        **secret_shape(Opened(renewal.record, renewal.minted)),
        "instructions": renewal.instructions.text,
        "callId": renewal.record.call_id,
    }


def secret_shape(opened: Opened) -> Shape:
    """A session and its secret, in the origin's words."""
    return {
        "sessionId": opened.record.id,
        "clientSecret": opened.minted.value,
        "expiresAt": opened.minted.expires_at,
    }


def told(what: str) -> Callable[[Route], Route]:
    """A route whose errors are told as the origin told them. `what` failed, if it was not the client's fault."""

    def telling(route: Route) -> Route:
        @wraps(route)
        async def answer() -> ResponseReturnValue:
            try:
                return await route()
            except OctiError as error:
                return failure(error, what)

        return answer

    return telling


def failure(error: OctiError, what: str) -> ResponseReturnValue:
    """An error as the origin told it: its own words for the client's mistakes, two fields for everything else."""
    if isinstance(error, ClientFault):
        return {"error": str(error)}, reply_to(error).status, patience(error)
    return {"error": what, "detail": str(error)}, reply_to(error).status, patience(error)
