"""A session as it happens: server-sent events, fed by the store from the client's own cursor.

Nothing waits here for a slow client but the number up to where it was told: what was stored since is read when there is
room. A client that takes nothing for ten seconds is given up by `octi.front`.
"""

from collections.abc import AsyncIterator

import attrs
import msgspec
import structlog
import trio
from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue

from octi.errors import StoreFailed
from octi.observe.plain import fault
from octi.records import SessionRecord, SessionState, Turn
from octi.services import Services
from octi.session.feed import Follower
from octi.session.live import LiveSessions
from octi.store.base import Change, Store
from octi.units import SessionId
from octi.web.callers import current_caller
from octi.web.queries import known_session, revision
from octi.web.shapes import Shape, development_shape, end_shape, turn_shape

log = structlog.get_logger("octi.http")

HEARTBEAT_S = 15.0  # proxies cut a connection that is silent for a minute, some for less
POLL_S = 2.0  # a net: a session may live in another process on the same store, which wakes nobody here
END = "-end"  # behind the last revision: an id of its own for the end, but no number, for more may be stored after it
OPENING = b"retry: 2000\n\n"  # so long a browser waits before it comes back; and the answer's head is on its way
HEARTBEAT = b":\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter for nginx, which would collect them


def event_pages(services: Services) -> Blueprint:
    """`/sessions/{id}/events`."""
    pages = Blueprint("events", __name__)

    @pages.get("/sessions/<session_id>/events")
    async def events(session_id: str) -> ResponseReturnValue:
        after, saw_the_end = told_up_to()
        record = await known_session(services.store, session_id, current_caller())
        if saw_the_end and await nothing_came_since(services.store, record, after):
            return "", 204  # a browser comes back after the end as well, until it is told this
        body = b"" if request.method == "HEAD" else told(services, record.id, after)
        answer = Response(body, content_type="text/event-stream; charset=utf-8", headers=HEADERS)
        answer.timeout = None  # it lasts as long as the session
        return answer

    return pages


def told_up_to() -> tuple[int, bool]:
    """Where the client left off: the last revision it was told, -1 if none, and whether an end. Raises BadMessage."""
    by_header = request.headers.get("Last-Event-ID")
    said, name = (by_header, "Last-Event-ID") if by_header else (request.args.get("after"), "after")
    if not said:
        return -1, False
    return revision(said.removesuffix(END), name), said.endswith(END)


async def nothing_came_since(store: Store, record: SessionRecord, after: int) -> bool:
    """Is the session over still, as it was when the client was told its end?"""
    return record.state is SessionState.ENDED and not await store.changes(record.id, after)


@attrs.define(eq=False)
class Story:
    """A session as one client was told it: all up to a revision, and whether the end was among it."""

    store: Store
    session_id: SessionId
    after: int
    over: bool = False

    async def news(self) -> bytes:
        """What was stored since the last time, as events. Raises StoreFailed."""
        record = await self.store.session(self.session_id)  # before the turns: none follow until it lives again
        changes = await self.store.changes(self.session_id, self.after)
        events = [event_of(change) for change in changes]
        self.after = changes[-1].revision if changes else self.after
        self.over = record is None or record.state is SessionState.ENDED
        if record is not None and self.over:
            events.append(event("end", f"{max(self.after, 0)}{END}", end_shape(record)))
        return b"".join(events)


async def told(services: Services, session_id: SessionId, after: int) -> AsyncIterator[bytes]:
    """The stream: what was stored after a revision, and what is stored from now on, until the end.

    When octi drains it ends as soon as the session is not here any more: then it was told how that ended.
    """
    live, feed = services.live, services.live.feed
    story, follower = Story(services.store, session_id, after), feed.follow(session_id)
    try:
        yield OPENING
        beat_at = trio.current_time() + HEARTBEAT_S
        while True:
            last = live.draining.is_set() and session_id not in live  # before it is read what was stored
            words = await story.news() or (HEARTBEAT if trio.current_time() >= beat_at else b"")
            if words:
                yield words
                beat_at = trio.current_time() + HEARTBEAT_S
            if story.over or last:
                return
            await pause(follower, live, session_id, min(POLL_S, beat_at - trio.current_time()))
    except StoreFailed as error:
        log.warning("a stream of events ends early, its client may come back", session=session_id, **fault(error))
    finally:
        feed.leave(session_id, follower)


def event_of(change: Change) -> bytes:
    """A turn or a development as an event. Raises StoreFailed for a development that cannot be read."""
    if isinstance(change.row, Turn):
        return event("turn", str(change.revision), turn_shape(change.row))
    return event(change.row.kind.value, str(change.revision), development_shape(change.row))


def event(kind: str, name: str, data: Shape) -> bytes:
    """One event; `name` is its id. JSON has no line ends outside of its strings, and none inside."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (kind.encode(), name.encode(), msgspec.json.encode(data))


async def pause(follower: Follower, live: LiveSessions, session_id: SessionId, most_s: float) -> None:
    """Return when something was stored, when octi drains and the session is not here, or after so many seconds."""
    with trio.move_on_after(most_s):
        async with trio.open_nursery() as waiting:
            waiting.start_soon(_cancel_when_drained, live, session_id, waiting.cancel_scope)
            await follower.wait()
            waiting.cancel_scope.cancel(reason="something was stored")


async def _cancel_when_drained(live: LiveSessions, session_id: SessionId, waiting: trio.CancelScope) -> None:
    await live.draining.wait()
    await live.wait_left(session_id)
    waiting.cancel(reason="octi drains")
