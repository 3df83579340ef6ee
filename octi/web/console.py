"""`/console`: the operators' page, and what it is fed with: the live sessions as they change, and old ones to search.

The page itself holds nothing, and is for everybody. What it shows is for operators only (`octi.web.needs`): it asks
with their key, which it keeps no longer than its tab.
"""

from collections.abc import AsyncGenerator, Mapping

import attrs
import trio
from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue
from werkzeug.exceptions import TooManyRequests

from octi import __version__
from octi.errors import BadMessage
from octi.guard.caller import Caller
from octi.observe.census import memory_bytes
from octi.records import SessionState
from octi.services import Services
from octi.store.base import Place
from octi.units import SessionId
from octi.web.callers import current_caller
from octi.web.console_board import Board, Row, entering_row, event, row_of, who_shape
from octi.web.events import HEADERS, HEARTBEAT, HEARTBEAT_S, OPENING
from octi.web.pages import page
from octi.web.queries import count, cursor_of, one_of, place_of
from octi.web.sessions import recorded_shape
from octi.web.shapes import Shape

PACE_S = 0.5  # between two looks at the live sessions, however many operators look
NODE_S = 5.0  # between two looks at the node itself
AT_ONCE = 50  # sessions that are looked at before others have their turn: audio must not wait for operators
MOST_READERS = 32
PAGE, LARGEST_PAGE = "50", 200
LONGEST_SEARCH = 200  # characters


def console_pages(services: Services) -> Blueprint:
    """`/console` and what is below it."""
    pages = Blueprint("console", __name__)
    lookout = Lookout(services)

    @pages.get("/console")
    async def console() -> ResponseReturnValue:
        return await page("console.html")

    @pages.get("/console/events")
    async def events() -> ResponseReturnValue:
        lookout.check_room()
        body = b"" if request.method == "HEAD" else seen(lookout, current_caller().sees)
        answer = Response(body, content_type="text/event-stream; charset=utf-8", headers=HEADERS)
        answer.timeout = None  # it lasts as long as somebody looks
        return answer

    @pages.get("/console/sessions")
    async def sessions() -> ResponseReturnValue:
        return await found(services, request.args, current_caller())

    return pages


@attrs.define(eq=False)
class Lookout:
    """Looks at the live sessions for all who want to see them: no oftener for many than for one, for none never."""

    services: Services
    board: Board = attrs.field(factory=Board)
    readers: int = 0
    node: bytes = b""
    _looked_at: float = attrs.field(default=-1e9, init=False)
    _node_at: float = attrs.field(default=-1e9, init=False)
    _looking: trio.Lock = attrs.field(factory=trio.Lock, init=False)

    def check_room(self) -> None:
        """Raises TooManyRequests."""
        if self.readers >= MOST_READERS:
            raise TooManyRequests(f"{MOST_READERS} consoles look at this octi already; close one of them")

    async def look(self) -> None:
        """See that the board is no older than its pace."""
        async with self._looking:  # for as long as it takes to look, which waits for nobody
            if trio.current_time() - self._looked_at >= PACE_S:
                self.board.write(await self._rows())
                self._looked_at = trio.current_time()
            if trio.current_time() - self._node_at >= NODE_S:
                self.node = event("node", node_shape(self.services, self.readers))
                self._node_at = trio.current_time()

    async def _rows(self) -> dict[SessionId, Row]:
        live, now, rows = self.services.live, self.services.now(), dict[SessionId, Row]()
        for number, name in enumerate(live.names(), 1):
            summary = live.summary(name)
            rows[name] = entering_row(name) if summary is None else row_of(summary, now, self.board.rows.get(name))
            if not number % AT_ONCE:
                await trio.lowlevel.checkpoint()
        return {name: row for name, row in rows.items() if name in live}


async def seen(lookout: Lookout, sees: str | None) -> AsyncGenerator[bytes, None]:
    """The stream: everything, then what changes, until whoever looks leaves, or octi is empty and drains."""
    live, known, node = lookout.services.live, -1, b""
    lookout.readers += 1
    try:
        yield OPENING
        beat_at = trio.current_time() + HEARTBEAT_S
        while True:
            over = live.draining.is_set() and not len(live)
            await lookout.look()
            words = lookout.board.told(known, sees)
            known = lookout.board.version
            if lookout.node is not node:
                words += (node := lookout.node)
            if words or trio.current_time() >= beat_at:
                yield words or HEARTBEAT
                beat_at = trio.current_time() + HEARTBEAT_S
            if over:
                return
            await trio.sleep(PACE_S)
    finally:
        lookout.readers -= 1


def node_shape(services: Services, readers: int) -> Row:
    """How the node is, as far as that is known without waiting; `/readyz` asks the store as well."""
    trouble = services.speech_trouble()
    return {
        "version": __version__,
        "upstream": services.upstream.name,
        "live": len(services.live),
        "most": services.live.most,
        "draining": services.live.draining.is_set(),
        "problems": [*services.vitals.problems(), *([trouble] if trouble else [])],
        "memoryBytes": memory_bytes(),
        "followers": len(services.live.feed),
        "consoles": readers,
        "parts": {part: dict(figures) for part, figures in services.gauges().items()},
    }


async def found(services: Services, asked: Mapping[str, str], caller: Caller) -> Shape:
    """A page of the sessions that an operator looks for, newest first. Raises BadMessage, StoreFailed.

    With `search`, only some of all are looked through at a time: `next` goes on where it stopped, found or not.
    """
    most = count(asked.get("limit", PAGE), LARGEST_PAGE, "limit")
    before = place_of(asked["after"], "after") if asked.get("after") else None
    state = SessionState(one_of(asked["state"], list(SessionState), "state")) if asked.get("state") else None
    words = asked.get("search", "").strip()
    if len(words) > LONGEST_SEARCH:
        raise BadMessage(f"must have at most {LONGEST_SEARCH} characters, not {len(words)}", "search")
    if words:
        sessions, stopped = await services.store.search(words, most, before=before, state=state, tenant=caller.sees)
    else:
        more = await services.store.page(most + 1, before=before, state=state, tenant=caller.sees)
        sessions = more[:most]
        stopped = Place(sessions[-1].created_at, sessions[-1].id) if len(more) > most else None
    told = [recorded_shape(services, session) | who_shape(session) for session in sessions]
    return {"sessions": told, "next": stopped and cursor_of(stopped)}
