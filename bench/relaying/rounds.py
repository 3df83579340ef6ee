"""A whole run: every relay under every load, round after round, so that a bad minute hits all of them."""

from collections.abc import Callable, Iterator, Sequence

import attrs

from bench.relaying.kit import Missing
from bench.relaying.loads import Load
from bench.relaying.provider import Providers
from bench.relaying.relays import Relay
from bench.relaying.results import Failure, Measured
from bench.relaying.running import NotUp
from bench.relaying.trial import Bench, TrialFailed, trial

NO_TLS = "the load generator was built without OpenSSL's headers (Debian: libssl-dev)"
FIRST, LAST = "first minute", "last minute"
MINUTE_S = 60.0

Say = Callable[[str], None]


@attrs.define
class Outcome:
    """What came of a run so far."""

    measured: list[Measured] = attrs.field(factory=list)
    failures: list[Failure] = attrs.field(factory=list)


def usable(bench: Bench, relays: Sequence[Relay]) -> tuple[dict[str, str], dict[str, str]]:
    """The versions of those that are there, and why the others are not."""
    versions, skipped = {}, {}
    for relay in relays:
        try:
            versions[relay.name] = relay.version(bench.kit)
        except Missing as missing:
            skipped[relay.name] = str(missing)
    return versions, skipped


def order(relays: Sequence[Relay], loads: Sequence[Load], number: int) -> Iterator[tuple[Load, Relay]]:
    """One round's trials: load by load, and each round begins with another relay. Pure."""
    first = number % max(len(relays), 1)
    for load in loads:
        for relay in (*relays[first:], *relays[:first]):
            if relay.tls or not load.tls:
                yield load, relay


def run_rounds(
    bench: Bench, relays: Sequence[Relay], loads: Sequence[Load], rounds: int, providers: Providers, say: Say
) -> Outcome:
    """All of them. A relay that fails a load is noted, and the others go on."""
    outcome = Outcome()
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for load, relay in order(relays, loads, number):
            _one(bench, relay, load, providers, outcome, say)
    return outcome


def _one(bench: Bench, relay: Relay, load: Load, providers: Providers, outcome: Outcome, say: Say) -> None:
    provider = providers.of(tls=load.tls)
    try:
        if provider is None:
            raise TrialFailed(NO_TLS)
        (figures,) = trial(bench, relay, load, provider)
    except (Missing, NotUp, TrialFailed) as error:
        outcome.failures.append(Failure(relay.name, load.name, str(error)))
        say(f"  {load.name:10}{relay.name:12}FAILED: {error}")
        return
    outcome.measured.append(Measured(relay.name, load.name, figures))
    say(f"  {load.name:10}{relay.name:12}{brief(figures)}")


def run_long(bench: Bench, relay: Relay, load: Load, minutes: int, providers: Providers) -> list[Measured]:
    """The first minute and the last of a run without a pause. Raises Missing, NotUp, TrialFailed."""
    windows = trial(attrs.evolve(bench, seconds=MINUTE_S), relay, load, providers.plain, minutes)
    return [Measured(relay.name, f"{load.name} {when}", windows[at]) for when, at in ((FIRST, 0), (LAST, -1))]


def brief(figures: dict[str, float]) -> str:
    """A line for whoever watches. Pure."""
    if "opens_s" in figures:
        return f"{figures['opens_s']:.0f} opens/s, {figures['cpu_us_open']:.0f} us of CPU each"
    cpu, p99 = figures["cpu_us_message"], figures["p99_ms"]
    return f"{cpu:.1f} us a message, {figures['cpu_percent']:.0f} % CPU, p99 {p99:.2f} ms"
