"""The figures of a run as text. Pure."""

from collections.abc import Iterator, Sequence

import attrs

from bench.relaying import figures as names
from bench.relaying.results import YARDSTICK, Results, Row


@attrs.frozen
class Column:
    """One column. figures: shown with a stroke between them; spread: of the first, with the least and the most."""

    title: str
    figures: tuple[str, ...]
    decimals: int = 1
    spread: bool = False


TALKING = (
    Column("CPU us/message", (names.CPU_MESSAGE,), 1, spread=True),
    Column("messages/s", (names.MESSAGES,), 0),
    Column("CPU %", (names.CPU_PERCENT,), 0),
    Column("round trip ms p50/p95/p99", (names.P50, names.P95, names.P99), 2),
    Column("KiB/session idle/active", (names.IDLE, names.ACTIVE), 0),
    Column("base MiB", (names.BASE,), 0),
    Column("answered %", (names.BEHIND,), 0),
    Column("waited %", (names.WAITED,), 0),
    Column("load core %", (names.BESIDE,), 0),
)
OPENING = (
    Column("opens/s", (names.OPENS,), 0, spread=True),
    Column("CPU us/open", (names.CPU_OPEN,), 0),
    Column("opens/CPU s", (names.OPENS_CPU,), 0),
    Column("open ms p50/p95/p99", (names.P50, names.P95, names.P99), 1),
    Column("waited %", (names.WAITED,), 0),
)


def report(results: Results) -> str:
    """Everything, load by load."""
    return "\n".join([*head(results), *(line for load in results.loads for line in ("", *of_load(results, load)))])


def head(results: Results) -> Iterator[str]:
    """The machine, its company, the versions, and who is not there."""
    machine, company = results.machine, results.company
    yield f"{machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.kernel}, {machine.day}"
    yield "the relay has a core of its own" if machine.pinned else "ONE CORE FOR ALL: nothing is pinned"
    yield f"load average before {company.load_average:.2f}, stolen {company.steal_percent:.2f} % of the time"
    yield f"beside it ran: {', '.join(company.others) or 'nothing to speak of'}"
    yield f"medians of {results.rounds} rounds, {results.seconds:g} s each; ratios to {YARDSTICK}"
    yield from (f"  {relay:12}{version}" for relay, version in results.versions.items())
    yield from (f"  {relay:12}NOT MEASURED: {why}" for relay, why in results.skipped.items())
    yield from (f"  FAILED {failure.relay}, {failure.load}: {failure.why}" for failure in results.failures)


def of_load(results: Results, load: str) -> list[str]:
    """A load's table."""
    here = [relay for relay in results.relays if any((row.relay, row.load) == (relay, load) for row in results.rows)]
    opens = any(results.of(relay, load, names.OPENS) for relay in here)
    columns = OPENING if opens else TALKING
    lines = [[f"== {load}", *(column.title for column in columns), "ratio"]]
    lines += [
        [relay, *(cell(results, relay, load, column) for column in columns), ratio(results, relay, load)]
        for relay in here
    ]
    lines += [[relay, *workers] for relay in here if (workers := of_workers(results, relay, load))]
    return aligned(lines)


def cell(results: Results, relay: str, load: str, column: Column) -> str:
    """Medians, and the spread in brackets."""
    rows = [results.of(relay, load, figure) for figure in column.figures]
    shown = " / ".join(f"{row.median:.{column.decimals}f}" if row else "-" for row in rows)
    return shown + (spread(rows[0], column.decimals) if column.spread and rows[0] else "")


def spread(row: Row, decimals: int) -> str:
    """The least and the most of the rounds."""
    return f" [{row.min:.{decimals}f}..{row.max:.{decimals}f}]"


def ratio(results: Results, relay: str, load: str) -> str:
    """Of its CPU for each message, or its opens for each CPU second, to the yardstick's."""
    row = results.of(relay, load, names.CPU_MESSAGE) or results.of(relay, load, names.OPENS_CPU)
    return f"{row.ratio:.2f}" if row and row.ratio is not None else "-"


def of_workers(results: Results, relay: str, load: str) -> list[str]:
    """What of it was used by processes that the relay started; nothing if that is nothing."""
    row = results.of(relay, load, names.WORKERS)
    return [f"{row.median:.1f} of it by its worker processes"] if row and row.median else []


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width; the first to the left, the others to the right."""
    widths = [max(len(line[at]) for line in lines if len(line) > at) for at in range(max(map(len, lines)))]
    return [
        "  ".join(_put(text, width, at) for at, (text, width) in enumerate(zip(line, widths, strict=False)))
        for line in lines
    ]


def _put(text: str, width: int, at: int) -> str:
    return text.rjust(width) if at else text.ljust(width)
