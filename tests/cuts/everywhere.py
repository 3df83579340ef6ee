"""Every step, both sides, every seed; or one of them alone."""

import os
import random
import unittest
from collections.abc import Iterable, Iterator, Sequence

import attrs
from attrs.validators import ge, min_len, optional

from .insides import deterministic
from .leftovers import garbage_by_hand
from .place import UNCUT, Spot, When
from .report import CutFailure, Report, failure, report_on
from .trial import Invariant, Rules, Scenario, Trial, attempt
from .workers import can_fork, shared_out

VARIABLE = "CUTS"  # seed:step:side, e.g. 3:17:parked


def cut_everywhere(
    scenario: Scenario,
    *,
    seeds: int = 1,
    prompt: float | None = 1.0,
    limit: int = 5000,
    whens: Iterable[When] = tuple(When),
    every: int = 1,
    most: int | None = None,
    failures: int = 1,
    jobs: int = 1,
    strays: bool = True,
    swallowing: bool = False,
    channels: bool = True,
    invariants: Iterable[Invariant] = (),
) -> Report:
    """Run `scenario` uncut, and then once for every seed, step and side.

    seeds: how many orders of the scheduler to try; each costs a whole round.
    prompt: virtual seconds within which the block must end after its cut; None: any time at all.
    limit: the most steps that the block may have.
    whens: the sides of a step to cut.
    every, most: cut every n-th step only; a sample of so many steps, always the same.
    failures: go on until so many cuts have failed, and list them.
    jobs: processes that share the runs; what a scenario leaves in its variables is then lost.
    strays: tasks that the block starts in an older nursery may outlive it.
    swallowing: the block may end as if nothing had happened although Cancelled was raised in it.
    channels: ends of memory channels that the block opens must be closed.
    invariants: called after each run; they raise if something does not hold.

    Raises CutFailure for the earliest step of the first seed that failed. See docs/cuts.md for all that is found.
    """
    rules = Rules(
        prompt=prompt,
        limit=limit,
        strays=strays,
        swallowing=swallowing,
        channels=channels,
        invariants=tuple(invariants),
    )
    search = Search(scenario, rules, tuple(whens), every, most, failures, jobs)
    with deterministic(), garbage_by_hand():
        if VARIABLE in os.environ:
            search.repeat(*wanted(os.environ[VARIABLE]))
        return search.everywhere(seeds)


def reproduce(scenario: Scenario, *, seed: int = 0, cut: str, **rules: object) -> Trial:
    """One run: `cut` is "17 parked", "17 resumed" or "uncut"; `rules` are those of `cut_everywhere`. Raises as it."""
    search = Search(scenario, Rules(**rules))  # type: ignore[arg-type]  # as they were given to cut_everywhere
    with deterministic(), garbage_by_hand():
        return search.alone(seed, Spot.parse(cut))


def wanted(text: str) -> tuple[int, Spot]:
    """A seed and a spot, as the environment names them."""
    seed, _, spot = text.partition(":")
    try:
        return int(seed), Spot.parse(spot)
    except ValueError as error:
        raise ValueError(f"{VARIABLE}={text!r} is no cut; write seed:step:side, for example 3:17:parked") from error


@attrs.frozen
class Search:
    """What to run, and what must hold."""

    scenario: Scenario
    rules: Rules
    whens: tuple[When, ...] = attrs.field(default=tuple(When), validator=min_len(1))
    every: int = attrs.field(default=1, validator=ge(1))
    most: int | None = attrs.field(default=None, validator=optional(ge(1)))
    failures: int = attrs.field(default=1, validator=ge(1))
    jobs: int = attrs.field(default=1, validator=ge(1))

    def everywhere(self, seeds: int) -> Report:
        """All rounds; stops with the first that fails."""
        if seeds < 1:
            raise ValueError("'seeds' must be >= 1")
        trials: list[Trial] = []
        for seed in range(seeds):
            trials += self._round(seed)
        sampled = self.every > 1 or self.most is not None
        return report_on(trials, every=not sampled)

    def _round(self, seed: int) -> list[Trial]:
        """Without a cut, the same again, and then with each cut."""
        uncut = self._judged([attempt(self.scenario, seed, UNCUT, self.rules)])
        labels = uncut[0].labels
        uncut += self._judged([attempt(self.scenario, seed, UNCUT, self.rules, labels)])
        spots = [Spot(step, when) for step in self._steps(len(labels), seed) for when in self.whens]
        return uncut + self._judged(self._cut(seed, spots, labels))

    def _steps(self, count: int, seed: int) -> Sequence[int]:
        steps = range(1, count + 1, self.every)
        if self.most is None or self.most >= len(steps):
            return steps
        return sorted(random.Random(seed).sample(steps, self.most))

    def _cut(self, seed: int, spots: Sequence[Spot], uncut: Sequence[str]) -> list[Trial]:
        """Make these cuts, until too many have failed; in the order of their steps."""

        def work(numbers: Sequence[int]) -> list[Trial]:
            return list(self._until_enough(attempt(self.scenario, seed, spots[n], self.rules, uncut) for n in numbers))

        if self.jobs == 1 or not can_fork():
            return work(range(len(spots)))

        def plain(numbers: Sequence[int]) -> list[Trial]:
            return [attrs.evolve(trial, error=None, labels=()) for trial in work(numbers)]

        trials = shared_out(plain, len(spots), self.jobs)
        order = {spot: number for number, spot in enumerate(spots)}
        return sorted(trials, key=lambda trial: order[trial.spot])

    def _until_enough(self, trials: Iterable[Trial]) -> Iterator[Trial]:
        failed = 0
        for trial in trials:
            yield trial
            failed += bool(trial.complaints)
            if failed >= self.failures:
                return

    def _judged(self, trials: list[Trial]) -> list[Trial]:
        """The same, if nothing is to be said against them."""
        failed = [trial for trial in trials if trial.complaints][: self.failures]
        if failed:
            raise failure(failed, self.failures, self._given()) from failed[0].error
        return trials

    def _given(self) -> str:
        """The rules that are not the usual ones, as arguments."""
        fields = attrs.fields(Rules)
        said = [(each.name, getattr(self.rules, each.name)) for each in fields if each.name != "invariants"]
        usual = Rules()
        changed = [f", {name}={value!r}" for name, value in said if value != getattr(usual, name)]
        return "".join(changed) + (", invariants=..." if self.rules.invariants else "")

    # One run

    def alone(self, seed: int, spot: Spot) -> Trial:
        """One run."""
        (trial,) = self._judged([attempt(self.scenario, seed, spot, self.rules)])
        if spot.step and not trial.place:
            raise CutFailure(f"seed {seed} has no step to cut at {spot}: the block made {trial.steps} steps")
        return trial

    def repeat(self, seed: int, spot: Spot) -> None:
        """One run, in a test that wants all of them: it fails as it would, or else it is skipped and not passed."""
        trial = self.alone(seed, spot)
        raise unittest.SkipTest(f"{VARIABLE} asks for one run only, which holds: {trial}")
