"""Reads a cassette. One that was cut off is read up to its last whole line; a damaged one is refused, with the line."""

from base64 import b64encode
from pathlib import Path

import attrs
from msgspec import UNSET

from octi.cassette.format import (
    FILE,
    SILENCE,
    Clip,
    Failure,
    Goodbye,
    Header,
    Line,
    Side,
    Way,
    decode_header,
    decode_line,
    frame_of,
)
from octi.cassette.sounds import HEADER_BYTES
from octi.errors import BadMessage, OctiError


@attrs.frozen
class BadCassette(OctiError):
    """A cassette that cannot be read: where, why, and what helps."""

    file: str
    line: int  # 0: the file as a whole
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}" if self.line else f"{self.file}: {self.problem}"


@attrs.frozen
class Happening:
    """What happened on a leg, with its message as it was on the wire.

    None of frame, close and failed: the leg was opened.
    """

    at: float  # milliseconds
    leg: Side
    number: int
    way: Way
    frame: bytes | None = None
    text: bool = True
    close: Goodbye | None = None
    failed: Failure | None = None  # it could not be opened


@attrs.frozen
class Cassette:
    """A session as it was recorded. `end`: `complete`, or why it is not."""

    header: Header
    happenings: tuple[Happening, ...]
    end: str

    @property
    def complete(self) -> bool:
        """Is all there that happened?"""
        return self.end == "complete"

    def legs(self, side: Side) -> list[int]:
        """The legs on a side, in the order of their opening; those as well that could not be opened."""
        return list(dict.fromkeys(each.number for each in self.happenings if each.leg == side))

    def on(self, side: Side, number: int) -> list[Happening]:
        """What happened on one leg."""
        return [each for each in self.happenings if (each.leg, each.number) == (side, number)]

    def failure(self, side: Side, number: int) -> Failure | None:
        """Why a leg could not be opened; None: it was."""
        return next((each.failed for each in self.on(side, number) if each.failed), None)


CUT_OFF = "it was cut off: octi was killed, or records still"


def read_cassette(path: Path) -> Cassette:
    """A cassette, by its folder or its file. Raises BadCassette."""
    file = path / FILE if path.is_dir() else path
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadCassette(str(file), 0, f"cannot be read ({error.strerror}); give a cassette's folder") from error
    lines = data.split(b"\n")
    lines.pop()  # "" behind the last line's end; or what was cut off
    if not lines:
        raise BadCassette(str(file), 0, "holds not one whole line; it was cut off at once, record it again")
    sounds = Sounds(file.parent)
    try:
        at = 1
        header = decode_header(lines[0])
        happenings, end = [], CUT_OFF
        for at, data in enumerate(lines[1:], 2):  # noqa: B007  read by the handler below
            line = decode_line(data)
            end = line.end or end
            happenings += happening(line, sounds)
    except BadMessage as error:
        raise BadCassette(str(file), at, str(error)) from None
    return Cassette(header, tuple(happenings), end)


def happening(line: Line, sounds: "Sounds") -> list[Happening]:
    """What a line tells, if it is of use to a player. Raises BadMessage."""
    if line.leg is UNSET or line.way is UNSET:
        return []
    frame = frame_of(line, sounds.clip, b64encode)
    close = line.close if isinstance(line.close, Goodbye) else None
    failed = line.failed if isinstance(line.failed, Failure) else None
    if frame is None and close is None and failed is None and not line.opened:
        return []
    return [Happening(line.at, line.leg, line.number, line.way, frame, line.binary is UNSET, close, failed)]


@attrs.define
class Sounds:
    """The sound beside a cassette, each file read once."""

    folder: Path
    _files: dict[str, bytes] = attrs.field(factory=dict, repr=False)

    def clip(self, clip: Clip) -> bytes:
        """Some of it; silence where the voices were left out. Raises BadMessage."""
        if clip.file == SILENCE:
            return bytes(clip.length)
        if clip.file not in self._files:
            self._files[clip.file] = self._read(clip.file)
        begin = HEADER_BYTES + clip.offset
        sound = self._files[clip.file][begin : begin + clip.length]
        if len(sound) != clip.length:
            raise BadMessage(f"refers to sound that is not in {clip.file}; put the whole file back, or delete the line")
        return sound

    def _read(self, name: str) -> bytes:
        try:
            data = (self.folder / name).read_bytes()
        except OSError as error:
            raise BadMessage(f"refers to {name}, which cannot be read ({error.strerror}); put it back") from error
        if data[:4] != b"RIFF":
            raise BadMessage(f"refers to {name}, which is no WAV file; put the recorded one back")
        return data
