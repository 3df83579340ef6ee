"""One session, one nursery: whoever leaves first, everything ends together, in order, and nothing said is lost.

keeping                      ends when the recorder has stored everything, or its flush budget is spent
  transcript-recorder
  client-writer              what the client's socket did not take at once; ends when that is closed
  relaying                   ends when anyone leaves
    client-reader            client → door → provider
    upstream-reader          provider → ledger → recorder, door → client; one leg after another
      upstream-writer        what the leg's socket did not take at once
    keeper                   length, drain, an operator's order, pings, signs of life, silence, the door's alarm
    tools                    the functions that octi runs for the agent
    hearing                  what a user's words set off
    spending                 budgets, where there are some
    moderating               content hooks, where there are some
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import inf

import attrs
import msgspec
import structlog
import trio

from octi.alarm import Alarm
from octi.errors import OctiError
from octi.loop_clock import loop_clock
from octi.realtime.events import ResponseDone, ServerEvent
from octi.realtime.ledger import Ledger
from octi.realtime.reading import kind_of
from octi.realtime.steps import DropAudio, Step
from octi.realtime.usage import read_usage
from octi.records import Role, SessionRecord, SessionState, Turn
from octi.session import lines
from octi.session.draining import Draining
from octi.session.ending import CANCELLED, CRASHED, GONE, Ending, ending_for, first_of
from octi.session.figures import Figures
from octi.session.gap import LEAST_S, Gap
from octi.session.instructing import Instructing
from octi.session.keeper import keep_alive, keep_door, keep_heart, keep_length, keep_orders, keep_talking
from octi.session.legs import Legs
from octi.session.moderating import moderating
from octi.session.recorder import Recorder
from octi.session.relay import Listener, Relay
from octi.session.session import Session
from octi.session.spending import Spending
from octi.session.summary import Summary
from octi.session.tools import Tools
from octi.session.watch import Watch
from octi.store.patience import answered
from octi.websocket.base import Message

log = structlog.get_logger("octi.session")

FLUSH_BUDGET_S = 5.0  # how long an ended session may still be storing its last turns
WORDS_S = 1.5  # how long the words of what the user said last may keep those waiting who want to know them


async def run_session(session: Session) -> SessionRecord:
    """Hold the conversation until it ends, however it ends; the session's record as it was stored last."""
    announce = partial(session.live.feed.announce, session.record.id)
    recorder = Recorder(session.store, on_stored=announce)
    live = Live(session, recorder)
    with lines.named(session.record), live.watch.session():
        lines.started(session.record, session.peer, session.policy)
        await _hold(session, live, recorder)
    return live.record


async def _hold(session: Session, live: "Live", recorder: Recorder) -> None:
    flushing = trio.CancelScope(shield=True)
    try:
        async with trio.open_nursery() as keeping:
            keeping.start_soon(recorder.run, flushing, name=f"{live.name} transcript-recorder")
            async with trio.open_nursery() as sending:
                sending.start_soon(live.write_client, name=f"{live.name} client-writer")
                try:
                    await live.relay()
                finally:
                    # First: a shield must not wait for a bug.
                    flushing.deadline = min(trio.current_time() + FLUSH_BUDGET_S, session.live.stored_by)
                    live.finish()
                    await session.client.close(live.ending.code, live.ending.goodbye)  # noqa: ASYNC102  shielded itself
                    sending.cancel_scope.cancel(reason="the client's leg is closed")
    finally:
        live.log_end()
        if live.tools.unheard:
            session.tools.over(live.record)


class Live(Listener):
    """A session while it runs."""

    def __init__(self, session: Session, recorder: Recorder) -> None:
        self.session, self.recorder = session, recorder
        self.record = session.record.move(SessionState.LIVE)
        self.name = f"s-{session.record.id[:8]}"
        self.ending = CANCELLED  # unless somebody says otherwise
        self.began = self.last_words_at = trio.current_time()
        own = [tool["name"] for tool in session.tools.declarations(self.record)]
        self.ledger = Ledger(session.record.id, elsewhere=session.setup.attached, own=own)
        self.usage = read_usage(session.record.usage)
        self.alarm, self.relaying, self.gap = Alarm(), trio.CancelScope(), Gap(session.record.id, session.now)
        self.stirred = trio.lowlevel.ParkingLot()
        self.watch = Watch(self.record, session.observer, session.now)
        self.moderating = moderating(session)
        self.pipe = Relay(
            session.client,
            self.moderating.door if self.moderating else session.door,
            self.ledger,
            recorder,
            loop_clock(),
            on_renew=lambda renewal: self.legs.renew(renewal),
            on_stall=lambda stalled: self.legs.lose(stalled),
            now=session.now,
            attached=session.setup.attached,
            listener=self,
            curious=session.debug_events,
            on_leg=self._leg_moved,
            instructing=Instructing(session.setup.instructions),
            watch=self.watch,
        )
        self.spending = Spending(
            record=self.record,
            pipe=self.pipe,
            store=session.store,
            end=self._end,
            stirred=self.stirred,
            now=session.now,
            purse=session.purse,
            words=session.words,
            answers=session.setup.answers,
        )
        if self.moderating:
            self.moderating.join(self.pipe, self._tell, self._end, self.stirred)
        self.figures = Figures(self.pipe)
        self.legs = Legs(session.upstream, session.record.model, session.setup, self.name, self.pipe, self._moved)
        self.tools = Tools(
            session.tools,
            self.record,
            self._tell,
            session.door.arbiter.ask,
            self.steer,
            lambda: self.pipe.conversation,
            self.watch,
        )

    async def write_client(self) -> None:
        """Send what the client did not take at once. It outlives the relay: what is cut off in mid-message is lost."""
        await self._guarded(self.session.client.write)

    async def relay(self) -> None:
        """Relay until anyone leaves."""
        again = self.session.record.state is SessionState.ENDED
        self.recorder.keep([self.record])
        self.session.live.take(self.record.id, self)
        with self.relaying:
            if again:
                await self._guarded(self._recall)
            async with trio.open_nursery() as nursery:
                for role, task in self._tasks():
                    nursery.start_soon(self._guarded, task, name=f"{self.name} {role}")

    async def _recall(self) -> None:
        """Go on behind what an earlier life of the session kept."""
        store, session = self.session.store, self.record.id
        turns = await answered(store.turns(session))
        calls, counted = await answered(store.function_calls(session)), await answered(store.usages(session))
        self.ledger.recall(turns, calls, counted)
        if self.session.setup.attached and self.session.record.end_reason == GONE:
            self.gap.since(max((turn.said_at or 0.0 for turn in turns), default=0.0) or self.record.created_at)

    # What may be done to it from outside

    def steer(self, instructions: str) -> None:
        """See `Control.steer`."""
        if not self.session.setup.answers:
            return
        self.legs.setup = self.legs.setup.saying(instructions)
        log.info("instructions pushed", session=self.record.id, characters=len(instructions))
        with suppress(OctiError):  # a peer that takes nothing any more is noticed by its own task
            self.pipe.steer(instructions)

    async def wait_stored(self) -> None:
        """See `Control.wait_stored`."""
        with trio.move_on_after(WORDS_S) as patience:
            while self.ledger.awaits_words:
                await self.stirred.park()
        if patience.cancelled_caught:
            self.ledger.await_no_words()  # they were lost, perhaps: the next who wants to know does not wait for them
        await self.recorder.wait_stored()

    def depths(self) -> Mapping[str, int]:
        """See `Control.depths`."""
        return self.figures.depths()

    def summary(self) -> Summary:
        """See `Control.summary`."""
        lasted_s, over = trio.current_time() - self.began, self.relaying.cancel_called
        return self.figures.summary(self.record, self.session.peer, lasted_s, self.usage, over=over)

    # What happens in it

    def heard(self, turns: Sequence[Turn]) -> None:
        """See `Listener.heard`."""
        users = [turn for turn in turns if turn.role is Role.USER]
        if any(turn.text for turn in users):
            self.tools.hear()
        if any(turn.text or self.ledger.wordless for turn in users):
            self.last_words_at = trio.current_time()  # without a transcription a turn is all there is to go by

    def ended(self, done: ResponseDone) -> None:
        """See `Listener.ended`."""
        self.recorder.keep([self._counted()])
        self.tools.take(done.response)
        self.spending.ended(done)

    def noticed(self, event: ServerEvent) -> None:
        """See `Listener.noticed`."""
        self.usage.fold(event)
        self.spending.noticed(event)
        if self.session.debug_events:
            lines.noticed(kind_of(event))

    def instructed(self, text: str) -> None:
        """See `Listener.instructed`. They are in force; octi's own layers come behind them once they are kept."""
        if not self.session.setup.answers:
            return
        self.pipe.instructing.text = text
        self.legs.setup = self.legs.setup.saying(text)
        self.tools.instruct(text)

    def _counted(self) -> SessionRecord:
        self.record = attrs.evolve(self.record, usage=msgspec.json.encode(self.usage.as_json()).decode())
        return self.record

    def _leg_moved(self, there: bool, silent_s: float) -> None:
        """A window on the conversation was opened, or shut: what was said meanwhile octi did not hear."""
        if not self.session.setup.attached:
            return
        if there:
            self.recorder.keep(self.gap.shut())
        elif not self.relaying.cancel_called:  # when octi leaves, the call ends
            self.gap.open(silent_s)

    def finish(self) -> None:
        """The conversation is over: what is in flight is kept as it stands, and the client is told why."""
        try:
            self._settle()
        except Exception:  # a bug in the ledger: what is kept so far is still flushed, and the client told 1011
            log.exception("a session did not end cleanly")
            self.ending = CRASHED
        finally:
            self.recorder.close()

    def _settle(self) -> None:
        self.pipe.keep(self.ledger.close())
        self.recorder.keep([*self.gap.shut(LEAST_S), *self.spending.finish()])
        self.record = self._counted().end(at=self.session.now(), by=self.ending.by, reason=self.ending.reason)
        if self.session.live.is_closing(self.record.id):
            self.record = self.record.closed()
        self.recorder.keep([self.record])
        if self.ending.error is not None:
            with suppress(OctiError):  # it takes nothing: closing drops it
                self.pipe.tell(self.session.door.trouble(self.ending.error))

    def log_end(self) -> None:
        """The session's one line."""
        lines.ended(self.record, self.ending, self.figures.at_end(trio.current_time() - self.began))
        self.watch.moved(self.ledger.audio_in_ms, self.ledger.audio_out_ms)
        self.watch.ended(self.ending, dropped=self.figures.dropped(), rows_lost=self.recorder.lost)

    def _tasks(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        return [
            ("client-reader", self._read_client),
            ("upstream-reader", self.legs.serve),
            ("keeper", self._keep),
            ("tools", self.tools.run_calls),
            ("hearing", self.tools.run_hearing),
            *([("spending", self.spending.run)] if self.session.purse.bounded else []),
            *([("moderating", self.moderating.run)] if self.moderating else []),
        ]

    async def _guarded(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run one of the session's tasks; its error ends the session, and no other."""
        try:
            await task()
        except* OctiError as errors:
            self._end(ending_for(first_of(errors)))
        except* Exception:
            log.exception("a session's task crashed")
            self._end(CRASHED)

    async def _read_client(self) -> None:
        while True:
            await self.session.client.pump(self._take)
            await self.pipe.wait_room()

    def _take(self, messages: Sequence[Message]) -> bool:
        """Some messages of the client's; is there no room for more?"""
        more = False
        for message in messages:
            timed = self.watch.sample()
            more = self.pipe.from_client(message) or more
            if timed:
                self.watch.relayed("in", timed)
        if more:
            self._moved()
        return not self.pipe.has_room

    async def _keep(self) -> None:
        session = self.session
        draining = Draining(session.draining, session.live, self.pipe, self.stirred, session.restart_code)
        async with trio.open_nursery() as keeping:
            start = keeping.start_soon
            start(keep_length, session.longest_s, self._end, name=f"{self.name} keeper length")
            start(draining.keep, self._end, name=f"{self.name} keeper drain")
            start(keep_orders, session.live, session.record.id, self._end, name=f"{self.name} keeper orders")
            start(keep_alive, session.client, self._end, name=f"{self.name} keeper pings")
            if session.idle_s < inf:
                start(keep_talking, session.idle_s, self._last_words, self._end, name=f"{self.name} keeper words")
            start(keep_heart, session.live, session.record.id, self._end, name=f"{self.name} keeper heart")
            start(keep_door, self.pipe, self.alarm, name=f"{self.name} keeper alarm")

    def _tell(self, steps: Sequence[Step]) -> None:
        """What octi itself has to say in the conversation."""
        with suppress(OctiError):  # a peer that takes nothing any more is noticed by its own task
            self.pipe.tell(steps)
        self._moved()

    def _last_words(self) -> float:
        return self.last_words_at

    def _moved(self) -> None:
        """The door may want to be woken at another time, and what somebody waits for may have come: not mere sound."""
        self.alarm.move(self.pipe.wake_at)
        if self.stirred:
            self.stirred.unpark_all()

    def _end(self, ending: Ending) -> None:
        """The first to end a session says why."""
        if self.ending is CANCELLED:
            self.ending = ending
            if ending.by == "client":
                self.pipe.tell([DropAudio()])  # what still waits for it will not be heard
        self.session.live.part(self.record.id)
        self.relaying.cancel(reason=ending.reason)
