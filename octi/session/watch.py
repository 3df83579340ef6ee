"""What a session tells about itself: counts and spans, as it goes. Whom it tells is the observer's affair."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter

import attrs
import msgspec
import trio

from octi.clock import Now, wall_clock
from octi.error_replies import reply_to
from octi.errors import Dismissed, OctiError, Stopping
from octi.observe.base import Observer, Span, current_span, in_span
from octi.realtime.events import ServerEvent
from octi.realtime.pacing import Answer, Pacing
from octi.records import Role, SessionRecord, Told, Turn, UsageKind, UsageRecord
from octi.session.ending import CRASHED, Ending
from octi.session.lines import TurnLines
from octi.session.summary import Doing
from octi.session.turn_spans import TurnSpans, led_by

SAMPLE = 64  # of so many messages one is timed
TOOL = "execute_tool"  # as OpenTelemetry's conventions for generative AI name it


@attrs.define(eq=False)
class Watch:
    """One session, watched. Nothing here waits or fails."""

    record: SessionRecord
    observer: Observer = attrs.field(factory=Observer)
    now: Now = wall_clock
    clock: Callable[[], float] = trio.current_time
    span: Span = attrs.field(factory=current_span)
    awaits_first: bool = False  # is `first` to be told of an answer's next sound or word?
    wait_s: float | None = None  # how long the last answer took, see `Answer.wait_s`
    _pacing: Pacing = attrs.field(factory=Pacing)
    _messages: int = 0
    _leg: Span | None = None  # on its way
    _leg_began: float = 0.0
    _known: set[str] = attrs.field(factory=set)  # items of which somebody was told
    _cut: set[str] = attrs.field(factory=set)  # those that were interrupted
    _paid: set[tuple[UsageKind, str]] = attrs.field(factory=set)  # what was counted, and is billed once
    _told: dict[str, int] = attrs.field(factory=dict)  # sums of which the difference is told
    _lines: TurnLines = attrs.field(default=attrs.Factory(lambda self: TurnLines(self.observer), takes_self=True))
    _problem: str | None = None  # with which the session ended
    _turns: TurnSpans = attrs.field(
        default=attrs.Factory(lambda watch: TurnSpans(watch.record, watch.span), takes_self=True), init=False
    )

    # The session

    @contextmanager
    def session(self) -> Iterator[None]:
        """From its beginning to its end. What is done meanwhile belongs to its span."""
        about = {"gen_ai.conversation.id": self.record.id, "octi.door": self.record.door}
        self.span = self._turns.session = current_span().begin("session", {**about, **led_by(self.record)})
        self.observer.meter.session_started(self.record.door, self.record.upstream)
        try:
            with in_span(self.span):
                yield
        finally:
            self._leg_over("left")
            self._turns.over()
            self.span.end(error=self._problem)

    def ended(self, ending: Ending, *, dropped: Mapping[str, int], rows_lost: int) -> None:
        """How it ended. dropped: bytes of audio, by direction."""
        meter = self.observer.meter
        meter.session_ended(self.record.door, self.record.upstream, ending.by, ending.word)
        for direction, count in dropped.items():
            meter.dropped(direction, count)
        meter.rows_lost(rows_lost)
        self.span.note({"octi.ended_by": ending.by, "octi.end_reason": ending.word})
        wrong = ending is CRASHED or (ending.error is not None and not isinstance(ending.error, Dismissed | Stopping))
        self._problem = ending.word if wrong else None

    # The provider's legs

    def leg_begins(self) -> Span:
        """A leg is on its way; to be worked in."""
        self._leg_over("left")
        self._leg_began = self.clock()
        self._leg = self.span.begin("leg", led_by(self.record), client=True)
        return self._leg

    def leg_opened(self) -> None:
        """It is in use."""
        if self._leg is not None:
            self.observer.meter.leg_opened(self.record.upstream, self.clock() - self._leg_began)
            self._leg_over(None)

    def leg_failed(self, error: OctiError) -> None:
        """It was lost. If it was in use already, that is another matter."""
        if self._leg is not None:
            self.observer.meter.leg_failed(self.record.upstream, reply_to(error).code)
            self._leg_over(reply_to(error).code)

    def leg_lost(self) -> None:
        """What was under way on it is no more."""
        answer = self._pacing.lost(self.clock())
        self.awaits_first = False
        if answer is not None:
            self._answered(answer)
        self._turns.over()

    def _leg_over(self, problem: str | None) -> None:
        if self._leg is not None:
            self._leg.end(error=problem)
            self._leg = None

    # What passes

    @property
    def doing(self) -> Doing:
        """What happens on the leg."""
        if self._pacing.hears:
            return Doing.HEARING
        if self._pacing.awaits_first:
            return Doing.THINKING
        return Doing.SPEAKING if self._pacing.answers else Doing.LISTENING

    def sample(self) -> float:
        """When a message that is to be timed began to be handled; 0: this one is not."""
        self._messages += 1
        return 0.0 if self._messages % SAMPLE else perf_counter()

    def relayed(self, direction: str, began: float) -> None:
        """A message that was timed is handled."""
        self.observer.meter.relayed(direction, perf_counter() - began)

    def noticed(self, event: ServerEvent, heard_ms: int, silence_ms: int = 0) -> None:
        """The provider sent an event. See `Pacing.fold`."""
        answer = self._pacing.fold(event, self.clock(), heard_ms, silence_ms)
        self.awaits_first = self._pacing.awaits_first
        if answer is not None:
            self._answered(answer)

    def first(self) -> None:
        """The first of an answer is here."""
        self._pacing.first(self.clock())
        self.awaits_first = False

    def _answered(self, answer: Answer) -> None:
        if answer.wait_s is not None:
            self.wait_s = answer.wait_s
            self.observer.meter.answered(answer.asked.by, answer.wait_s)
        self._turns.answered(answer, self.now() - self.clock())

    # What is kept

    def kept(self, rows: Sequence[Told]) -> None:
        """Rows are new, or other than they were."""
        self._lines.kept(rows)
        for row in rows:
            if isinstance(row, Turn):
                self._turn(row)
            elif isinstance(row, UsageRecord) and row.usage != "{}" and (row.kind, row.id) not in self._paid:
                self._used(row)

    def moved(self, in_ms: int, out_ms: int) -> None:
        """So much audio there was so far, of the user's and of the agent's."""
        for direction, ms in (("in", in_ms), ("out", out_ms)):
            more = ms - self._told.get(direction, 0)
            if more > 0:
                self._told[direction] = ms
                self.observer.meter.audio(direction, more / 1000)

    def _turn(self, turn: Turn) -> None:
        if turn.item not in self._known:
            self._known.add(turn.item)
            self.observer.meter.turn(turn.role.value)
        if turn.interrupted and turn.item not in self._cut:
            self._cut.add(turn.item)
            self.observer.meter.interrupted()
            if turn.role is Role.ASSISTANT:
                self._turns.interrupted()

    def _used(self, record: UsageRecord) -> None:
        self._paid.add((record.kind, record.id))
        model = record.model or (self.record.model if record.kind is UsageKind.RESPONSE else "")
        usage = msgspec.json.decode(record.usage)
        self.observer.meter.used(self.record.upstream, model, record.kind.value, usage)

    # What octi does for it

    @contextmanager
    def tool(self, name: str, call_id: str) -> Iterator[None]:
        """One of octi's own functions runs."""
        began = self.clock()
        about = {"gen_ai.operation.name": TOOL, "gen_ai.tool.name": name, "gen_ai.tool.call.id": call_id}
        try:
            with self._turns.tool(f"{TOOL} {name}", about, self.now):
                yield
        finally:
            self.observer.meter.tool_ran(name, self.clock() - began)
