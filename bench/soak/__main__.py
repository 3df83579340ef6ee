"""N thousand sessions over both doors, with faults at random on both sides; then octi holds what it held before.

    python -m bench.soak                          10 000 sessions, 150 at once
    python -m bench.soak 500 --at-once 20 --seed 3

octi runs as a process of its own, twice: with a simulated provider, and with its embedded engine. Prints a census every
1000 sessions, and at the end what is not as it was: the exit code is then 1. docs/soak.md tells more.
"""

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import click
import trio

from bench.soak import verdict
from bench.soak.run import Soak, Wanted, opened


@click.command()
@click.argument("sessions", type=click.IntRange(1), default=10_000)
@click.option("--at-once", type=click.IntRange(1), default=150, show_default=True)
@click.option("--seed", default=1, show_default=True, help="What goes wrong, and when.")
@click.option("--warm-up", type=click.IntRange(0), default=500, show_default=True, help="Sessions before the census.")
@click.option("--store", default="", help="Where the octi with a provider keeps its sessions; else a file.")
@click.option("--engine/--no-engine", default=True, show_default=True, help="Also an octi with the embedded engine.")
def main(sessions: int, at_once: int, seed: int, warm_up: int, store: str, engine: bool) -> None:
    """Hold SESSIONS sessions, and count what is left of them."""
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    wanted = Wanted(sessions=sessions, at_once=at_once, seed=seed, warm_up=warm_up, engine=engine, store_url=store)
    sys.exit(trio.run(soak, wanted))


async def soak(wanted: Wanted) -> int:
    """The exit code."""
    with TemporaryDirectory(prefix="octi-soak-") as folder:
        async with opened(wanted, Path(folder), say) as run:
            began = monotonic()
            problems = await run.run()
            print(f"\n{run.held} sessions in {monotonic() - began:.0f} s, seed {wanted.seed}, {wanted.at_once} at once")
            tell_counts(run)
    for problem in problems:
        print(f"NOT AS IT WAS  {problem}")
    print("octi holds what it held before" if not problems else f"{len(problems)} problems")
    return 1 if problems else 0


def tell_counts(run: Soak) -> None:
    """What came, what went wrong, what was answered."""
    tell(run.counted)
    print(f"{'sockets that were not let in':44}{run.refused:>8}")
    print(f"{'speech workers killed':44}{len(run.killed):>8}")
    for octi, points in run.memory.items():
        whole, later = verdict.growth(points)
        print(f"memory of the octi with the {octi}: {whole:+.2f} KiB a session, {later:+.2f} in the second half")
    for octi, party in run.parties.items():
        print(f"\nsessions that the octi with the {octi} says have ended, with those before the census: {party.ends()}")
        print("what it answered over HTTP")
        tell(party.asker.answers)


def tell(counted: Mapping[str, int]) -> None:
    """By name."""
    for name, count in sorted(counted.items()):
        print(f"{name:44}{count:>8}")


def say(line: str) -> None:
    """At once: a run takes minutes."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
