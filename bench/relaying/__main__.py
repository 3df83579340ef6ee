"""What relaying costs, measured: octi, and what users would otherwise pick.

make bench                                           everything, an hour; writes results, plots, docs/capacity.md
python -m bench.relaying --quick                     a look, 3 minutes, nothing is written
python -m bench.relaying --relays octi,node-raw --loads sat,p100,p400 --rounds 5
python -m bench.relaying --relays octi --minutes 60  also the first minute of an hour against the last
python -m bench.relaying --profile octi sat          where octi's time goes
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from bench.relaying import capacity, machine, results, table, targets
from bench.relaying.kit import ROOT, Kit, Missing, built
from bench.relaying.loads import DEFAULT, QUICK, BadLoad, Load, load_named, loads_named
from bench.relaying.profile import profile
from bench.relaying.provider import Providers, providers
from bench.relaying.relays import BY_NAME, RELAYS, Relay
from bench.relaying.results import Failure
from bench.relaying.rounds import Outcome, run_long, run_rounds, usable
from bench.relaying.running import NotUp, cores, pin
from bench.relaying.trial import Bench, TrialFailed

RESULTS, SHEET, PLOTS = ROOT / "bench" / "results.json", ROOT / "docs" / "capacity.md", ROOT / "docs" / "plots"
ENVIRONMENTS = Path(sys.prefix)
PLOT_S = 120.0


@attrs.frozen
class Wanted:
    """What is to be run."""

    relays: Sequence[Relay]
    loads: Sequence[Load]
    rounds: int
    seconds: float
    minutes: int = 0


@click.command()
@click.option("--relays", default="", help="Names with commas between them; else all that are there.")
@click.option("--loads", default="", help="Such as sat,p100,p400+tls,opens; flat: 10 to 1000 sessions.")
@click.option("--rounds", type=click.IntRange(1), default=None, help="3, or 1 with --quick.")
@click.option("--seconds", type=click.FloatRange(0.2), default=None, help="Of each window: 4, or 1 with --quick.")
@click.option("--minutes", type=click.IntRange(0), default=0, help="Also 100 voices for so long, without a pause.")
@click.option("--quick", is_flag=True, help="A look: fewer loads, one short round.")
@click.option("--write", is_flag=True, help="Write bench/results.json, the plots and docs/capacity.md.")
@click.option("--octi", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Another checkout of it.")
@click.option("--profile", "profiled", nargs=2, metavar="RELAY LOAD", help="Say where a Python relay's time goes.")
def main(
    relays: str,
    loads: str,
    rounds: int | None,
    seconds: float | None,
    minutes: int,
    quick: bool,
    write: bool,
    octi: Path | None,
    profiled: tuple[str, str] | None,
) -> None:
    """Measure what relaying costs."""
    wanted = Wanted(
        relays=relays_named(relays),
        loads=loads_or_complain(loads.split(",") if loads else QUICK if quick else DEFAULT),
        rounds=rounds or (1 if quick else 3),
        seconds=seconds or (1.0 if quick else 4.0),
        minutes=minutes,
    )
    where = cores()
    pin(where.others)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what runs beside us ends with us
    with tempfile.TemporaryDirectory(prefix="octi-bench-") as folder:
        kit = attrs.evolve(kit_or_complain(Path(folder)), octi=(octi or ROOT).resolve())
        bench = Bench(kit, where, wanted.seconds, warm_s=min(1.0, wanted.seconds))
        with providers(bench.kit, Path(folder), where.others) as both:
            if profiled:
                look_into(bench, *profiled, both)
                return
            found = measure(bench, wanted, both)
    tell(found)
    if write:
        keep(found, bench.kit)


def relays_named(names: str) -> Sequence[Relay]:
    """Those, or all."""
    unknown = [name for name in names.split(",") if name and name not in BY_NAME]
    if unknown:
        raise click.UsageError(f"there is no relay {unknown[0]!r}; there are {', '.join(BY_NAME)}")
    return [BY_NAME[name] for name in names.split(",")] if names else RELAYS


def loads_or_complain(names: Sequence[str]) -> list[Load]:
    """The loads of these names."""
    try:
        return loads_named(names)
    except BadLoad as error:
        raise click.UsageError(str(error)) from None


def kit_or_complain(folder: Path) -> Kit:
    """What is needed, with the load generator built."""
    try:
        return built(folder, ENVIRONMENTS)
    except (Missing, subprocess.SubprocessError) as error:
        raise click.ClickException(f"the load generator cannot be built: {error}") from None


def measure(bench: Bench, wanted: Wanted, both: Providers) -> results.Results:
    """Run it all, and say meanwhile how it goes."""
    load_average, others, before = os.getloadavg()[0], machine.others(), machine.cpu_times()
    versions, skipped = usable(bench, wanted.relays)
    there = [relay for relay in wanted.relays if relay.name in versions]
    outcome = run_rounds(bench, there, wanted.loads, wanted.rounds, both, say)
    for relay in there if wanted.minutes else ():
        long_one(bench, relay, wanted.minutes, both, outcome)
    stolen = machine.steal_percent(before, machine.cpu_times())
    return results.Results(
        machine=machine.this_machine(pinned=bench.cores.relay is not None),
        company=machine.Company(round(load_average, 2), others, stolen),
        versions=versions,
        skipped=skipped,
        rounds=wanted.rounds,
        seconds=wanted.seconds,
        rows=results.summed_up(outcome.measured),
        failures=outcome.failures,
        minutes=wanted.minutes,
    )


def long_one(bench: Bench, relay: Relay, minutes: int, both: Providers, outcome: Outcome) -> None:
    """One relay's long run."""
    load = load_named("p100")
    say(f"{relay.name}: {load.name} for {minutes} minutes")
    try:
        outcome.measured += run_long(bench, relay, load, minutes, both)
    except (Missing, NotUp, TrialFailed) as error:
        outcome.failures.append(Failure(relay.name, f"{load.name} for {minutes} minutes", str(error)))


def look_into(bench: Bench, relay: str, load: str, both: Providers) -> None:
    """Print a profile."""
    (named,), (wanted,) = relays_named(relay), loads_or_complain([load])
    provider = both.of(tls=wanted.tls) or both.plain
    try:
        for line in profile(bench, named, wanted, provider):
            say(line)
    except (Missing, NotUp, TrialFailed) as error:
        raise click.ClickException(str(error)) from None


def tell(found: results.Results) -> None:
    """The tables, and what of the aims is reached."""
    say("")
    say(table.report(found))
    say("\naims")
    for line in targets.lines(targets.verdicts(found)):
        say(line)


def keep(found: results.Results, kit: Kit) -> None:
    """Write the files that the repository holds."""
    RESULTS.write_bytes(results.as_json(found))
    SHEET.write_text(capacity.sheet(found), encoding="utf-8")
    command = [str(kit.python), "-m", "bench.relaying.plots", str(RESULTS), str(PLOTS)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=PLOT_S)
    say(f"written: {RESULTS.relative_to(ROOT)}, {SHEET.relative_to(ROOT)}, {PLOTS.relative_to(ROOT)}/")


def say(line: str) -> None:
    """At once: a run takes long."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
