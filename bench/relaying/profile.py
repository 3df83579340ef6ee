"""Where a Python relay's time goes under a load, by py-spy: functions by the samples that were taken in them.

py-spy looks at every thread, and cannot always tell which of them sleep: those that wait for work are left out here.
"""

import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from bench.relaying.loads import Load
from bench.relaying.provider import Provider
from bench.relaying.relays import Relay
from bench.relaying.trial import Bench, Started, TrialFailed, arguments, started

RATE = 250  # samples a second
SHOWN, FILES = 40, 20
WAITING = ("wait (threading.py)", "Condition.wait (threading.py)", "WorkerThread._work (")  # where a thread sleeps
SETTLE_S = 2.5  # sessions open, and the load warms up


@attrs.frozen
class Profile:
    """Samples by thread; and by function: taken in it, and in it or what it called."""

    threads: Counter[str]
    own: Counter[str]
    whole: Counter[str]

    @property
    def samples(self) -> int:
        """All that were taken of threads that ran."""
        return self.threads.total()


def profile(bench: Bench, relay: Relay, load: Load, provider: Provider) -> Iterator[str]:
    """Lines to print. Raises Missing, NotUp, TrialFailed."""
    if not relay.python:
        raise TrialFailed(f"py-spy looks into Python alone, and {relay.name} is none")
    with started(bench, relay, provider) as target:
        stacks = sampled(bench, target, load, provider)
    yield from told(folded(stacks.splitlines()))


def sampled(bench: Bench, target: Started, load: Load, provider: Provider) -> str:
    """py-spy's collapsed stacks of some seconds under the load."""
    order = load.arguments(seconds=bench.seconds + SETTLE_S, warm_s=0.1)
    command = [str(bench.kit.program), *arguments(target, provider, order)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as loading:
        time.sleep(SETTLE_S)
        try:
            return spied(bench.kit.python.with_name("py-spy"), target.pid, bench.seconds)
        finally:
            loading.kill()


def spied(py_spy: Path, pid: int, seconds: float) -> str:
    """Sample a process. Raises TrialFailed."""
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        times = ["--duration", str(max(1, round(seconds))), "--rate", str(RATE)]
        command = [
            str(py_spy),
            "record",
            "--pid",
            str(pid),
            *times,
            "--format",
            "raw",
            "--threads",
            "--output",
            file.name,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        if done.returncode:
            raise TrialFailed(f"py-spy: {done.stderr.strip()[-300:]}")
        return Path(file.name).read_text(encoding="utf-8")


def folded(stacks: Iterable[str]) -> Profile:
    """Count collapsed stacks: `thread;outer;inner 12` a line. Lines of code are of no interest. Pure."""
    found = Profile(Counter(), Counter(), Counter())
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        thread, *frames = stack.split(";")
        functions = [without_line(frame) for frame in frames]
        if functions and not functions[-1].startswith(WAITING):
            found.threads[thread.partition(": ")[2] or thread] += int(count)
            found.own[functions[-1]] += int(count)
            found.whole.update(dict.fromkeys(functions, int(count)))
    return found


def without_line(frame: str) -> str:
    """`name (path/file.py:12)` as `name (file.py)`, with the file's folder."""
    name, _, place = frame.partition(" (")
    parts = place.rstrip(")").partition(":")[0].split("/")[-2:]
    return f"{name} ({'/'.join(parts)})" if place else name


def told(profile: Profile) -> Iterator[str]:
    """The functions that most samples were taken in."""
    yield from (f"{share(count, profile)}  thread {name}" for name, count in profile.threads.most_common(5))
    yield "   own  file"
    yield from (f"{share(count, profile)}  {file}" for file, count in by_file(profile.own).most_common(FILES))
    yield "   own  whole  function"
    for function, count in profile.own.most_common(SHOWN):
        yield f"{share(count, profile)}  {share(profile.whole[function], profile)}  {function}"


def by_file(functions: Counter[str]) -> Counter[str]:
    """The same samples by the files that the functions are in."""
    files = Counter[str]()
    for function, count in functions.items():
        files[function.partition(" (")[2].rstrip(")") or function] += count
    return files


def share(count: int, profile: Profile) -> str:
    """A part of all samples."""
    return f"{100 * count / max(profile.samples, 1):4.1f}%"
