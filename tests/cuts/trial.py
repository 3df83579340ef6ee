"""One run of a scenario, and what is to be said against it."""

import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial

import attrs
import trio
from trio.testing import MockClock

from .block import Cut
from .insides import Ends, on_new_channel_end, seed_scheduler
from .leftovers import (
    Outside,
    collected_complaints,
    generators_recorded,
    opener,
    threads_in_flight,
    unclosed,
    unfinished,
)
from .place import Place, Spot, said_by
from .watchdog import Watchdog

Scenario = Callable[[Cut], Awaitable[None]]
Invariant = Callable[[Cut], None]  # raises if it does not hold after a run
TURNS_PER_STEP = 10  # of the scheduler, at most, for each step that the block may have


@attrs.frozen(kw_only=True)
class Rules:
    """What must hold for every run. See `cut_everywhere`."""

    prompt: float | None = 1.0
    limit: int = 5000
    strays: bool = True
    swallowing: bool = False
    channels: bool = True
    invariants: Iterable[Invariant] = ()


@attrs.frozen(kw_only=True)
class Trial:
    """One run that is over."""

    seed: int
    spot: Spot
    labels: tuple[str, ...] = attrs.field(repr=False)  # whose each step was
    place: Place | None  # None: nothing was cut
    came_out: bool  # Cancelled did
    took: float
    after: int
    complaints: tuple[str, ...]
    error: BaseException | None = attrs.field(default=None, eq=False)

    @property
    def steps(self) -> int:
        """How many steps the block made."""
        return len(self.labels)

    def __str__(self) -> str:
        return f"seed {self.seed}, {f'step {self.spot} of {self.place}' if self.place else self.spot}"


def attempt(scenario: Scenario, seed: int, spot: Spot, rules: Rules, uncut: Sequence[str] | None = None) -> Trial:
    """Run it once. `uncut`: whose the steps are without a cut, which must be so here as well, up to the cut.

    What may as well be another thread's is only told if it is there again when the run is repeated.
    """
    trial, outside, strangers = _attempt(scenario, seed, spot, rules, uncut)
    if outside and strangers:
        outside = outside if _attempt(scenario, seed, spot, rules, uncut)[1] else []
    return attrs.evolve(trial, complaints=(*trial.complaints, *outside))


def _attempt(
    scenario: Scenario, seed: int, spot: Spot, rules: Rules, uncut: Sequence[str] | None
) -> tuple[Trial, list[str], bool]:
    """One run; apart from it what is to be said of the process, and whether there was somebody else in it."""
    cut, dog, left = Cut(spot.step, spot.when), Watchdog(rules.limit * TURNS_PER_STEP), list[str]()
    before = Outside.now()
    with collected_complaints() as outside:
        error = _error_of(partial(_run, partial(_watched, scenario, cut, dog, rules, left), dog, seed))
        error = error or _error_of(*(partial(invariant, cut) for invariant in rules.invariants))
        cut.forget()
    if uncut is not None or spot.step:  # the first run of all may open what stays open, and be it a log
        outside += before.growth()
    said = [*_deviations(cut, uncut), *([dog.verdict] if dog.verdict else []), *([said_by(error)] if error else [])]
    trial = Trial(
        seed=seed,
        spot=spot,
        labels=tuple(cut.labels),
        place=cut.place,
        came_out=cut.caught,
        took=cut.took,
        after=cut.after,
        complaints=(*said, *left, *_broken(rules, cut)),
        error=error,
    )
    return trial, outside, bool(before.strangers)


def _error_of(*calls: Callable[[], None]) -> BaseException | None:
    """What the first of them raises that does; a KeyboardInterrupt is meant for all of us."""
    try:
        for call in calls:
            call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: ASYNC103  # out here nobody is cancelled, and it is told
        return error  # noqa: ASYNC104  # as above
    return None


def _run(main: Callable[[], Awaitable[None]], dog: Watchdog, seed: int) -> None:
    """As `trio.run`, on virtual time, in the order that the seed gives."""
    state = random.getstate()
    seed_scheduler(seed)
    random.seed(seed)
    try:
        trio.run(main, clock=MockClock(autojump_threshold=0), instruments=[dog])
    finally:
        random.setstate(state)


async def _watched(scenario: Scenario, cut: Cut, dog: Watchdog, rules: Rules, left: list[str]) -> None:
    """The scenario, with an eye on what only the inside of a run can see."""
    trio.lowlevel.current_task().name = getattr(scenario, "__qualname__", type(scenario).__qualname__)
    ends: list[tuple[Ends, str]] = []

    def opened(end: Ends) -> None:
        if rules.channels and cut.running:
            ends.append((end, opener()))

    with on_new_channel_end(opened), generators_recorded() as generators:
        await dog.guard(partial(scenario, cut))
        left += [*unfinished(generators), *threads_in_flight()]
    left += unclosed(ends)


def _deviations(cut: Cut, uncut: Sequence[str] | None) -> Iterator[str]:
    """Where the run went another way than without a cut, though it was not cut yet."""
    if uncut is None:
        return
    until = cut.n if cut.was_cut else max(len(uncut), len(cut.labels))
    for step in range(until):
        here, there = (each[step] if step < len(each) else "the end of the block" for each in (cut.labels, uncut))
        if here != there:
            yield f"the scenario is not deterministic at step {step + 1}: {here} vs. {there}"
            return


def _broken(rules: Rules, cut: Cut) -> Iterator[str]:
    """The rules that the block itself broke."""
    if not cut.entered:
        yield "the scenario never entered its cut"
    if cut.steps > rules.limit:
        yield f"more than {rules.limit} steps"
    if rules.prompt is not None and cut.took > rules.prompt:
        yield f"took {cut.took:g} virtual s to end"
    if cut.swallowed and not rules.swallowing:
        yield f"Cancelled was raised and swallowed in {cut.raised}"
    if not rules.strays:
        yield from (f"outlived the block that started it: {stray}" for stray in cut.strays)
