"""One session's recording, as the writer's thread has it: notes become sound on a timeline, and that a file. Blocks."""

import attrs

from octi.recording.shelf import Shelf
from octi.recording.sounds import Note, Sounds
from octi.recording.stereo import StereoFile
from octi.recording.timeline import Timeline
from octi.recording.wav import HEADER_BYTES
from octi.units import SessionId

RIGHT = 1
LONG = "it is as long as one session's may be (OCTI_RECORD_SESSION_BYTES={})"


class TooLong(OSError):
    """A recording has its most bytes."""


@attrs.define(eq=False)
class Take:
    """What is written of one session. A session in which nothing sounds has no file."""

    session: SessionId
    shelf: Shelf
    most_bytes: int
    sounds: Sounds
    line: Timeline = attrs.field(factory=Timeline)
    written_bytes: int = 0
    removed: list[SessionId] = attrs.field(factory=list)  # whose recordings went to make room for this one
    _file: StereoFile | None = None

    def write(self, notes: list[Note], now: float, wall: float, live: frozenset[SessionId]) -> None:
        """Write what was heard by now. wall: the same time, since 1970. Raises OSError."""
        for note in notes:
            self.sounds.take(note, self.line)
        if self.line.sounded:
            self._append(self.line.heard_until(now), wall, live)

    def end(self, now: float, wall: float, live: frozenset[SessionId]) -> None:
        """Write the rest. Raises OSError."""
        if self.line.sounded:
            self._append(self.line.end(now), wall, live)

    def close(self) -> None:
        """Let go of the file. Raises OSError."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _append(self, sound: bytes, wall: float, live: frozenset[SessionId]) -> None:
        file = self._file = self._file or self.shelf.open(self.session, wall)
        self._check_length(file, sound)
        self.removed += self.shelf.make_room(len(sound), live, wall)
        for start, end in self.line.unsaid():
            file.silence(RIGHT, start, end)
        self.shelf.grown(self.session, file.append(sound), wall)
        self.written_bytes += len(sound)

    def _check_length(self, file: StereoFile, sound: bytes) -> None:
        if HEADER_BYTES + file.sound_bytes + len(sound) > self.most_bytes:
            raise TooLong(LONG.format(self.most_bytes))
