"""Real conversations beside a flood: how much later they hear what they would have heard, and what octi uses.

    python -m bench.attack                              100 voices; quiet, then each flood, then all of them at once
    python -m bench.attack --voices 20 --floods opens,garbage --rate 100 --seconds 3

octi has one core, and keys, as on a public address: the voices come with one, strangers with none; those who get in
to misbehave there share another key, with the limits that hold by default for an address. Voices, a scripted provider
and the flood share the other core, the flood with the lowest priority. A voice sends 40 ms of sound 25 times a second
and is answered at once: what it waits is octi's. Aim: p99 beside a flood under twice the quiet one, and a memory that
does not grow with the flood. Loopback.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes

import attrs
import click

from bench.flooding import KINDS
from bench.relaying.kit import ROOT, Kit, built
from bench.relaying.loads import load_named
from bench.relaying.provider import Provider, providers
from bench.relaying.reading import Window, read_windows
from bench.relaying.relays import BY_NAME, Command, Place, Relay, octi
from bench.relaying.running import cores, running
from bench.relaying.trial import REST_S, WARM_UP, Bench, Started, generate, started
from octi.guard.caller import Scope
from octi.guard.keys import ServerKey, digest, new_key
from octi.limit_config import DEFAULTS

TIMES = 2.0  # so much later than in quiet the slowest in a hundred may be
GROWN_MIB = 64.0  # so much memory a flood may cost
SETTLE_S = 2.0  # for a flood to be at its height; and for what it leaves to go
QUIET = "quiet"
VOICES, GUESTS = "voices", "guests"  # whose keys are which
GUEST_RULES = """
[key.guests.limits.per_key]
sessions = {OCTI_ADDRESS_SESSIONS}
new_sessions_per_minute = {OCTI_ADDRESS_NEW_SESSIONS}

[key.guests.limits.per_session]
messages_per_second = {OCTI_CLIENT_MESSAGES}
bytes_per_second = {OCTI_CLIENT_BYTES}
bad_messages_per_minute = {OCTI_CLIENT_BAD_MESSAGES}
"""
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
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="The median one is told.")
@click.option("--floods", default=",".join((*KINDS, "all")), help="Names with commas between them, or all.")
def main(voices: int, seconds: float, rate: float, rounds: int, floods: str) -> None:
    """Measure."""
    wanted = [name for name in floods.split(",") if name]
    if unknown := set(wanted) - {*KINDS, "all"}:
        raise click.UsageError(f"there is no flood {unknown.pop()!r}; there are {', '.join((*KINDS, 'all'))}")
    with tempfile.TemporaryDirectory(prefix="octi-attack-") as name:
        folder, places = Path(name), cores()
        bench = Bench(built(folder, Path(sys.prefix)), places, seconds, warm_s=1.0)
        keys = {name: new_key(token_bytes) for name in (VOICES, GUESTS)}
        octi = guarded(keys)
        with providers(bench.kit, folder, places.others) as both, started(bench, octi, both.plain) as target:
            attack = Attack(bench, target, both.plain, folder, voices, rate, keys[GUESTS])
            found = list(measured(attack, wanted, rounds))
    quiet = found[0]
    problems = [problem for each in found[1:] for problem in each.problems(quiet)]
    for problem in problems:
        print(f"MISSED  {problem}")
    print("the aims are met" if not problems else f"{len(problems)} aims are missed")
    sys.exit(1 if problems else 0)


def guarded(keys: Mapping[str, str]) -> Relay:
    """octi as on a public address, as far as keys and limits go."""

    def command(kit: Kit, place: Place) -> Command:
        rules = place.folder / "rules.toml"
        rules.write_text(GUEST_RULES.format_map(DEFAULTS), encoding="utf-8")
        known = (ServerKey(name=name, scopes=frozenset({Scope.SESSIONS}), digest=digest(keys[name])) for name in keys)
        open_to_all = octi(kit, place)
        settings = {"OCTI_API_KEYS": ",".join(key.line for key in known), "OCTI_RULES": str(rules)}
        return Command(open_to_all.words, {**open_to_all.env, **settings})

    return attrs.evolve(BY_NAME["octi"], command=command, header=f"Authorization: Bearer {keys[VOICES]}")


@attrs.frozen
class Attack:
    """What all measurements have in common. rate: strangers a second; guest: the key of those who get in."""

    bench: Bench
    octi: Started
    provider: Provider
    folder: Path
    voices: int
    rate: float
    guest: str


def measured(attack: Attack, floods: Sequence[str], rounds: int) -> Iterator[Found]:
    """In quiet, and beside each flood. A virtual machine now and then stands still: of some rounds, the median one."""
    print(HEAD, flush=True)
    generate(attack.bench, attack.octi, attack.provider, list(WARM_UP))
    quiet = None
    for flood in (QUIET, *floods):
        found = sorted((once(attack, flood) for _ in range(rounds)), key=lambda each: each.window.p99_us)[rounds // 2]
        print(found.row(quiet), flush=True)
        quiet = quiet or found
        yield found


def once(attack: Attack, flood: str) -> Found:
    """One measurement."""
    bench, octi, provider = attack.bench, attack.octi, attack.provider
    time.sleep(REST_S)
    with flooded(attack, flood) as strangers:
        told = load_named(f"p{attack.voices}").arguments(seconds=bench.seconds, warm_s=bench.warm_s, windows=1)
        (window,) = read_windows(generate(bench, octi, provider, told, bench.seconds))
        found = Found(flood, window, octi.pid, strangers())
    time.sleep(SETTLE_S)
    return found


@contextmanager
def flooded(attack: Attack, flood: str) -> Iterator["Strangers"]:
    """A flood for as long as the block lasts; what it says of itself."""
    log = attack.folder / f"{flood}.log"
    if flood == QUIET:
        yield Strangers(log)
        return
    command = [sys.executable, "-m", "bench.flooding", str(attack.octi.port), flood, str(attack.rate), attack.guest]
    with running(command, log, attack.bench.cores.others, cwd=ROOT):
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
