"""What moves between a session's two legs, and what is learned on the way. Nothing waits here but for room."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

import attrs
import msgspec
import trio

from octi.clock import Now, wall_clock
from octi.errors import ClientStalled
from octi.realtime.events import STREAMED, ResponseDone, ServerEvent, SessionUpdated
from octi.realtime.ledger import Ledger
from octi.realtime.reading import read_session
from octi.realtime.steps import DropAudio, Instructed, Renew, Step, ToClient, ToProvider
from octi.records import Turn
from octi.session.door import Door
from octi.session.instructing import Instructing
from octi.session.recorder import Recorder
from octi.units import ItemId
from octi.websocket.base import Leg, LegStalled, Message

MESSAGE_BYTES = 256  # what a waiting message costs beyond its length
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
    instructing: Instructing = attrs.field(factory=lambda: Instructing(""), kw_only=True)
    conversation: int = 0  # how many there were, the one under way among them
    dropped_bytes: int = 0  # of the user's audio
    _said_at: dict[ItemId, float] = attrs.field(factory=dict)
    _leg: Leg | None = None
    _early: deque[ToProvider] = attrs.field(factory=deque)
    _early_bytes: int = 0
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    @property
    def leg(self) -> Leg | None:
        """The provider's leg in use."""
        return self._leg

    def attach(self, leg: Leg, session: msgspec.Raw, instructions: str | None = None) -> None:
        """A leg that was told these instructions comes into use; what waited for it goes first.

        Raises BadMessage for a strange session.
        """
        self._leg = leg
        self.conversation += not (self.attached and self.conversation)
        self.ledger.fold(SessionUpdated(read_session(session)))
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
        self.on_leg(False, silent_s)
        if not self.attached:
            self.keep(self.ledger.new_leg())

    def keep(self, turns: Sequence[Turn]) -> None:
        """Have turns stored, each with the time at which it was known first."""
        now = self.now()
        stamped = [attrs.evolve(turn, said_at=self._said_at.setdefault(turn.item, now)) for turn in turns]
        self.recorder.keep(stamped)

    def from_client(self, message: Message) -> None:
        """A client's message. Raises ClientStalled: it takes nothing."""
        self._do(self.door.from_client(message.data, text=message.text, now=self.clock()))

    async def wait_room(self) -> None:
        """Return when there is room for more of what the client says: on the leg, or among what waits for one."""
        while self._leg is None and self._early_bytes > EARLY_BYTES:
            await self._moved.park()
        if self._leg is not None:
            await self._leg.wait_room()

    def from_provider(self, frame: bytes, event: ServerEvent) -> None:
        """A provider's event. Raises ClientStalled: the client takes nothing."""
        if type(event) in STREAMED and not self.curious:
            self.ledger.fold(event)
            self._do(self.door.from_provider(frame, event, self.clock()))
            return
        self.listener.noticed(event)
        if turns := self.ledger.fold(event):
            self.keep(turns)
            self.listener.heard(turns)
        self._do(self.door.from_provider(frame, event, self.clock()))
        if not self.instructing.confirmed:
            self._do(self.instructing.from_provider(event))
        if isinstance(event, ResponseDone):
            self.listener.ended(event)

    def steer(self, instructions: str) -> None:
        """Tell the agent otherwise: now, or with the next leg's first words."""
        steps = self.instructing.want(instructions)
        if self._leg is not None:
            self._do(steps)

    def wake(self) -> None:
        """The door's time has come."""
        self._do(self.door.wake(self.clock()))

    def tell(self, steps: Iterable[Step]) -> None:
        """What the door has to say of its own."""
        self._do(steps)

    def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case ToClient():
                    self._to_client(step)
                case ToProvider():
                    self._to_provider(step)
                case DropAudio():
                    self.client.drop_audio()
                case Renew():
                    self._renew(step)
                case Instructed(text=text):
                    self.listener.instructed(text)

    def _to_client(self, step: ToClient) -> None:
        try:
            self.client.send(step.data, text=step.text, audio=step.audio)
        except LegStalled as stalled:
            raise ClientStalled(stalled.waiting_bytes, stalled.seconds) from None

    def _to_provider(self, step: ToProvider) -> None:
        if self._leg is None:
            self._wait_for_leg(step)
            return
        if step.audio_bytes:
            self.ledger.client_audio(step.audio_bytes)
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
