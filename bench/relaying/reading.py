"""What the load generator prints, as values. Pure."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

Kind = TypeVar("Kind", "Window", "Opens")


class Memory(msgspec.Struct, frozen=True):
    """KiB: resident, and what no other process shares."""

    rss_kib: int
    own_kib: int


class Process(msgspec.Struct, frozen=True):
    """One process of a relay's in a window: seconds on a CPU, and ready but waiting for one; its memory.

    Memory before any session, with idle ones, and at the window's end.
    """

    cpu_s: float
    wait_s: float
    before: Memory
    idle: Memory
    active: Memory


class Window(msgspec.Struct, frozen=True):
    """What was measured of sessions that talk, in one window."""

    seconds: float
    up: int
    down: int
    words: int
    others: int
    lost: int
    misordered: int
    held_back: int
    unanswered: int
    dead: int
    p50_us: float
    p95_us: float
    p99_us: float
    max_us: float
    load_cpu_s: float
    processes: dict[int, Process]

    @property
    def messages(self) -> int:
        """What was relayed: pieces of sound both ways, and words."""
        return self.up + self.down + self.words


class Opens(msgspec.Struct, frozen=True):
    """What was measured of sessions that only come and go."""

    seconds: float
    opens: int
    refused: int
    p50_us: float
    p95_us: float
    p99_us: float
    max_us: float
    processes: dict[int, Process]


class BadOutput(ValueError):
    """The load generator printed something else."""


def read_windows(text: str) -> list[Window]:
    """The windows of `load`, at least one. Raises BadOutput."""
    return [_read(line, Window) for line in text.splitlines() if line] or _nothing()


def read_opens(text: str) -> Opens:
    """What `opens` prints. Raises BadOutput."""
    return _read(text, Opens)


def _nothing() -> list[Window]:
    raise BadOutput("it printed nothing")


def _read(text: str, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise BadOutput(f"{text[:80]!r}: {error}") from None


def cpu_s(processes: Mapping[int, Process], *, but: int | None = None) -> float:
    """CPU seconds of all of them, or of all but one."""
    return sum(process.cpu_s for pid, process in processes.items() if pid != but)


def waited_s(processes: Mapping[int, Process]) -> float:
    """For how long the one that waited longest for a core was ready to run."""
    return max((process.wait_s for process in processes.values()), default=0.0)


def grown_kib(processes: Mapping[int, Process], when: str, what: str) -> int:
    """By how much the memory of all of them was above what it was before any session."""
    return sum(getattr(getattr(process, when), what) - getattr(process.before, what) for process in processes.values())


def base_kib(processes: Mapping[int, Process]) -> int:
    """What they hold that nobody shares, before any session."""
    return sum(process.before.own_kib for process in processes.values())
