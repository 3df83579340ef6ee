"""What one session's recording is told while the session runs: notes, taken without waiting and without looking."""

import attrs
import trio

from octi.recording.sounds import Note
from octi.records import SessionRecord
from octi.upstream.base import Upstream
from octi.websocket.base import Handle, Leg, Message

WAITING_BYTES = 8 << 20  # that the disk may be behind; what comes then is left out, and silence in the recording
NOTE_BYTES = 256  # what keeping a note costs beyond its message


@attrs.define(eq=False)
class Reel:
    """One session's notes, until somebody collects them."""

    record: SessionRecord
    began: float = attrs.field(factory=trio.current_time)
    most_bytes: int = WAITING_BYTES
    dropped_bytes: int = 0  # that did not fit
    ended_at: float | None = None  # seconds since it began
    stopped: bool = False  # nobody collects any more
    _notes: list[Note] = attrs.field(factory=list)
    _bytes: int = 0

    def now(self) -> float:
        """Seconds since the session began."""
        return trio.current_time() - self.began

    def note(self, data: bytes | None, *, came: bool, text: bool = True) -> None:
        """Keep something in mind. Never waits, never raises."""
        if self.stopped or self.ended_at is not None:
            return
        size = NOTE_BYTES + (len(data) if data else 0)
        if self._bytes + size > self.most_bytes:
            self.dropped_bytes += len(data) if data else 0
            return
        self._bytes += size
        self._notes.append(Note(self.now(), came, data, text))

    def collect(self) -> list[Note]:
        """What was noted since the last time."""
        notes, self._notes, self._bytes = self._notes, [], 0
        return notes

    def stop(self) -> None:
        """Nothing is to be noted any more."""
        self.stopped = True
        self.collect()

    def end(self) -> None:
        """The session is over."""
        if self.ended_at is None:
            self.ended_at = self.now()


@attrs.define(eq=False)
class HeardLeg:
    """A client's leg (`websocket.base.Leg`), whose messages are noted."""

    leg: Leg
    reel: Reel

    @property
    def heard_at(self) -> float:
        """See `Leg.heard_at`."""
        return self.leg.heard_at

    @property
    def dropped_bytes(self) -> int:
        """See `Leg.dropped_bytes`."""
        return self.leg.dropped_bytes

    @property
    def waiting_bytes(self) -> int:
        """See `Leg.waiting_bytes`."""
        return self.leg.waiting_bytes

    async def receive(self) -> list[Message]:
        """See `Leg.receive`."""
        messages = await self.leg.receive()
        self._note_all(messages)
        return messages

    async def pump(self, handle: Handle) -> None:
        """See `Leg.pump`."""

        def noted(messages: list[Message]) -> bool:
            self._note_all(messages)
            return handle(messages)

        await self.leg.pump(noted)

    def _note_all(self, messages: list[Message]) -> None:
        for message in messages:
            self.reel.note(message.data, came=True, text=message.text)

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """See `Leg.send`."""
        self.reel.note(data, came=False, text=text)
        self.leg.send(data, text=text, audio=audio)

    def drop_audio(self) -> None:
        """See `Leg.drop_audio`."""
        self.reel.note(None, came=False)
        self.leg.drop_audio()

    def ping(self) -> None:
        """See `Leg.ping`."""
        self.leg.ping()

    @property
    def has_room(self) -> bool:
        """See `Leg.has_room`."""
        return self.leg.has_room

    async def wait_room(self) -> None:
        """See `Leg.wait_room`."""
        await self.leg.wait_room()

    async def write(self) -> None:
        """See `Leg.write`."""
        await self.leg.write()

    async def close(self, code: int, reason: str) -> None:
        """See `Leg.close`."""
        await self.leg.close(code, reason)


@attrs.frozen
class ReelTape:
    """A session whose client's leg is listened to; see `session.taping.Tape`. The provider's are not."""

    reel: Reel

    def client(self, leg: Leg) -> Leg:
        """See `Tape.client`."""
        return HeardLeg(leg, self.reel)

    def upstream(self, upstream: Upstream) -> Upstream:
        """See `Tape.upstream`."""
        return upstream
