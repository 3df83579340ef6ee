"""What moves between a session's two legs, and what is learned on the way. Nothing waits here but for room."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence

import attrs
import msgspec
import trio

from octi.clock import Now, wall_clock
from octi.errors import ClientStalled
from octi.realtime.events import (
    STREAMED,
    AgentTextDelta,
    AudioDelta,
    ItemTruncated,
    ResponseDone,
    ServerEvent,
    SessionUpdated,
)
from octi.realtime.late_words import LateWords
from octi.realtime.ledger import Ledger
from octi.realtime.reading import read_session
from octi.realtime.steps import DropAudio, Heard, Instructed, Renew, Step, ToClient, ToProvider
from octi.records import FunctionCall, Told, Turn, UsageRecord
from octi.session.door import Door
from octi.session.instructing import Instructing
from octi.session.recorder import Recorder
from octi.session.watch import Watch
from octi.websocket.base import Leg, LegStalled, Message

MESSAGE_BYTES = 256  # what a waiting message costs beyond its length
ANSWERING = frozenset({AudioDelta, AgentTextDelta})  # with the first of these an answer is there
EARLY_BYTES = 1 << 20  # of what the client says while no leg is ready: some 16 s of speech


class Listener:
    """Who wants to know what happens in a conversation, beside its two sides."""

    def heard(self, turns: Sequence[Turn]) -> None:
        """Turns are new, or other than they were."""

    def ended(self, done: ResponseDone) -> None:
        """A response has ended, whatever came of it."""

    def noticed(self, event: ServerEvent) -> None:
        """The provider sent an event. Pieces of what is said are not told, unless the relay is `curious`."""

    def instructed(self, text: str) -> None:
        """The client gave the agent instructions."""


@attrs.define(eq=False)
class Relay:
    """Carries out what the door decides: to the client, to the leg in use, to the ledger and the recorder.

    While no leg is in use what the client says waits, in order; beyond the bound the oldest audio is dropped and
    counted, words and commands are kept and the client is not read for a while.
    """

    client: Leg
    door: Door
    ledger: Ledger
    recorder: Recorder
    clock: Callable[[], float]
    on_renew: Callable[[Renew], None]
    on_stall: Callable[[LegStalled], None]  # the provider takes nothing
    now: Now = attrs.field(default=wall_clock, kw_only=True)
    attached: bool = attrs.field(default=False, kw_only=True)  # the legs are so many windows on one conversation
    curious: bool = attrs.field(default=False, kw_only=True)
    listener: Listener = attrs.field(factory=Listener, kw_only=True)
    # One came into use; or left, and for how long it was silent.
    on_leg: Callable[[bool, float], None] = attrs.field(default=lambda there, silent_s: None, kw_only=True)
    instructing: Instructing = attrs.field(factory=Instructing, kw_only=True)
    watch: Watch = attrs.field(kw_only=True)
    # What rows become on their way to the store; what is waited for before the end of an answer is passed on, if
    # anything is; whether an event of the client's, or of octi's own, is not for the provider.
    charge: Callable[[Sequence[Told]], Sequence[Told]] = attrs.field(default=list, init=False)
    mask: Callable[[Sequence[Told]], Sequence[Told]] = attrs.field(default=list, init=False)  # what may not be kept
    durable: Callable[[], Awaitable[None]] | None = attrs.field(default=None, init=False)
    holds_back: Callable[[bytes], bool] | None = attrs.field(default=None, init=False)
    shut: bool = attrs.field(default=False, init=False)  # nothing that the client says is taken any more
    conversation: int = 0  # how many there were, the one under way among them
    dropped_bytes: int = 0  # of the user's audio
    _late: LateWords = attrs.field(factory=LateWords)
    _known_at: dict[tuple[str, str], float] = attrs.field(factory=dict)  # by kind and name
    _leg: Leg | None = None
    _early: deque[ToProvider] = attrs.field(factory=deque)
    _early_bytes: int = 0
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    @property
    def leg(self) -> Leg | None:
        """The provider's leg in use."""
        return self._leg

    @property
    def wake_at(self) -> float | None:
        """When `wake` wants to be called; None: not."""
        door, words = self.door.wake_at, self._late.wake_at
        return words if door is None else door if words is None else min(door, words)

    @property
    def early_bytes(self) -> int:
        """What waits for a leg, with what keeping it costs."""
        return self._early_bytes

    def attach(self, leg: Leg, session: msgspec.Raw, instructions: str | None = None) -> None:
        """A leg that was told these instructions comes into use; what waited for it goes first.

        Raises BadMessage for a strange session.
        """
        self._leg = leg
        self.conversation += not (self.attached and self.conversation)
        self.ledger.fold(SessionUpdated(read_session(session)))
        self.watch.leg_opened()
        self.on_leg(True, 0.0)
        self._do(self.door.opened(session))
        self._do(self.instructing.opened(instructions))
        early, self._early, self._early_bytes = self._early, deque(), 0
        self._do(early)
        self._moved.unpark_all()

    def detach(self, silent_s: float = 0.0) -> None:
        """The leg is of no use any more; its conversation ends here, unless it goes on without us.

        silent_s: for how long its provider was not heard.
        """
        self._leg = None
        self.door.lost()
        self.watch.leg_lost()
        self.on_leg(False, silent_s)
        if not self.attached:
            self.keep(self.ledger.new_leg())

    def keep(self, rows: Sequence[Told]) -> None:
        """Have rows stored, each with the time at which it was known first."""
        now = self.now()
        rows = self.mask(rows)
        self.watch.kept(rows)
        stamped = [_stamped(row, self._known_at.setdefault(_name(row), now)) for row in rows]
        self.recorder.keep(self.charge(stamped))

    def from_client(self, message: Message) -> bool:
        """A client's message; was it more than the user's voice? Raises ClientStalled: it takes nothing."""
        if self.shut:
            return False
        steps = self.door.from_client(message.data, text=message.text, now=self.clock())
        self._do(steps)
        return not (len(steps) == 1 and type(step := steps[0]) is ToProvider and step.audio_bytes > 0)

    @property
    def has_room(self) -> bool:
        """Is there room for more of what the client says: on the leg, or among what waits for one?"""
        return self._early_bytes <= EARLY_BYTES if self._leg is None else self._leg.has_room

    async def wait_room(self) -> None:
        """Return when there is."""
        while self._leg is None and self._early_bytes > EARLY_BYTES:
            await self._moved.park()
        if self._leg is not None:
            await self._leg.wait_room()

    def from_provider(self, frame: bytes, event: ServerEvent) -> None:
        """A provider's event. Raises ClientStalled: the client takes nothing."""
        kind = type(event)
        if kind not in STREAMED or self.curious:
            self._hand_on(frame, event, theirs=self._take_in(event))
            return
        if isinstance(event, AudioDelta):
            self.ledger.agent_sound(event)
        else:
            self.ledger.fold(event)
        self._pass_on(frame, event)
        if self.watch.awaits_first and kind in ANSWERING:
            self.watch.first()

    async def end_answer(self, frame: bytes, done: ResponseDone) -> None:
        """The same for the end of an answer: passed on when what it cost is durable, where that is asked for."""
        theirs = self._take_in(done)
        if self.durable is not None:
            await self.durable()
        self._hand_on(frame, done, theirs=theirs)

    def _take_in(self, event: ServerEvent) -> bool:
        """What an event tells, in the ledger and in what is kept. Is it for the client?"""
        self.listener.noticed(event)
        self.watch.noticed(event, self.ledger.leg_audio_ms, self.ledger.silence_ms)
        self._tell(self.ledger.fold(event))
        if (asked := self._late.answered(event)) is not None:
            self._tell(self.ledger.lose_words([asked]))  # unless they came with this event
        self._late.watch(self.ledger.unwritten, self.clock())
        return asked is None

    def _hand_on(self, frame: bytes, event: ServerEvent, *, theirs: bool) -> None:
        if theirs:
            self._pass_on(frame, event)
        if not self.instructing.confirmed:
            self._do(self.instructing.from_provider(event))
        if isinstance(event, ResponseDone):
            self.listener.ended(event)
            self.watch.moved(self.ledger.audio_in_ms, self.ledger.audio_out_ms)

    def _pass_on(self, frame: bytes, event: ServerEvent) -> None:
        steps = self.door.from_provider(frame, event, self.clock())
        if steps:
            self._do(steps)
        elif isinstance(event, AudioDelta):
            self.ledger.withhold(event)

    def _tell(self, rows: Sequence[Told]) -> None:
        """What the ledger tells."""
        if rows:
            self.keep(rows)
        if turns := [row for row in rows if isinstance(row, Turn)]:
            self.listener.heard(turns)

    def steer(self, instructions: str) -> None:
        """Tell the agent otherwise: now, or with the next leg's first words."""
        steps = self.instructing.want(instructions)
        if self._leg is not None:
            self._do(steps)

    def wake(self) -> None:
        """The door's time has come, or that of words which are late."""
        self._do(self.door.wake(self.clock()))
        asks, lost = self._late.wake(self.ledger.unwritten, self.clock())
        self._tell(self.ledger.lose_words(lost))
        self._do(asks)

    def tell(self, steps: Iterable[Step]) -> None:
        """What the door has to say of its own."""
        self._do(steps)

    def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case ToClient(data=data, text=text, audio=audio):
                    try:
                        self.client.send(data, text=text, audio=audio)
                    except LegStalled as stalled:
                        raise ClientStalled(stalled.waiting_bytes, stalled.seconds) from None
                case ToProvider():
                    self._to_provider(step)
                case DropAudio():
                    self._drop_audio()
                case Heard(item=item, ms=ms):
                    self._tell(self.ledger.fold(ItemTruncated(item_id=item, audio_end_ms=ms)))
                case Renew():
                    self._renew(step)
                case Instructed(text=text):
                    self.listener.instructed(text)

    def _drop_audio(self) -> None:
        before = self.client.dropped_bytes
        self.client.drop_audio()
        self.ledger.take_back(self.client.dropped_bytes - before)

    def _to_provider(self, step: ToProvider) -> None:
        if self._leg is None:
            self._wait_for_leg(step)
            return
        if step.audio_bytes:
            self.ledger.client_audio(step.audio_bytes)
        elif self.holds_back is not None and self.holds_back(step.data):
            return
        try:
            self._leg.send(step.data)
        except LegStalled as stalled:
            self._leg = None
            self.on_stall(stalled)

    def _renew(self, step: Renew) -> None:
        self._leg = None  # what follows is for the next one
        self.door.lost()
        self._early.clear()
        self._early_bytes = 0
        self._moved.unpark_all()
        self.on_renew(step)

    def _wait_for_leg(self, step: ToProvider) -> None:
        self._early.append(step)
        self._early_bytes += len(step.data) + MESSAGE_BYTES
        while self._early_bytes > EARLY_BYTES and (oldest := self._oldest_audio()):
            self._early.remove(oldest)
            self._early_bytes -= len(oldest.data) + MESSAGE_BYTES
            self.dropped_bytes += oldest.audio_bytes

    def _oldest_audio(self) -> ToProvider | None:
        return next((step for step in self._early if step.audio_bytes), None)


def _name(row: Told) -> tuple[str, str]:
    return type(row).__name__, f"{row.kind} {row.id}" if isinstance(row, UsageRecord) else row.item


def _stamped(row: Told, at: float) -> Told:
    match row:
        case Turn():
            return attrs.evolve(row, said_at=at)
        case FunctionCall():
            return attrs.evolve(row, called_at=at)
        case UsageRecord():
            return attrs.evolve(row, counted_at=at)
