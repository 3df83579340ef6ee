"""Writes a cassette: its folder, its lines and its sound. Blocks, so it is called in a thread of its own."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import attrs
import msgspec

from octi.cassette.format import FILE, SILENCE, Clip, Failure, Goodbye, Header, Line, Side, Way, encode_line
from octi.cassette.scrubbing import scrubbed
from octi.cassette.sounds import PCM, cut_out, formats_in, wav_header

FOLDER_MODE, FILE_MODE = 0o700, 0o600  # what was said is nobody else's affair


class Frame(NamedTuple):
    """A message as it went over a leg."""

    at: float  # milliseconds
    leg: Side
    number: int
    way: Way
    data: bytes
    text: bool


@attrs.define(eq=False)
class Sound:
    """A WAV file that grows."""

    name: str
    kind: str
    file: BinaryIO
    length: int = 0

    def add(self, sound: bytes) -> str:
        """Append; the reference to what was appended."""
        clip = Clip(self.name, self.length, len(sound))
        self.file.write(sound)
        self.length += len(sound)
        return str(clip)

    def close(self) -> None:
        """Say in its header how long it has become."""
        self.file.seek(0)
        self.file.write(wav_header(self.kind, self.length))
        self.file.close()


@attrs.define(eq=False)
class Writer:
    """A cassette that is being written; whoever makes it closes it. Each method raises OSError."""

    folder: Path
    _lines: BinaryIO
    voices: bool
    _sounds: dict[str, Sound] = attrs.field(factory=dict)
    _formats: dict[tuple[Side, int], dict[str, str]] = attrs.field(factory=dict)

    def write(self, moments: Sequence[Frame | Line]) -> None:
        """Append what happened; it is with the system when this returns. Sound goes before what refers to it."""
        lines = [encode_line(self._line(each) if isinstance(each, Frame) else cleaned(each)) for each in moments]
        for sound in self._sounds.values():
            sound.file.flush()
        self._lines.write(b"".join(lines))
        self._lines.flush()

    def close(self) -> None:
        """Finish every file."""
        for sound in self._sounds.values():
            sound.close()
        self._lines.close()

    def abandon(self) -> None:
        """Let go of every file as it is; never raises."""
        for file in (self._lines, *(sound.file for sound in self._sounds.values())):
            with suppress(OSError):  # the disk failed already
                file.close()

    def _line(self, frame: Frame) -> Line:
        line = Line(at=frame.at, leg=frame.leg, number=frame.number, way=frame.way)
        if not frame.text:
            return msgspec.structs.replace(line, binary=self._keep(frame, frame.data))
        self._formats.setdefault((frame.leg, frame.number), {}).update(formats_in(frame.data))
        short, sound = cut_out(frame.data, lambda data: self._keep(frame, data), exactly=self.voices)
        clean = scrubbed(short)
        line = msgspec.structs.replace(line, sound=sound, scrubbed=clean != short)
        if is_one_line(clean):
            return msgspec.structs.replace(line, event=msgspec.Raw(clean))
        return msgspec.structs.replace(line, text=clean.decode(errors="replace"))

    def _keep(self, frame: Frame, data: bytes) -> str:
        if not self.voices:
            return str(Clip(SILENCE, 0, len(data)))
        users = (frame.leg == "client") == (frame.way == "in")
        kind = self._formats.get((frame.leg, frame.number), {}).get("input" if users else "output", PCM)
        return self._sound(frame, kind).add(data)

    def _sound(self, frame: Frame, kind: str) -> Sound:
        law = "" if kind == PCM else f".{kind.removeprefix('audio/')}"
        name = f"{frame.leg}-{frame.number}-{frame.way}{law}.wav"
        if name not in self._sounds:
            file = private(self.folder / name)
            file.write(wav_header(kind))
            self._sounds[name] = Sound(name, kind, file)
        return self._sounds[name]


def cleaned(line: Line) -> Line:
    """A line without the secrets that somebody put into a reason: some providers repeat the key that they refuse."""
    if isinstance(line.close, Goodbye) and (reason := clean(line.close.reason)) != line.close.reason:
        return msgspec.structs.replace(line, close=Goodbye(line.close.code, reason), scrubbed=True)
    if isinstance(line.failed, Failure) and (why := clean(line.failed.why)) != line.failed.why:
        return msgspec.structs.replace(line, failed=msgspec.structs.replace(line.failed, why=why), scrubbed=True)
    return line


def clean(text: str) -> str:
    """A text without its secrets."""
    return scrubbed(text.encode()).decode()


def is_one_line(frame: bytes) -> bool:
    """Can a message stand in a line as it is: JSON without a line's end between its values?"""
    if b"\n" in frame or b"\r" in frame:
        return False
    try:
        msgspec.json.decode(frame, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def private(path: Path) -> BinaryIO:
    """A new file that only its owner may read. Raises FileExistsError, OSError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb")


def begin(shelf: Path, name: str, header: Header) -> Writer:
    """A new cassette in a folder of its own on a shelf, which is made. Raises OSError."""
    shelf.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    folder = _new_folder(shelf, name)
    lines = private(folder / FILE)
    lines.write(encode_line(header))
    lines.flush()
    return Writer(folder, lines, header.voices)


def _new_folder(shelf: Path, name: str) -> Path:
    for folder in _names(shelf, name):
        try:
            folder.mkdir(mode=FOLDER_MODE)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("the names never end")


def _names(shelf: Path, name: str) -> Iterator[Path]:
    yield shelf / name
    number = 2
    while True:
        yield shelf / f"{name}-{number}"
        number += 1
