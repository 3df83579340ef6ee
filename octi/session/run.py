"""One session, one nursery: whoever leaves first, everything ends together, in order, and nothing said is lost.

keeping                      ends when the recorder has stored everything, or its flush budget is spent
  transcript-recorder
  relaying                   ends when anyone leaves
    client-reader            client → door → provider
    client-writer            what the client's socket did not take at once
    upstream-reader          provider → ledger → recorder, door → client; one leg after another
      upstream-writer        what the leg's socket did not take at once
    keeper                   length, drain, an operator's order, pings, the door's alarm
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import attrs
import structlog
import trio

from octi.alarm import Alarm
from octi.clock import Now
from octi.errors import OctiError
from octi.realtime.ledger import Ledger
from octi.records import SessionRecord, SessionState
from octi.session.door import Door
from octi.session.ending import CANCELLED, CRASHED, Ending, ending_for, first_of
from octi.session.keeper import keep_alive, keep_door, keep_drain, keep_length, keep_orders
from octi.session.legs import Legs
from octi.session.live import LiveSessions
from octi.session.recorder import Recorder
from octi.session.relay import Relay
from octi.store.base import Store
from octi.units import playing_time
from octi.upstream.base import Setup, Upstream
from octi.websocket.base import Leg

log = structlog.get_logger("octi.session")

BREATH = 16  # messages that one session handles before the others have their turn
FLUSH_BUDGET_S = 5.0  # how long an ended session may still be storing its last turns


@attrs.frozen(kw_only=True)
class Session:
    """All that a session needs, and nothing it opens itself. The client's leg is closed at the end."""

    record: SessionRecord
    client: Leg
    door: Door
    upstream: Upstream
    setup: Setup
    store: Store
    draining: trio.Event
    longest_s: float
    now: Now
    live: LiveSessions = attrs.field(factory=LiveSessions)  # who tells it to end, and whom it tells what it stored


async def run_session(session: Session) -> SessionRecord:
    """Hold the conversation until it ends, however it ends; the session's record as it was stored last."""
    announce = partial(session.live.feed.announce, session.record.id)
    recorder = Recorder(session.store, session=session.record.id, on_stored=announce)
    flushing = trio.CancelScope(shield=True)
    live = Live(session, recorder)
    try:
        async with trio.open_nursery() as keeping:
            keeping.start_soon(recorder.run, flushing, name=f"{live.name} transcript-recorder")
            try:
                await live.relay()
            finally:
                flushing.deadline = trio.current_time() + FLUSH_BUDGET_S  # first: a shield must not wait for a bug
                live.finish()
                await session.client.close(live.ending.code, live.ending.reason)  # noqa: ASYNC102  shielded itself
    finally:
        live.log_end()
    return live.record


class Live:
    """A session while it runs."""

    def __init__(self, session: Session, recorder: Recorder) -> None:
        self.session, self.recorder = session, recorder
        self.record = session.record.move(SessionState.LIVE)
        self.name = f"s-{session.record.id[:8]}"
        self.ending = CANCELLED  # unless somebody says otherwise
        self.began = trio.current_time()
        self.ledger = Ledger(session.record.id)
        self.alarm = Alarm()
        self.relaying = trio.CancelScope()
        self.pipe = Relay(
            session.client,
            session.door,
            self.ledger,
            recorder,
            trio.current_time,
            on_renew=lambda renewal: self.legs.renew(renewal),
            on_stall=lambda stalled: self.legs.lose(stalled),
        )
        self.legs = Legs(session.upstream, session.record.model, session.setup, self.name, self.pipe, self._moved)

    async def relay(self) -> None:
        """Relay until anyone leaves."""
        self.recorder.keep([self.record])
        with self.relaying:
            async with trio.open_nursery() as nursery:
                for role, task in self._tasks():
                    nursery.start_soon(self._guarded, task, name=f"{self.name} {role}")

    def finish(self) -> None:
        """The conversation is over: what is in flight is kept as it stands, and the client is told why."""
        try:
            self._settle()
        except Exception:  # a bug in the ledger: what is kept so far is still flushed, and the client told 1011
            log.exception("a session did not end cleanly", session=self.record.id)
            self.ending = CRASHED
        finally:
            self.recorder.close()

    def _settle(self) -> None:
        self.recorder.keep(self.ledger.close())
        self.record = self.record.end(at=self.session.now(), by=self.ending.by, reason=self.ending.reason)
        self.recorder.keep([self.record])
        if self.ending.error is not None:
            with suppress(OctiError):  # it takes nothing: closing drops it
                self.pipe.tell(self.session.door.trouble(self.ending.error))

    def log_end(self) -> None:
        """The session's one line."""
        log.info(
            "session ended",
            session=self.record.id,
            door=self.record.door,
            upstream=self.record.upstream,
            ended_by=self.ending.by,
            reason=self.ending.reason,
            turns=self.ledger.turns,
            audio_in_ms=self.ledger.audio_in_ms,
            audio_out_ms=self.ledger.audio_out_ms,
            dropped_in_ms=playing_time(self.pipe.dropped_bytes),
            dropped_out_bytes=self.session.client.dropped_bytes,
            rows_lost=self.recorder.lost,
            duration_s=round(trio.current_time() - self.began, 3),
        )

    def _tasks(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        return [
            ("client-reader", self._read_client),
            ("client-writer", self.session.client.write),
            ("upstream-reader", self.legs.serve),
            ("keeper", self._keep),
        ]

    async def _guarded(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run one of the session's tasks; its error ends the session, and no other."""
        try:
            await task()
        except* OctiError as errors:
            self._end(ending_for(first_of(errors)))
        except* Exception:
            log.exception("a session's task crashed", session=self.record.id)
            self._end(CRASHED)

    async def _read_client(self) -> None:
        while True:
            for number, message in enumerate(await self.session.client.receive(), 1):
                self.pipe.from_client(message)
                if number % BREATH == 0:
                    await trio.lowlevel.checkpoint()
            self._moved()
            await self.pipe.wait_room()

    async def _keep(self) -> None:
        session = self.session
        async with trio.open_nursery() as keeping:
            start = keeping.start_soon
            start(keep_length, session.longest_s, self._end, name=f"{self.name} keeper length")
            start(keep_drain, session.draining, self._end, name=f"{self.name} keeper drain")
            start(keep_orders, session.live, session.record.id, self._end, name=f"{self.name} keeper orders")
            start(keep_alive, session.client, self._end, name=f"{self.name} keeper pings")
            start(keep_door, self.pipe, self.alarm, name=f"{self.name} keeper alarm")

    def _moved(self) -> None:
        """The door may want to be woken at another time."""
        self.alarm.move(self.session.door.wake_at)

    def _end(self, ending: Ending) -> None:
        """The first to end a session says why."""
        if self.ending is CANCELLED:
            self.ending = ending
        self.relaying.cancel(reason=ending.reason)
