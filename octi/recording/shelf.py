"""The folder of recordings: a file for each session, and how much there may be. What blocks says so."""

import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import attrs

from octi.recording.stereo import StereoFile, open_stereo
from octi.recording.wav import HEADER_BYTES, claimed, mended
from octi.units import SessionId

FOLDER_MODE = 0o700
SUFFIX = ".wav"
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
FULL = "the folder has its {} bytes (OCTI_RECORD_BUDGET_BYTES), and all are of sessions that are live"
STILL_S = 60.0  # a file that was not written to for so long is nobody's, in another process on the same folder either


class Kept(NamedTuple):
    """A recording: how many bytes, and when it was written last (seconds since 1970)."""

    bytes: int
    at: float


class ShelfFull(OSError):
    """There is no room, and nothing that may go."""


@attrs.define(eq=False)
class Shelf:
    """Recordings by session. What blocks is for one thread; whether there is one anybody may ask, at any time.

    What other processes do to the folder it knows since the last `look`.
    """

    folder: Path
    budget: int
    bytes: int = 0  # of all together
    _kept: dict[SessionId, Kept] = attrs.field(factory=dict)

    def __contains__(self, session: object) -> bool:
        return session in self._kept

    def path_of(self, session: SessionId) -> Path | None:
        """Where a session's recording is, or would be; None for what can be no session's name."""
        return self.folder / f"{session}{SUFFIX}" if NAME.fullmatch(session) else None

    def look(self) -> None:
        """See what is there. Blocks; raises OSError, but not where there is no folder."""
        found: dict[SessionId, Kept] = {}
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX) and NAME.fullmatch(name := entry.name.removesuffix(SUFFIX)):
                    with suppress(FileNotFoundError):  # it went meanwhile
                        state = entry.stat(follow_symlinks=False)
                        found[SessionId(name)] = Kept(state.st_size, state.st_mtime)
        self._kept, self.bytes = found, sum(kept.bytes for kept in found.values())

    def mend(self) -> int:
        """Have every file claim what is in it, as a killed octi could not; how many did not. Blocks; raises OSError."""
        count = 0
        for session in self._kept:
            path = self.path_of(session)
            assert path is not None, "it was found by it"
            with suppress(FileNotFoundError), path.open("r+b") as file:
                head = file.read(HEADER_BYTES)
                if better := mended(head, os.fstat(file.fileno()).st_size):
                    file.seek(0)
                    file.write(better)
                    count += 1
        return count

    def open(self, session: SessionId, now: float) -> StereoFile:
        """A session's file, to be written. Blocks; raises OSError."""
        path = self.path_of(session)
        if path is None:
            raise OSError("its id can be no file's name")
        self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return open_stereo(path, now)

    def grown(self, session: SessionId, size: int, now: float) -> None:
        """A session's file is that large now."""
        self._forget(session)
        self._kept[session] = Kept(size, now)
        self.bytes += size

    def make_room(self, more: int, live: Collection[SessionId], now: float) -> list[SessionId]:
        """Delete the oldest recordings of sessions that are over, until so many bytes more fit; whose they were.

        Blocks. Raises ShelfFull, OSError.
        """
        gone: list[SessionId] = []
        over = self.bytes + more - self.budget
        oldest = sorted(self._kept.items(), key=lambda each: each[1].at) if over > 0 else []
        for session, kept in oldest:
            if over <= 0:
                break
            if session in live or now - kept.at < STILL_S:
                continue
            self.remove(session)
            gone.append(session)
            over -= kept.bytes
        if over > 0:
            raise ShelfFull(FULL.format(self.budget))
        return gone

    def remove(self, session: SessionId) -> bool:
        """Delete a session's recording; False: there was none. Blocks; raises OSError."""
        path = self.path_of(session)
        self._forget(session)
        if path is None:
            return False
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _forget(self, session: SessionId) -> None:
        if kept := self._kept.pop(session, None):
            self.bytes -= kept.bytes


@attrs.frozen
class Extent:
    """A recording as it is now: how many bytes can be read of it, and what tells it from what it was or will be."""

    size: int
    tag: str


def measure(path: Path) -> Extent | None:
    """What there is of a recording, as its header has it; None: nothing. Blocks; raises OSError."""
    try:
        with path.open("rb") as file:
            said, state = claimed(file.read(HEADER_BYTES)), os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    if not said:
        return None
    return Extent(min(HEADER_BYTES + said, state.st_size), f"{state.st_mtime_ns:x}-{said:x}")


def read_part(path: Path, start: int, size: int) -> bytes:
    """A part of a recording, or what is left of it. Blocks; raises OSError."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)
