"""Writes one recording. Blocks, so it is called in a thread; all raises OSError. Whoever opens it closes it."""

import os
from pathlib import Path

import attrs

from octi.recording.wav import FRAME_BYTES, HEADER_BYTES, claimed, header, whole
from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ

FILE_MODE = 0o600  # what was said is nobody else's affair
PAUSE_MOST_S = 10.0  # between two lives of a session: a longer one is not waited through again
PIECE_BYTES = 1 << 20


@attrs.define(eq=False)
class StereoFile:
    """A WAV file that grows, and can be played at any moment. begins: where this life of its session does, frames."""

    path: Path
    _file: int
    sound_bytes: int
    begins: int

    def append(self, sound: bytes) -> int:
        """Write what was heard, and then how much there is; how large the file is.

        A file that was deleted meanwhile stays deleted: another one takes its place, with silence for what was in it.
        """
        if os.fstat(self._file).st_nlink == 0:
            os.close(self._file)
            self._file = _made(self.path)
        _write(self._file, sound, HEADER_BYTES + self.sound_bytes)
        self.sound_bytes += len(sound)
        _write(self._file, header(self.sound_bytes), 0)
        return HEADER_BYTES + self.sound_bytes

    def silence(self, channel: int, start: int, end: int) -> None:
        """Take one side's sound off again, between two places of this life."""
        first, last = (HEADER_BYTES + (self.begins + place) * FRAME_BYTES for place in (start, end))
        for at in range(first, last, PIECE_BYTES):
            sound = bytearray(os.pread(self._file, min(PIECE_BYTES, last - at), at))
            for byte in range(channel * SAMPLE_BYTES, (channel + 1) * SAMPLE_BYTES):
                sound[byte::FRAME_BYTES] = bytes(len(sound[byte::FRAME_BYTES]))
            _write(self._file, sound, at)

    def close(self) -> None:
        """Nothing more comes."""
        os.close(self._file)


def open_stereo(path: Path, now: float) -> StereoFile:
    """A new recording, or one more life of an old one: behind it, with the pause between them. now: since 1970."""
    try:
        file = _made(path)
    except FileExistsError:
        return _opened(path, now)
    return StereoFile(path, file, 0, 0)


def _made(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE)
    _write(file, header(0), 0)
    return file


def _opened(path: Path, now: float) -> StereoFile:
    file = os.open(path, os.O_RDWR)
    try:
        state = os.fstat(file)
        if claimed(os.pread(file, HEADER_BYTES, 0)) is None:
            raise OSError(f"{path.name} is no recording of octi's")
        pause = max(0.0, min(now - state.st_mtime, PAUSE_MOST_S))
        sound = whole(state.st_size) + round(pause * SAMPLE_RATE_HZ) * FRAME_BYTES
    except BaseException:
        os.close(file)
        raise
    return StereoFile(path, file, sound, sound // FRAME_BYTES)


def _write(file: int, data: bytes | bytearray, at: int) -> None:
    """All of it. A full disk may take a part."""
    left = memoryview(data)
    while left:
        taken = os.pwrite(file, left, at)
        left, at = left[taken:], at + taken
