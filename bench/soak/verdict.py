"""Whether octi holds after a soak what it held before. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from octi.census import Told

QUEUES = ("rows_waiting", "rows_left", "reads_running", "queued")  # in the parts that sessions share
KIB, MIB = 1 << 10, 1 << 20


def differences(before: Told, after: Told) -> Iterator[str]:
    """What is not as it was; nothing if octi leaks nothing but memory, which nobody can tell from one census."""
    counts = {
        "tasks": (before.tasks, after.tasks),
        "threads": (before.threads, after.threads),
        "descriptors": (before.descriptors or {}, after.descriptors or {}),
    }
    for kind, (first, last) in counts.items():
        yield from (f"{kind}: {change}" for change in changes(first, last))
    if after.sessions:
        yield f"sessions: {len(after.sessions)} are still there: {', '.join(sorted(after.sessions)[:5])}"
    if after.followers:
        yield f"followers: {after.followers} are still there"
    yield from waiting(after)


def changes(first: Mapping[str, int], last: Mapping[str, int]) -> Iterator[str]:
    """The names whose count is another."""
    for name in sorted(first.keys() | last.keys()):
        was, now = first.get(name, 0), last.get(name, 0)
        if was != now:
            yield f"{name}: {was} before, {now} after"


def waiting(told: Told) -> Iterator[str]:
    """What still waits in the parts; and whether all speech workers are back."""
    for part, gauges in told.parts.items():
        yield from (f"{part}: {name} is {gauges[name]}" for name in QUEUES if gauges.get(name))
    speech = told.parts.get("speech", {})
    if speech.get("ready") != speech.get("workers"):
        yield f"speech: {speech.get('ready')} of {speech.get('workers')} workers are ready"


def growth(points: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """KiB of memory for each session: over all, and over the second half. points: sessions, bytes; in order."""
    (first, at_first), (last, at_last) = points[0], points[-1]
    middle, at_middle = next((point for point in points if point[0] >= (first + last) / 2), points[-1])
    whole = (at_last - at_first) / max(last - first, 1)
    return whole / KIB, (at_last - at_middle) / max(last - middle, 1) / KIB


def row(sessions: int, told: Told) -> str:
    """A census as a line of a table."""
    totals = told.totals
    counts = "".join(f"{totals[kind]:>13}" for kind in ("tasks", "threads", "descriptors"))
    return f"{sessions:>9}{len(told.sessions):>7}{counts}{told.memory_bytes / MIB:>10.1f}"


HEAD = f"{'sessions':>9}{'live':>7}{'tasks':>13}{'threads':>13}{'descriptors':>13}{'MiB':>10}"
