"""What octi is to reach, as one run can tell: each a figure of octi's against a peer's, or against a number. Pure."""

from collections.abc import Iterator, Sequence

import attrs

from bench.relaying import figures as names
from bench.relaying.results import Results


@attrs.frozen
class Target:
    """octi's figure under a load. peer "": the bound is a number; else a multiple of that peer's figure.

    least: the bound is to be reached, not kept.
    """

    relay: str
    load: str
    figure: str
    bound: float
    peer: str = ""
    least: bool = False


def _both(load: str, figure: str, bound: float, peer: str = "", *, least: bool = False) -> Iterator[Target]:
    yield from (Target(relay, load, figure, bound, peer, least) for relay in ("octi", "octi-own"))


TARGETS = (
    *_both("p100", names.CPU_MESSAGE, 1.15, "node-parse"),
    *_both("p400", names.CPU_MESSAGE, 1.15, "node-parse"),
    *_both("sat", names.MESSAGES, 1.0, "node-parse", least=True),
    *(Target("octi", load, names.CPU_MESSAGE, 0.55, "litellm") for load in ("sat", "p100")),
    *(Target("octi", load, names.CPU_MESSAGE, 1.0, "node-raw") for load in ("p100", "p400", "sat")),
    *_both("p100", names.P50, 0.3),
    *_both("p100", names.P99, 2.0, "node-parse"),
    *_both("p400", names.P99, 5.0),
    *_both("p400", names.BEHIND, 99.5, least=True),
    *_both("p400", names.ACTIVE, 80.0),
    Target("octi", "opens", names.OPENS_CPU, 1.0, "node-parse", least=True),
    *(Target("octi-own", load, names.CPU_MESSAGE, 1.3, "octi") for load in ("sat", "p100", "p400")),
    Target("octi", "f1000", names.CPU_MESSAGE, 1.15, "octi f10"),
    Target("octi", "p100 last minute", names.CPU_MESSAGE, 1.05, "octi p100 first minute"),
)


@attrs.frozen
class Verdict:
    """A target and what came of it. value None: it was not measured."""

    target: Target
    value: float | None
    limit: float | None

    @property
    def holds(self) -> bool | None:
        """Is it reached? None: nobody can tell."""
        if self.value is None or self.limit is None:
            return None
        return self.value >= self.limit if self.target.least else self.value <= self.limit


def verdicts(results: Results) -> list[Verdict]:
    """On all targets."""
    return [
        Verdict(target, results.figure(target.relay, target.load, target.figure), _limit(target, results))
        for target in TARGETS
    ]


def _limit(target: Target, results: Results) -> float | None:
    """A peer may be named with a load of its own."""
    if not target.peer:
        return target.bound
    peer, _, load = target.peer.partition(" ")
    theirs = results.figure(peer, load or target.load, target.figure)
    return None if theirs is None else theirs * target.bound


def lines(found: Sequence[Verdict]) -> Iterator[str]:
    """Those that somebody can tell, and how many nobody can."""
    yield from (told(verdict) for verdict in found if verdict.holds is not None)
    if unknown := sum(verdict.holds is None for verdict in found):
        yield f"of {len(found)} aims {unknown} were not measured"


def told(verdict: Verdict) -> str:
    """A line."""
    target, word = verdict.target, {True: "holds", False: "MISSED", None: "unknown"}[verdict.holds]
    sign = ">=" if target.least else "<="
    bound = f"{target.bound:g} x {target.peer}" if target.peer else f"{target.bound:g}"
    shown = "-" if verdict.value is None else f"{verdict.value:.4g}"
    limit = "" if verdict.limit is None or not target.peer else f" = {verdict.limit:.4g}"
    return f"{word:8}{target.relay:10}{target.load:18}{target.figure:20}{shown:>9} {sign} {bound}{limit}"
