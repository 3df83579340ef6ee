"""A session's part in what is spent: its rows get their price, its answers are asked for, its end comes in time.

Nothing is read, held or waited for where there is no budget; rows have their price all the same. With one:
an answer that has ended reaches the client when what it cost is durable; the agent says once that a budget comes to its
end; when one has no more, nothing more goes to the provider, the agent says goodbye if that can still be paid, and the
session ends.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs
import msgspec
import structlog
import trio

from octi.accounts import day_of
from octi.clock import Now
from octi.error_replies import reply_to
from octi.errors import BadModel, OctiError, StoreFailed
from octi.observe.plain import fault
from octi.realtime.events import ErrorBody, ErrorEvent, ResponseCreated, ResponseDone, ServerEvent, UserWords
from octi.realtime.requests import Request, read_request, request
from octi.records import SessionRecord, Told, UsageKind, UsageRecord
from octi.session.ending import Ending
from octi.session.relay import Relay
from octi.spending.costs import estimated, is_untold
from octi.spending.purse import NoPurse, Purse
from octi.spending.words import Words
from octi.store.base import Store
from octi.store.patience import answered

log = structlog.get_logger("octi.session")

LOOK_S = 5.0  # how often it is looked what was spent, where no answer ends
DURABLE_S = 2.0  # how long the end of an answer may wait until what it cost is durable
AWAY_S = 0.1  # the same, where the last one waited in vain
GOODBYE_S = 30.0  # for what is still said when a budget has no more
EVENT_ID = "octi_budget"
ANSWERS = b"response.create"


def over_budget(error: OctiError) -> Ending:
    """Nothing more may be spent, or nobody knows what is."""
    return Ending("octi", str(error), reply_to(error).close, error)


@attrs.define(eq=False, kw_only=True)
class Spending:
    """One session's. `answers`: there is an agent in it, and not only somebody who writes down what he hears."""

    record: SessionRecord
    pipe: Relay
    store: Store
    end: Callable[[Ending], None]
    stirred: trio.lowlevel.ParkingLot  # whenever something came from either side
    now: Now
    purse: Purse = attrs.field(factory=NoPurse)
    words: Words = attrs.field(factory=Words)
    answers: bool = True
    _began: float = attrs.field(factory=trio.current_time)
    _life: str = attrs.field(default=attrs.Factory(lambda self: f"{self.now():.3f}", takes_self=True))  # names its rows
    _spoken_ms: int = 0  # of the agent's, before the answer under way
    _audio: dict[str, float] = attrs.field(factory=dict)  # seconds, by day
    _audio_told: float = 0.0
    _unstored: int = 0  # answers whose cost could not be made durable
    _warned: bool = False
    _leaving: OctiError | None = None
    _goodbyes: int = 0  # that may still be asked for
    _last_words: int = 0  # answers that may still begin
    _due: trio.Event = attrs.field(factory=trio.Event)

    def __attrs_post_init__(self) -> None:
        self.pipe.charge = self.charge
        if self.purse.bounded:
            self.pipe.durable = self.durable
            self.pipe.holds_back = self.holds_back

    # Rows

    def charge(self, rows: Sequence[Told]) -> list[Told]:
        """Rows on their way to the store: those of usage with their cost, which is spent from now on."""
        return [self._charged(row) if isinstance(row, UsageRecord) else row for row in rows]

    def _charged(self, row: UsageRecord) -> UsageRecord:
        if self.purse.bounded and is_untold(row):
            row = self._estimated(row)
        row = self.purse.price(row)
        if row.kind is UsageKind.RESPONSE:
            self.purse.end()
        try:
            self.purse.charge(row)
        except BadModel as error:
            self._leave(error)
        return row

    def _estimated(self, row: UsageRecord) -> UsageRecord:
        ledger = self.pipe.ledger
        return estimated(row, ledger.audio_in_ms, self._spoken_ms, ledger.audio_out_ms - self._spoken_ms)

    def audio(self) -> list[UsageRecord]:
        """The day's row of audio, where that has a budget: what there was of it up to now."""
        if not self.purse.counts_audio:
            return []
        total = self._audio_s()
        day, more = day_of(self.now()), total - self._audio_told
        self._audio[day], self._audio_told = self._audio.get(day, 0.0) + more, total
        return [self._charged(self._audio_row(day))] if more else []

    def _audio_s(self) -> float:
        """In whole milliseconds."""
        if self.pipe.attached:
            return round(trio.current_time() - self._began, 3)
        return (self.pipe.ledger.audio_in_ms + self.pipe.ledger.audio_out_ms) / 1000

    def _audio_row(self, day: str) -> UsageRecord:
        usage = msgspec.json.encode({"seconds": round(self._audio[day], 3)}).decode()
        return UsageRecord(
            session=self.record.id,
            kind=UsageKind.AUDIO,
            id=f"{day} {self._life}",
            status="counted",
            usage=usage,
            counted_at=self.now(),
        )

    # What happens

    def noticed(self, event: ServerEvent) -> None:
        """The provider sent an event, which nobody has seen yet."""
        match event:
            case ResponseCreated(response=response) if self.purse.bounded:
                self._begin(response.id)
            case UserWords():
                self._due.set()
            case _:
                pass

    def _begin(self, response: str) -> None:
        """An answer has begun, of the provider's own accord perhaps."""
        self._spoken_ms = self.pipe.ledger.audio_out_ms
        if self._leaving is not None:
            self._last_words -= 1
            if self._last_words < 0:
                self._cancel(response)
        elif (error := self.purse.begin()) is not None:
            self._cancel(response)
            self._leave(error)

    def _cancel(self, response: str) -> None:
        self.pipe.tell([request("response.cancel", event_id=EVENT_ID, response_id=response)])

    def holds_back(self, data: bytes) -> bool:
        """Must what is about to go to the provider stay here, because it asks for an answer that nobody can pay?"""
        if ANSWERS not in data or (asked := read_request(data)) is None or asked.type != ANSWERS.decode():
            return False
        if self._leaving is None and (error := self.purse.begin()) is not None:
            self._leave(error)
        if self._leaving is None:
            return False
        self._goodbyes -= 1
        if self._goodbyes < 0:
            self._forget(asked)
        return self._goodbyes < 0

    def _forget(self, asked: Request) -> None:
        """The arbiter waits for no answer to what was never asked."""
        named = asked.event_id if isinstance(asked.event_id, str) else None
        self.pipe.door.arbiter.from_provider(ErrorEvent(error=ErrorBody(event_id=named)))

    async def durable(self) -> None:
        """Return when what the answer that has just ended cost is durable, or cannot be for now."""
        self._keep_audio()
        with trio.move_on_after(AWAY_S if self._unstored else DURABLE_S):
            await self.pipe.recorder.wait_stored()
        self._unstored = self._unstored + 1 if self.pipe.recorder.pending else 0
        if self._unstored > self.purse.away_answers:
            self._leave(StoreFailed("what this session costs cannot be kept"))

    def ended(self, done: ResponseDone) -> None:
        """An answer has ended, and the client knows."""
        if not self.purse.bounded:
            return
        self._due.set()
        self._decide()

    def _decide(self) -> None:
        """Go on, warn, or leave."""
        standing = self.purse.standing()
        if self._leaving is not None:
            return
        if error := standing.over:
            self._leave(error)
        elif error := standing.last:
            self._leave(error, goodbye=standing.goodbye)
        elif standing.warn and not self._warned and self.answers:
            self._warned = True
            log.info("a budget comes to its end", session=self.record.id)
            self._say(self.words.warning_in(self.record.language))

    def _leave(self, error: OctiError, *, goodbye: bool = False) -> None:
        """Nothing more that the user says goes to the provider. `run` does the rest."""
        if self._leaving is None:
            self._leaving, self.pipe.shut = error, True
            self._goodbyes = self._last_words = int(goodbye and self.answers and self.pipe.leg is not None)
            self._due.set()

    def _say(self, words: str) -> None:
        """Have the agent say something, when its turn has come."""
        item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": words}]}
        told = request("conversation.item.create", event_id=EVENT_ID, item=item)
        with suppress(OctiError):  # a peer that takes nothing any more is noticed by its own task
            self.pipe.tell([told, *self.pipe.door.arbiter.ask(EVENT_ID)])

    # The task

    async def run(self) -> None:
        """Look after the budgets; never returns: when one has no more, the session is told to end."""
        await self._recall()
        while self._leaving is None:
            await self._look()
        with trio.move_on_after(GOODBYE_S):
            await self._part()
        log.info("a session is over its budget", session=self.record.id, **fault(self._leaving))
        self.end(over_budget(self._leaving))
        await trio.sleep_forever()

    async def _recall(self) -> None:
        """What the session spent in an earlier life."""
        try:
            self.purse.recall(await answered(self.store.usages(self.record.id)))
        except StoreFailed as error:
            log.warning("what a session spent before is not known", session=self.record.id, **fault(error))

    async def _look(self) -> None:
        self._keep_audio()
        try:
            await self.purse.refresh()
        except StoreFailed as error:
            log.warning("what others spent is not known", session=self.record.id, **fault(error))
        if self.pipe.door.arbiter.active is None:
            self._decide()
        self._due = trio.Event() if self._leaving is None else self._due
        with trio.move_on_after(LOOK_S):
            await self._due.wait()

    def _keep_audio(self) -> None:
        if rows := self.audio():
            self.pipe.recorder.keep(rows)

    async def _part(self) -> None:
        """A goodbye, if it can be paid; then what is still being said is heard to its end."""
        arbiter = self.pipe.door.arbiter
        if self._goodbyes:
            self._say(self.words.goodbye_in(self.record.language))
        while arbiter.rests_at > trio.current_time():
            with trio.move_on_at(arbiter.rests_at):
                await self.stirred.park()

    def finish(self) -> list[UsageRecord]:
        """The session is over: its last row of audio. Nothing is held for it any more."""
        self.purse.end()
        return self.audio()
