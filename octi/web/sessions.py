"""octi's sessions as a resource: all of them, one of them, and an end to it."""

from collections.abc import Mapping

import trio
from quart import Blueprint, request
from quart.typing import ResponseReturnValue

from octi.records import SessionState
from octi.services import Services
from octi.session.ending import DISMISSED
from octi.units import SessionId
from octi.web.queries import count, cursor_of, known_session, one_of, place_of
from octi.web.shapes import Shape, session_shape

PAGE, LARGEST_PAGE = "50", 200
ENDING_S = 15.0  # a session has 5 s to store its last turns, and a slow client some more to take the goodbye

# Why a session that this process does not run is over. That another process runs it cannot be known here.
LOST = "ended by an operator; no session of that name ran in this octi, which may have been killed meanwhile"
NEVER_BEGAN = "ended by an operator before it began"


def session_pages(services: Services) -> Blueprint:
    """`/sessions` and `/sessions/{id}`."""
    pages = Blueprint("sessions", __name__)

    @pages.get("/sessions")
    async def listed() -> ResponseReturnValue:
        return await page_of(services, request.args)

    @pages.get("/sessions/<session_id>")
    async def shown(session_id: str) -> ResponseReturnValue:
        return session_shape(await known_session(services.store, session_id))

    @pages.delete("/sessions/<session_id>")
    async def ended(session_id: str) -> ResponseReturnValue:
        return await end_session(services, SessionId(session_id))

    return pages


async def page_of(services: Services, asked: Mapping[str, str]) -> Shape:
    """The page of sessions that a query asks for, newest first. Raises BadMessage, StoreFailed."""
    most = count(asked.get("limit", PAGE), LARGEST_PAGE, "limit")
    before = place_of(asked["after"], "after") if asked.get("after") else None
    state = SessionState(one_of(asked["state"], list(SessionState), "state")) if "state" in asked else None
    found = await services.store.page(most + 1, before=before, state=state)  # one more tells whether there are more
    page = found[:most]
    return {
        "sessions": [session_shape(session) for session in page],
        "next": cursor_of(page[-1]) if len(found) > most else None,
    }


async def end_session(services: Services, session_id: SessionId) -> tuple[Shape, int]:
    """End a session, and say how it ended: 200 once that is stored, 202 if that takes long.

    A session that is not here and not over, as a killed octi leaves it, is marked as ended.
    Raises NotFound, StoreFailed.
    """
    was_here = services.live.dismiss(session_id)
    with trio.move_on_after(ENDING_S):
        await services.live.wait_left(session_id)
    record = await known_session(services.store, session_id)
    if session_id in services.live:
        return session_shape(record), 202
    if record.state is not SessionState.ENDED:
        reason = NEVER_BEGAN if record.state is SessionState.CREATED else LOST
        record = record.end(at=services.now(), by=DISMISSED.by, reason=DISMISSED.reason if was_here else reason)
        await services.store.save([record])
        services.live.feed.announce(session_id)
    return session_shape(record), 200
