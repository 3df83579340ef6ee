"""docs/capacity.md, from the figures of a run: what one octi carries, beside what others do. Pure."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from bench.relaying import figures as names
from bench.relaying.capacity_words import INTRODUCTION, METHOD, REPRODUCE, WHERE_IT_GOES
from bench.relaying.figures import voices_a_core
from bench.relaying.loads import FLAT
from bench.relaying.relays import BY_NAME, NOBODY
from bench.relaying.results import YARDSTICK, Results
from bench.relaying.rounds import FIRST, LAST

OCTI, OWN = "octi", "octi-own"
FULL = 70.0  # percent of a core: beyond it a burst has nowhere to go
WIRE_BYTES = 2_650  # a piece of sound on the wire, as base64 with its frame: 40 ms of 24 kHz, 16 bits
PIECES_S = 25
QUIET = 5.0  # percent of the time that a relay may wait for its core


def sheet(results: Results) -> str:
    """The whole page."""
    parts = (
        INTRODUCTION,
        warning(results),
        in_short(results),
        voices(results),
        section("## CPU for each message", "cpu", "CPU for each message", cpu(results)),
        section("## Round trip", "latency", "Round trip", latency(results)),
        section("## Memory", "memory", "Memory for each session", memory(results)),
        section("## Set-up", "opens", "Sessions opened for each second of CPU", opens(results)),
        section("## Many sessions, long sessions", "flat", "CPU for each message by sessions", flat(results)),
        first_bound(results),
        WHERE_IT_GOES,
        METHOD,
        ran_on(results),
        REPRODUCE,
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def warning(results: Results) -> str:
    """Where others were on the relays' core: what was measured is then not what is claimed."""
    waited = [row.median for row in results.rows if row.figure == names.WAITED]
    disturbed = bool(waited) and median(waited) > QUIET
    return (
        "**This machine was busy with other work while it was measured: do not quote these figures.**"
        if disturbed
        else ""
    )


def section(title: str, plot: str, caption: str, body: str) -> str:
    """A heading, its plot and its table; nothing where nothing was measured."""
    return f"{title}\n\n![{caption}](plots/{plot}.svg)\n\n{body}" if body else ""


def about(relay: str) -> str:
    """A relay in words."""
    return BY_NAME[relay].about if relay in BY_NAME else relay


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown; "" without rows."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else ""


def by_relay(results: Results, cells: Callable[[str], Sequence[str]]) -> list[list[str]]:
    """A row for each relay that has any cell."""
    rows = [(relay, [*cells(relay)]) for relay in results.relays if relay != NOBODY]
    return [[about(relay), *row] for relay, row in rows if any(cell != "-" for cell in row)]


def shown(value: float | None, decimals: int = 1) -> str:
    """A figure, or a stroke where there is none."""
    return "-" if value is None else f"{value:,.{decimals}f}"


def in_short(results: Results) -> str:
    """The sentence that people look for."""
    carried, trip = voices_a_core(results, OCTI, FULL), results.figure(OCTI, "p100", names.P50)
    late, opened = results.figure(OCTI, "p100", names.P99), results.figure(OCTI, "opens", names.CPU_OPEN)
    said = [
        f"**{carried:,.0f} voices on one core** at {FULL:.0f} % of it" if carried else "",
        f"**{trip:.2f} ms** more on the way there and back with 100 voices (p99 {late:.2f} ms)"
        if trip and late
        else "",
        f"**{opened / 1000:.1f} ms** of CPU to set a session up" if opened else "",
    ]
    return f"In short: {'; '.join(part for part in said if part)}." if any(said) else ""


def voices(results: Results) -> str:
    """How many voices each carries on a core, and in how much memory."""

    def cells(relay: str) -> list[str]:
        carried = voices_a_core(results, relay, FULL)
        return [shown(carried, 0), shown(memory_mib(results, relay, carried), 0)]

    body = table(["", f"voices on one core at {FULL:.0f} %", "MiB of memory for them"], by_relay(results, cells))
    return f"## Voices on a core\n\n{body}" if body else ""


def memory_mib(results: Results, relay: str, sessions: float | None) -> float | None:
    """What a relay holds with so many active sessions."""
    load = "p400" if results.figure(relay, "p400", names.ACTIVE) is not None else "p100"
    base, each = results.figure(relay, load, names.BASE), results.figure(relay, load, names.ACTIVE)
    return None if base is None or each is None or sessions is None else base + each * sessions / 1024


def cpu(results: Results) -> str:
    """Microseconds for each message, and the ratio to the raw Node relay's."""
    loads = [load for load in ("sat", "p100", "p400", "sat+tls", "p100+tls") if load in results.loads]

    def cells(relay: str) -> Iterator[str]:
        for load in loads:
            row = results.of(relay, load, names.CPU_MESSAGE)
            ratio = f" ({row.ratio:.2f})" if row and row.ratio is not None else ""
            yield shown(row.median if row else None) + ratio

    titles = [f"{load}, us" for load in loads]
    body = table(["", *titles], by_relay(results, lambda relay: [*cells(relay)]))
    return f"{body}\n\nIn brackets: times {YARDSTICK}." if body else ""


def latency(results: Results) -> str:
    """Round trips at 100 and 400 voices; without any relay, for what of them is not the relay's."""
    direct = [trips(results, NOBODY, load) for load in ("p100", "p400")]
    body = table(
        ["", "100 voices, ms p50 / p95 / p99", "400 voices, ms p50 / p95 / p99", "answered in time, 400 voices"],
        by_relay(
            results,
            lambda relay: [*(trips(results, relay, load) for load in ("p100", "p400")), kept_up(results, relay)],
        ),
    )
    without = f"Without any relay: {direct[0]} ms with 100 voices, {direct[1]} ms with 400."
    return f"{body}\n\n{without}" if body and direct[0] != "-" else body


def trips(results: Results, relay: str, load: str, decimals: int = 2) -> str:
    """Three of them."""
    found = [results.figure(relay, load, figure) for figure in (names.P50, names.P95, names.P99)]
    return "-" if None in found else " / ".join(shown(value, decimals) for value in found)


def kept_up(results: Results, relay: str) -> str:
    """How much of what was to come came in the window: less than all means that a queue grows."""
    answered = results.figure(relay, "p400", names.BEHIND)
    return "-" if answered is None else f"{min(answered, 100):.0f} %"


def memory(results: Results) -> str:
    """KiB for each session."""
    load = "p400" if "p400" in results.loads else "p100"
    return table(
        ["", "before any, MiB", f"for each idle session, KiB ({load})", "for each active one, KiB"],
        by_relay(
            results,
            lambda relay: [
                shown(results.figure(relay, load, names.BASE)),
                shown(results.figure(relay, load, names.IDLE), 0),
                shown(results.figure(relay, load, names.ACTIVE), 0),
            ],
        ),
    )


def opens(results: Results) -> str:
    """How fast sessions come."""
    return table(
        [
            "",
            "opened in a second",
            "for each second of CPU",
            "ms to the first event p50 / p95 / p99",
            "s from start to listening",
        ],
        by_relay(
            results,
            lambda relay: [
                shown(results.figure(relay, "opens", names.OPENS), 0),
                shown(results.figure(relay, "opens", names.OPENS_CPU), 0),
                trips(results, relay, "opens", 1),
                shown(results.figure(relay, "opens", names.START)),
            ],
        ),
    )


def flat(results: Results) -> str:
    """By the number of sessions, and from the first minute to the last."""
    loads = [load for load in FLAT if load in results.loads]
    rows = by_relay(results, lambda relay: [shown(results.figure(relay, load, names.CPU_MESSAGE)) for load in loads])
    grown = table(["us a message", *(f"{load[1:]} sessions" for load in loads)], rows)
    return "\n\n".join(part for part in (grown, long_run(results)) if part)


def long_run(results: Results) -> str:
    """The first minute and the last of a run of 100 voices without a pause."""
    loads = [f"p100 {when}" for when in (FIRST, LAST)]
    rows = by_relay(
        results,
        lambda relay: [
            cell
            for load in loads
            for cell in (
                shown(results.figure(relay, load, names.CPU_MESSAGE)),
                shown(results.figure(relay, load, names.P99), 2),
                shown(results.figure(relay, load, names.ACTIVE), 0),
            )
        ],
    )
    head = [f"100 voices for {results.minutes} minutes"]
    for when in ("first", "last"):
        head += [f"{when} minute: us a message", "p99, ms", "KiB a session"]
    return table(head, [row for row in rows if any(cell != "-" for cell in row[1:])])


def first_bound(results: Results) -> str:
    """What of a machine is used up first."""
    carried = voices_a_core(results, OCTI, FULL)
    if carried is None:
        return ""
    held, megabits = memory_mib(results, OCTI, carried), carried * WIRE_BYTES * PIECES_S * 8 / 1e6
    sockets = 2 * carried
    return f"""\
## What is used up first

The core. When it is {FULL:.0f} % busy octi carries {carried:,.0f} voices, holds {shown(held, 0)} MiB, has
{sockets:,.0f} sockets open, and moves {megabits:,.0f} Mbit/s each way on each side: of memory, descriptors
(`ulimit -n`) and network a small machine has more. More voices take more octis, each on a core of its own; more cores
do nothing for one."""


def ran_on(results: Results) -> str:
    """The machine and its company."""
    machine, company = results.machine, results.company
    place = "the relay had a core of its own" if machine.pinned else "**there was one core for all**"
    lines = [
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.kernel}; {machine.day}; {place}.",
        f"Load average before: {company.load_average:.2f}. Taken by other machines on the host: "
        f"{company.steal_percent:.2f} % of the time. What else ran: {', '.join(company.others) or 'nothing much'}.",
        *disturbance(results),
        f"{results.rounds} rounds, windows of {results.seconds:g} s.",
        *(f"{about(relay)}: {version}." for relay, version in results.versions.items() if relay != NOBODY),
        *(f"{about(relay)}: not measured, {why}." for relay, why in results.skipped.items()),
        *(f"{about(each.relay)} under {each.load} failed: {each.why.splitlines()[0]}." for each in results.failures),
    ]
    return "\n".join(["## What it ran on", "", *(f"- {line}" for line in lines)])


def disturbance(results: Results) -> Iterator[str]:
    """How much of a window a relay could have run and did not: what says whether the figures are to be believed."""
    waited = [row for row in results.rows if row.figure == names.WAITED]
    if waited:
        usual, worst = median(row.median for row in waited), max(waited, key=lambda row: row.median)
        yield (
            f"A relay was ready to run and waited for its core for {usual:.1f} % of the time "
            f"in the usual row, and for {worst.median:.0f} % in the worst ({worst.relay}, {worst.load})."
        )
