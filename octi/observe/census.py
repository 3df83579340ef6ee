"""What this process holds just now: tasks, threads, descriptors, memory. A leak is a number that does not come back."""

import resource
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import trio

OWN_DESCRIPTORS = Path("/proc/self/fd")  # Linux; elsewhere there is none, and they are not told
OWN_MEMORY = Path("/proc/self/statm")
DIGITS = " 0123456789"
KINDS = {"socket:": "socket", "pipe:": "pipe", "anon_inode:": "other"}  # by how what a descriptor leads to begins


@attrs.frozen(kw_only=True)
class Census:
    """One moment. Descriptors by kind (socket, pipe, file, other): None where the system does not tell."""

    tasks: Mapping[str, int]  # by name
    threads: Mapping[str, int]  # by name, without the number that Trio gives to its idle ones
    descriptors: Mapping[str, int] | None
    memory_bytes: int  # resident; where the system tells no more, the most that ever was

    @property
    def totals(self) -> dict[str, int]:
        """How many there are of each; memory left out, which never comes back to the byte."""
        descriptors = sum((self.descriptors or {}).values())
        return {"tasks": sum(self.tasks.values()), "threads": sum(self.threads.values()), "descriptors": descriptors}


def take_census() -> Census:
    """Count, inside a Trio run."""
    return Census(
        tasks=_counted(task.name for task in _tasks()),
        threads=_counted(thread.name.rstrip(DIGITS) for thread in threading.enumerate()),
        descriptors=_descriptors(),
        memory_bytes=memory_bytes(),
    )


def _counted(names: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _tasks() -> Iterator[trio.lowlevel.Task]:
    """Every task of this run, Trio's own among them."""
    root = trio.lowlevel.current_root_task()
    waiting = [root] if root else []
    while waiting:
        task = waiting.pop()
        yield task
        waiting += (child for nursery in task.child_nurseries for child in nursery.child_tasks)


def _descriptors() -> dict[str, int] | None:
    if not OWN_DESCRIPTORS.is_dir():
        return None
    return _counted(filter(None, map(_kind_of, OWN_DESCRIPTORS.iterdir())))


def _kind_of(descriptor: Path) -> str:
    """What a descriptor is; "" if it is gone, as is the one that the list itself was read with."""
    try:
        target = str(descriptor.readlink())
    except OSError:
        return ""
    return next((kind for begin, kind in KINDS.items() if target.startswith(begin)), "file")


def memory_bytes() -> int:
    """Resident; where the system tells no more, the most that ever was."""
    if OWN_MEMORY.is_file():
        return int(OWN_MEMORY.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # the one has bytes, the others KiB
