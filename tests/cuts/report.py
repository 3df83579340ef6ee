"""What was tried, and what is said when it did not hold."""

from collections.abc import Iterable, Sequence

import attrs

from .trial import Trial

LISTED = 10  # of the other failing cuts


class CutFailure(AssertionError):  # an assertion that failed, as AssertionError is
    """A scenario did not hold for at least one of its cuts. Says for which, and how to run it again."""


@attrs.frozen
class Report:
    """What a scenario went through."""

    steps: int  # of the longest uncut run
    cuts: int  # made: two for each step, if every step was cut
    runs: int  # with those without a cut
    seeds: int
    slowest: float  # virtual seconds that a block needed to end after its cut
    most_after: int  # steps that a block needed to end after its cut
    too_late: int  # cuts that nobody met with any more: the block ended, or what was left of it was shielded
    every: bool = True  # step was cut; else a sample

    def __str__(self) -> str:
        return (
            f"{self.steps} steps, {self.cuts} cuts{'' if self.every else ' (a sample)'} in {self.runs} runs"
            f" with {self.seeds} seed(s), slowest end {self.slowest:g} virtual s,"
            f" most steps after a cut {self.most_after}, {self.too_late} too late"
        )


def report_on(trials: Sequence[Trial], every: bool) -> Report:
    """Add up what was run."""
    made = [trial for trial in trials if trial.place]
    return Report(
        steps=max((trial.steps for trial in trials if not trial.spot.step), default=0),
        cuts=len(made),
        runs=len(trials),
        seeds=len({trial.seed for trial in trials}),
        slowest=max((trial.took for trial in made), default=0.0),
        most_after=max((trial.after for trial in made), default=0),
        too_late=len([trial for trial in made if not trial.came_out]),
        every=every,
    )


@attrs.define
class Tally:
    """The sum over several reports."""

    scenarios: int = 0
    steps: int = 0
    cuts: int = 0
    runs: int = 0
    most_seeds: int = 0
    samples: int = 0  # of the scenarios, that were not cut at every step

    def add(self, report: Report) -> Report:
        """Count it, and hand it back."""
        self.scenarios += 1
        self.steps += report.steps
        self.cuts += report.cuts
        self.runs += report.runs
        self.most_seeds = max(self.most_seeds, report.seeds)
        self.samples += not report.every
        return report

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Tally":
        """The sum of them."""
        tally = cls()
        for report in reports:
            tally.add(report)
        return tally

    def __str__(self) -> str:
        return (
            f"{self.scenarios} scenarios{f' ({self.samples} of them sampled)' if self.samples else ''},"
            f" {self.steps} steps, {self.cuts} cuts, {self.runs} runs, up to {self.most_seeds} seed(s)"
        )


def failure(trials: Sequence[Trial], wanted: int, given: str) -> CutFailure:
    """The error for what failed, of so many `wanted`: the first in full, the others by number.

    given: arguments that a repetition needs beside its seed and its cut.
    """
    first, *others = trials
    lines = [str(first), *(f"  -> {each}" for each in first.complaints), *_repetition(first, given)]
    if others:
        bound = f", of {wanted} looked for" if len(trials) == wanted else ""
        lines += [f"and {len(others)} more failing cut(s){bound}:", *_listed(others)]
    return CutFailure("\n".join(lines))


def _repetition(trial: Trial, given: str) -> list[str]:
    where = f"{trial.seed}:{str(trial.spot).replace(' ', ':')}"
    call = f'reproduce(scenario, seed={trial.seed}, cut="{trial.spot}"{given})'
    return [f"to repeat this run alone: {call}, or run the test with CUTS={where}"]


def _listed(trials: Sequence[Trial]) -> list[str]:
    lines = [f"  seed {each.seed}, {each.spot}: {each.complaints[0].splitlines()[0]}" for each in trials[:LISTED]]
    return lines + (["  ..."] if len(trials) > LISTED else [])
