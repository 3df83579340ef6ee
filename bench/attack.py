"""Real conversations beside a flood: how much later they hear what they would have heard, and what octi uses.

    python -m bench.attack                              100 voices; quiet, then each flood, then all of them at once
    python -m bench.attack --voices 20 --floods opens,garbage --rate 100 --seconds 3

octi has one core, as `octi serve` starts it; the voices, a scripted provider and the flood share another, the flood
with the lowest priority. A voice sends 40 ms of sound 25 times a second and is answered at once: what it waits is
octi's. Aim: p99 beside a flood under twice the quiet one, and a memory that does not grow with the flood. Loopback.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import click

from bench.flooding import KINDS
from bench.relaying.kit import ROOT, built
from bench.relaying.loads import load_named
from bench.relaying.provider import Provider, providers
from bench.relaying.reading import Window, read_windows
from bench.relaying.relays import BY_NAME
from bench.relaying.running import cores, running
from bench.relaying.trial import REST_S, WARM_UP, Bench, Started, generate, started

TIMES = 2.0  # so much later than in quiet the slowest in a hundred may be
GROWN_MIB = 64.0  # so much memory a flood may cost
SETTLE_S = 2.0  # for a flood to be at its height; and for what it leaves to go
QUIET = "quiet"
HEAD = "flood           p50 ms  p95 ms  p99 ms   max ms  x quiet  CPU %  RSS MiB  strangers"


@attrs.frozen
class Found:
    """One measurement."""

    flood: str
    window: Window
    pid: int
    strangers: str

    @property
    def rss_mib(self) -> float:
        """octi's memory at the end."""
        return self.window.processes[self.pid].active.rss_kib / 1024

    @property
    def cpu_percent(self) -> float:
        """Of a core, octi's first process."""
        return 100 * self.window.processes[self.pid].cpu_s / self.window.seconds

    def row(self, quiet: "Found | None") -> str:
        """A line of the table."""
        w = self.window
        times = f"{w.p99_us / quiet.window.p99_us:.2f}" if quiet else ""
        figures = f"{w.p50_us / 1e3:8.2f}{w.p95_us / 1e3:8.2f}{w.p99_us / 1e3:8.2f}{w.max_us / 1e3:9.2f}{times:>9}"
        return f"{self.flood:14}{figures}{self.cpu_percent:7.0f}{self.rss_mib:9.1f}  {self.strangers}"

    def problems(self, quiet: "Found") -> Iterator[str]:
        """What is not as it should be."""
        if self.window.p99_us > TIMES * quiet.window.p99_us:
            yield f"{self.flood}: p99 is {self.window.p99_us / quiet.window.p99_us:.1f} times the quiet one"
        if self.rss_mib - quiet.rss_mib > GROWN_MIB:
            yield f"{self.flood}: {self.rss_mib - quiet.rss_mib:.0f} MiB more memory than in quiet"
        if self.window.dead or self.window.lost:
            yield f"{self.flood}: {self.window.dead} conversations died, {self.window.lost} answers were lost"


@click.command()
@click.option("--voices", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--seconds", type=click.FloatRange(1.0), default=8.0, show_default=True, help="Of each measurement.")
@click.option("--rate", type=click.FloatRange(1.0), default=200.0, show_default=True, help="Strangers a second.")
@click.option("--floods", default=",".join((*KINDS, "all")), help="Names with commas between them, or all.")
def main(voices: int, seconds: float, rate: float, floods: str) -> None:
    """Measure."""
    wanted = [name for name in floods.split(",") if name]
    if unknown := set(wanted) - {*KINDS, "all"}:
        raise click.UsageError(f"there is no flood {unknown.pop()!r}; there are {', '.join((*KINDS, 'all'))}")
    with tempfile.TemporaryDirectory(prefix="octi-attack-") as name:
        folder, places = Path(name), cores()
        bench = Bench(built(folder, Path(sys.prefix)), places, seconds, warm_s=1.0)
        with providers(bench.kit, folder, places.others) as both, started(bench, BY_NAME["octi"], both.plain) as octi:
            found = list(measured(bench, octi, both.plain, voices, wanted, rate, folder))
    quiet = found[0]
    problems = [problem for each in found[1:] for problem in each.problems(quiet)]
    for problem in problems:
        print(f"MISSED  {problem}")
    print("the aims are met" if not problems else f"{len(problems)} aims are missed")
    sys.exit(1 if problems else 0)


def measured(
    bench: Bench, octi: Started, provider: Provider, voices: int, floods: Sequence[str], rate: float, folder: Path
) -> Iterator[Found]:
    """In quiet, and beside each flood."""
    print(HEAD, flush=True)
    generate(bench, octi, provider, list(WARM_UP))
    quiet = None
    for flood in (QUIET, *floods):
        time.sleep(REST_S)
        with flooded(bench, octi, flood, rate, folder) as strangers:
            told = load_named(f"p{voices}").arguments(seconds=bench.seconds, warm_s=bench.warm_s, windows=1)
            (window,) = read_windows(generate(bench, octi, provider, told, bench.seconds))
            found = Found(flood, window, octi.pid, strangers())
        print(found.row(quiet), flush=True)
        quiet = quiet or found
        yield found
        time.sleep(SETTLE_S)


@contextmanager
def flooded(bench: Bench, octi: Started, flood: str, rate: float, folder: Path) -> Iterator["Strangers"]:
    """A flood for as long as the block lasts; what it says of itself."""
    log = folder / f"{flood}.log"
    if flood == QUIET:
        yield Strangers(log)
        return
    command = [sys.executable, "-m", "bench.flooding", str(octi.port), flood, str(rate)]
    with running(command, log, bench.cores.others, cwd=ROOT):
        time.sleep(SETTLE_S)
        yield Strangers(log)


@attrs.frozen
class Strangers:
    """What a flood says last."""

    log: Path

    def __call__(self) -> str:
        """Its last line."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return lines[-1] if lines else ""


if __name__ == "__main__":
    main()
