"""What a run ran on, and what else ran there: figures mean nothing without it."""

import os
import platform
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

PROC = Path("/proc")
LOOK_S = 1.0
BUSY = 2.0  # percent of a core: who takes less is not named
MOST_NAMED = 5
STEAL = 7  # of the columns of /proc/stat


class Machine(msgspec.Struct, frozen=True):
    """A machine. `pinned`: the relay has a core of its own."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    day: str
    pinned: bool


class Company(msgspec.Struct, frozen=True):
    """What else ran: before the run, and the share of time that other machines on the same host took meanwhile."""

    load_average: float
    others: list[str]
    steal_percent: float


def this_machine(pinned: bool) -> Machine:
    """As it says of itself."""
    return Machine(
        cpu=cpu_in((PROC / "cpuinfo").read_text(encoding="utf-8")),
        cores=os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        day=time.strftime("%Y-%m-%d", time.gmtime()),
        pinned=pinned,
    )


def cpu_in(cpuinfo: str) -> str:
    """The model's name in /proc/cpuinfo."""
    named = (line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name"))
    return next(named, platform.machine())


def busiest(before: Mapping[int, float], after: Mapping[int, float], seconds: float) -> list[tuple[int, float]]:
    """Who used most CPU between two looks: process ids and percents of a core. Pure."""
    used = {pid: 100 * (cpu_s - before[pid]) / seconds for pid, cpu_s in after.items() if pid in before}
    busy = sorted(((pid, share) for pid, share in used.items() if share >= BUSY), key=lambda each: -each[1])
    return busy[:MOST_NAMED]


def others() -> list[str]:
    """The busiest processes but this one, over a second: `name 12 %`."""
    before, began = dict(cpu_by_process()), time.monotonic()
    time.sleep(LOOK_S)
    busy = busiest(before, dict(cpu_by_process()), time.monotonic() - began)
    return [f"{name_of(pid)} {share:.0f} %" for pid, share in busy if pid != os.getpid()]


def cpu_by_process() -> Iterator[tuple[int, float]]:
    """Every process's CPU seconds so far."""
    tick = os.sysconf("SC_CLK_TCK")
    for path in PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        yield int(path.parent.name), sum(map(int, fields[11:13])) / tick


def name_of(pid: int) -> str:
    """A process's name, as the kernel has it."""
    try:
        return (PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "one that has ended"


def cpu_times() -> list[int]:
    """The columns of /proc/stat's first line, in ticks."""
    with (PROC / "stat").open(encoding="utf-8") as file:
        return [int(number) for number in file.readline().split()[1:]]


def steal_percent(before: list[int], after: list[int]) -> float:
    """How much of all time between two looks at `cpu_times` other machines took. Pure."""
    spent = [last - first for first, last in zip(before, after, strict=True)]
    return round(100 * spent[STEAL] / max(sum(spent[: STEAL + 1]), 1), 2)
