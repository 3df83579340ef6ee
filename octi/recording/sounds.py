"""What in a client's messages is sound, and what cuts the agent off: by door. Pure."""

from base64 import b64decode
from binascii import Error as BadBase64
from typing import NamedTuple, Protocol

import attrs
import msgspec

from octi.cassette.sounds import PCM, formats_in
from octi.engine.g711 import LAWS
from octi.engine.rates import Upsampler
from octi.recording.timeline import Timeline, place_of
from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ

SMALLEST_CHUNK = 100  # bytes: what is smaller the OCTI protocol's door ignores
FRESH_S = 0.25  # so long behind the client's word on it the agent is cut off, if it is at all
SPOKEN = frozenset({"response.output_audio.delta", "response.audio.delta"})
DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Note(NamedTuple):
    """A message on the client's leg. at: seconds since the session began; None: what waited was taken back."""

    at: float
    came: bool
    data: bytes | None
    text: bool = True


class Sounds(Protocol):
    """One door's messages."""

    def take(self, note: Note, line: Timeline) -> None:
        """Put what is heard of it on a timeline."""


def sounds_of(door: str) -> Sounds:
    """Those of a door, by its name. Whatever else is sent there, a call's sound does not pass octi."""
    return OctiSounds() if door == "octi" else RealtimeSounds()


@attrs.define(eq=False)
class Halves:
    """Puts together samples that were parted between two messages."""

    _half: bytes = b""

    def whole(self, data: bytes) -> bytes:
        """All whole samples so far."""
        data = self._half + data if self._half else data
        cut = len(data) - len(data) % SAMPLE_BYTES
        self._half = data[cut:]
        return data[:cut]


class _Said(msgspec.Struct):
    type: str = ""
    played_ms: float | None = None


_said = msgspec.json.Decoder(_Said)


@attrs.define(eq=False)
class OctiSounds:
    """Binary messages are sound. octi takes it back where the agent is cut off; the client may say where that was."""

    _halves: Halves = attrs.field(factory=Halves)
    _answer: int = 0
    _over: bool = False  # the next sound is of another answer
    _played: tuple[float, float] | None = None  # when the client said so, and milliseconds

    def take(self, note: Note, line: Timeline) -> None:
        """See `Sounds.take`."""
        if note.data is None:
            self._cut(note, line)
        elif not note.text:
            self._sound(note.came, note.data, note.at, line)
        elif note.came:
            self._hear_word(note.data, note.at)
        elif note.data.startswith((b'{"type":"bot_audio_end"', b'{"type":"interrupted"')):
            self._over = True

    def _sound(self, came: bool, data: bytes, at: float, line: Timeline) -> None:
        if not came:
            self._answer += self._over
            self._over, self._played = False, None
            line.agent.say(str(self._answer), data, place_of(at))
        elif len(data) >= SMALLEST_CHUNK:
            line.user.hear(self._halves.whole(data), place_of(at))

    def _hear_word(self, data: bytes, at: float) -> None:
        try:
            said = _said.decode(data)
        except DECODE_ERRORS:
            return
        if said.type == "interrupt" and said.played_ms is not None:
            self._played = at, said.played_ms

    def _cut(self, note: Note, line: Timeline) -> None:
        if self._played and note.at - self._played[0] <= FRESH_S:
            line.agent.cut(str(self._answer), samples_in(self._played[1]))
        else:
            line.agent.cut_all(place_of(note.at))
        self._played, self._over = None, True


class _Event(msgspec.Struct):
    type: str = ""
    audio: str = ""
    delta: str = ""
    item_id: str = ""
    audio_end_ms: float = 0


_event = msgspec.json.Decoder(_Event)


@attrs.define(eq=False)
class Voice:
    """One direction's sound: base64 in one of three formats, made PCM16 at 24 kHz."""

    kind: str = PCM
    _halves: Halves = attrs.field(factory=Halves)
    _up: Upsampler = attrs.field(factory=Upsampler)

    def read(self, audio: str) -> bytes:
        """The next of it; nothing where it is no base64."""
        try:
            sound = b64decode(audio)
        except (BadBase64, ValueError):
            return b""
        if self.kind == PCM:
            return self._halves.whole(sound)
        return self._up(LAWS[self.kind]().decode(sound))


@attrs.define(eq=False)
class RealtimeSounds:
    """The Realtime API's events. What the client played to the user it says itself, by `conversation.item.truncate`."""

    _user: Voice = attrs.field(factory=Voice)
    _agent: Voice = attrs.field(factory=Voice)

    def take(self, note: Note, line: Timeline) -> None:
        """See `Sounds.take`."""
        if note.data is None:
            line.agent.cut_all(place_of(note.at))  # the client is gone
            return
        if not note.text or b"audio" not in note.data:
            return
        if not note.came:
            self._configure(note.data)
        try:
            event = _event.decode(note.data)
        except DECODE_ERRORS:
            return
        self._came(event, note.at, line) if note.came else self._went(event, note.at, line)

    def _came(self, event: _Event, at: float, line: Timeline) -> None:
        if event.type == "input_audio_buffer.append":
            line.user.hear(self._user.read(event.audio), place_of(at))
        elif event.type == "conversation.item.truncate":
            line.agent.cut(event.item_id, samples_in(event.audio_end_ms))

    def _went(self, event: _Event, at: float, line: Timeline) -> None:
        if event.type in SPOKEN:
            line.agent.say(event.item_id, self._agent.read(event.delta), place_of(at))
        elif event.type == "conversation.item.truncated":  # octi itself may have had it truncated
            line.agent.cut(event.item_id, samples_in(event.audio_end_ms))

    def _configure(self, frame: bytes) -> None:
        formats = formats_in(frame) if b'"session"' in frame else {}
        self._user.kind = formats.get("input", self._user.kind)
        self._agent.kind = formats.get("output", self._agent.kind)


def samples_in(ms: float) -> int:
    """So many milliseconds of sound; none where there were less than none."""
    return max(0, round(ms * SAMPLE_RATE_HZ / 1000))
