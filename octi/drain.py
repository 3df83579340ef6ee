"""octi's end, by a timetable: sessions finish their turns, say goodbye, and are stored, whatever hangs on the way."""

import os
import threading
from collections.abc import Callable, Mapping
from math import inf

import attrs
import structlog
import trio

from octi.session.live import LiveSessions

log = structlog.get_logger("octi.drain")

FAILED = 1
HURRY_S = 8.0  # what is left of it at most for whoever is in a hurry
TURNS, SESSIONS, REQUESTS, STORE, END = 0.6, 0.8, 0.9, 0.97, 0.99  # shares of the time, each of them from the beginning
HURRIED_SESSIONS = 0.4
MARGIN_S, MARGIN = 1.0, 0.1  # seconds, or for a short time a share of it: a Python process takes a while to go
LONGEST_REQUESTS_S = 3.0
LAST_WORDS_S = 0.1  # for the log, whose reader may hang as well

Numbers = Callable[[], Mapping[str, int]]


@attrs.frozen(kw_only=True)
class Timetable:
    """When which part of the end is over at the latest, by Trio's clock."""

    turns: float = inf  # no turn is waited for any more
    sessions: float = inf  # they have said goodbye, and handed over what is to be stored
    store: float = inf  # it has written that
    end: float = inf  # the process is gone

    def sooner(self, other: "Timetable") -> "Timetable":
        """Of both the earlier times."""
        return Timetable(
            turns=min(self.turns, other.turns),
            sessions=min(self.sessions, other.sessions),
            store=min(self.store, other.store),
            end=min(self.end, other.end),
        )


def timetable(now: float, whole_s: float) -> Timetable:
    """For a drain that begins now and may take so long."""
    room_s = whole_s - min(MARGIN_S, MARGIN * whole_s)
    turns, sessions, store, end = (now + share * room_s for share in (TURNS, SESSIONS, STORE, END))
    return Timetable(turns=turns, sessions=sessions, store=store, end=end)


def hurried(now: float) -> Timetable:
    """For one that is hurried now: goodbyes are said all the same, and everything is stored."""
    sessions, store, end = (now + share * HURRY_S for share in (HURRIED_SESSIONS, STORE, END))
    return Timetable(turns=now, sessions=sessions, store=store, end=end)


def requests_s(whole_s: float) -> float:
    """How long HTTP requests may run on when all sessions are gone."""
    return min(LONGEST_REQUESTS_S, (1 - MARGIN) * (REQUESTS - SESSIONS) * whole_s)


@attrs.define(eq=False)
class Drain:
    """One octi's end. `stopping` is set when no session is left, or no longer waited for."""

    live: LiveSessions
    whole_s: float
    ends_within: Callable[[float], None] = lambda seconds: None  # from then on the process is not to be there
    stopping: trio.Event = attrs.field(factory=trio.Event)
    times: Timetable = Timetable()
    sessions: int = 0  # that were live when it began
    _patience: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def begin(self, why: str) -> None:
        """Let nobody in any more, and have all who are there told. A second time it does nothing."""
        if not self.live.draining.is_set():
            self.sessions = len(self.live)
            log.info("octi drains", why=why, live=self.sessions, seconds=self.whole_s)
            self._keep_to(timetable(trio.current_time(), self.whole_s))
            self.live.draining.set()

    def hurry(self, why: str) -> None:
        """Wait for no turn any more, and be done within seconds."""
        log.info("octi drains in a hurry", why=why, live=len(self.live))
        self._keep_to(self.times.sooner(hurried(trio.current_time())))
        self.live.hurrying.set()

    def _keep_to(self, times: Timetable) -> None:
        self.times = times
        self.live.stored_by = self._patience.deadline = times.sessions
        self.ends_within(times.end - trio.current_time())

    async def run(self) -> None:
        """Once it has begun: wait for the sessions, as long as there is time."""
        await self.live.draining.wait()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._cut_turns)
            with self._patience:
                await self.live.wait_empty()
            nursery.cancel_scope.cancel(reason="nobody is waited for any more")
        if self.live:
            log.error("sessions are given up: they did not end in time", live=len(self.live))
        self.stopping.set()

    async def _cut_turns(self) -> None:
        await trio.sleep_until(self.times.turns)
        if self.live and not self.live.hurrying.is_set():
            log.warning("the turns of these sessions are cut: the time for them is over", live=len(self.live))
        self.live.hurrying.set()


@attrs.define(eq=False)
class LastResort:
    """Ends the process when nothing else does, from a thread of its own: a database or a disk may hang for ever."""

    numbers: Numbers
    leave: Callable[[int], object] = os._exit
    _timer: threading.Timer | None = None

    def ends_within(self, seconds: float) -> None:
        """Let the process be gone in so many seconds, instead of what was said before."""
        self.off()
        self._timer = threading.Timer(max(0.0, seconds - LAST_WORDS_S), self._end)
        self._timer.daemon = True
        self._timer.start()

    def off(self) -> None:
        """It ends by itself."""
        if self._timer is not None:
            self._timer.cancel()

    def end_now(self, why: str, code: int = FAILED) -> None:
        """End the process, with a last word about what that costs."""
        saying = threading.Thread(target=self._say, args=[why], daemon=True)
        saying.start()
        saying.join(LAST_WORDS_S)
        self.leave(code)

    def _say(self, why: str) -> None:
        log.critical("octi is ended at once: what was not stored is lost", why=why, **self.numbers())

    def _end(self) -> None:
        self.end_now("it did not end in time")
