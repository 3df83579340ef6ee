"""One relay under one load: started, warmed up, measured, ended."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from bench.relaying.figures import START, Figures, opening, talking
from bench.relaying.kit import Kit
from bench.relaying.loads import Load
from bench.relaying.provider import Provider
from bench.relaying.reading import BadOutput, read_opens, read_windows
from bench.relaying.relays import Place, Relay, environment
from bench.relaying.running import Cores, free_port, running, tree, wait_for

REST_S = 0.4  # from one phase to the next
WARM_UP = ("opens", "-n", "4", "-t", "0.3")  # code is compiled, modules are loaded
LONGEST_S = 180.0  # to open, to settle and to leave, beyond the windows themselves
SAID = 300  # characters of the load generator's complaint


class TrialFailed(Exception):
    """A relay did not stand a load."""


@attrs.frozen
class Bench:
    """What trials have in common."""

    kit: Kit
    cores: Cores
    seconds: float
    warm_s: float


@attrs.frozen
class Started:
    """A relay that runs."""

    relay: Relay
    port: int
    pid: int
    start_s: float  # until it listened


@contextmanager
def started(bench: Bench, relay: Relay, provider: Provider) -> Iterator[Started]:
    """A relay for as long as the block lasts, in a folder that is thrown away. Raises Missing, NotUp."""
    folder = Path(tempfile.mkdtemp(prefix=f"octi-bench-{relay.name}-"))
    try:
        place = Place(free_port(), folder, provider.url, provider.authority)
        command, log = relay.command(bench.kit, place), folder / "relay.log"
        if not command.words:
            yield Started(relay, provider.port, provider.pid, 0.0)
            return
        with running(command.words, log, bench.cores.relay, env=environment(place, command), cwd=folder) as process:
            yield Started(relay, place.port, process.pid, wait_for(process, place.port, log))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def trial(bench: Bench, relay: Relay, load: Load, provider: Provider, windows: int = 1) -> list[Figures]:
    """The figures of each window. Raises Missing, NotUp, TrialFailed."""
    with started(bench, relay, provider) as target:
        time.sleep(REST_S)
        generate(bench, target, provider, list(WARM_UP))
        time.sleep(REST_S)
        told = load.arguments(seconds=bench.seconds, warm_s=bench.warm_s, windows=windows)
        said = generate(bench, target, provider, told, bench.seconds * windows)
    try:
        return [each | {START: target.start_s} for each in read(said, load, target.pid, provider.pid)]
    except BadOutput as error:
        raise TrialFailed(str(error)) from None


def read(said: str, load: Load, main: int, provider: int) -> list[Figures]:
    """What the load generator said, as figures. Raises BadOutput. Pure."""
    if load.opens:
        return [opening(read_opens(said), provider)]
    return [talking(window, load, main, provider) for window in read_windows(said)]


def generate(bench: Bench, target: Started, provider: Provider, told: list[str], seconds: float = 0.0) -> str:
    """Load a relay; what the load generator prints. Raises TrialFailed."""
    command = [str(bench.kit.program), *arguments(target, provider, told)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + LONGEST_S, check=True)
    except subprocess.CalledProcessError as error:
        raise TrialFailed(error.stderr.strip()[:SAID] or f"the load generator ended with {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise TrialFailed("the load generator did not end") from None
    return done.stdout


def arguments(target: Started, provider: Provider, told: list[str]) -> list[str]:
    """What the load generator is told: how to load, and whom, and whose CPU time counts."""
    pids = ",".join(map(str, dict.fromkeys([*tree(target.pid), provider.pid])))
    door = ["-p", str(target.port), "-u", target.relay.path, *(["-b"] if target.relay.binary else [])]
    header = ["-H", target.relay.header] if target.relay.header else []
    return [told[0], *door, *header, "-P", pids, *told[1:]]
