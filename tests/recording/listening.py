"""Recordings in tests: made in the event loop, and looked at as a listener would."""

import wave
from array import array
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import attrs
import trio

from octi.recording.recordings import Recordings
from octi.recording.shelf import Shelf
from octi.records import Development
from octi.units import SAMPLE_RATE_HZ, SessionId

WINDOW = SAMPLE_RATE_HZ // 20
LOUD = 300


async def at_once(work: Callable[[], Any]) -> Any:
    """Do it here, as a thread would."""
    await trio.lowlevel.checkpoint()
    return work()


def recordings_in(folder: Path, **changes: Any) -> Recordings:
    """A node's, on virtual time; what is told of them is in `told`."""
    told, began = list[Development](), time()
    made = Recordings(
        shelf=Shelf(folder, changes.pop("budget", 1 << 30)),
        session_bytes=1 << 30,
        tell=told.extend,
        now=lambda: began + trio.current_time(),
        in_thread=at_once,
    )
    return attrs.evolve(made, **changes)


def names_in(folder: Path) -> list[str]:
    """Whose recordings are there."""
    return sorted(path.stem for path in folder.iterdir())


def bytes_in(folder: Path) -> int:
    """How large all files are."""
    return sum(path.stat().st_size for path in folder.iterdir())


@attrs.frozen
class Heard:
    """A recording, side by side."""

    user: "array[int]"
    agent: "array[int]"

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.user) / SAMPLE_RATE_HZ


def listen(path: Path) -> Heard:
    """Open it as any player does."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, SAMPLE_RATE_HZ)
        sound = file.readframes(file.getnframes())
        assert len(sound) == file.getnframes() * 4
    both = array("h", sound)
    return Heard(both[::2], both[1::2])


def only(folder: Path) -> Heard:
    """The one recording in a folder."""
    (path,) = folder.glob("*.wav")
    return listen(path)


def of(folder: Path, session: str) -> Heard:
    """A session's."""
    return listen(folder / f"{SessionId(session)}.wav")


def spans(side: "array[int]", pause_s: float = 0.3) -> list[tuple[float, float]]:
    """When somebody was heard, in seconds; shorter pauses do not count."""
    loud = [at for at in range(0, len(side), WINDOW) if max(map(abs, side[at : at + WINDOW])) > LOUD]
    found: list[tuple[float, float]] = []
    for at in loud:
        start, end = at / SAMPLE_RATE_HZ, (at + WINDOW) / SAMPLE_RATE_HZ
        if found and start - found[-1][1] < pause_s:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def offset_of(known: "array[int]", side: "array[int]") -> int:
    """Where known speech begins in a side: by stretches of it that are there sample by sample, most of which agree."""
    here, size = side.tobytes(), 48
    loudest = sorted(range(0, len(known) - size, size), key=lambda at: -max(map(abs, known[at : at + size])))[:40]
    found = [(here.find(known[at : at + size].tobytes()), at) for at in loudest]
    there = sorted(place // 2 - at for place, at in found if place >= 0 and place % 2 == 0)
    assert len(there) > 20, "it is not there as it was said"
    return there[len(there) // 2]
