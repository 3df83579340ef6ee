"""Every step is cut, on both sides, and what holds passes."""

import random
from collections.abc import Awaitable, Callable

import attrs
import pytest
import trio

from tests.cuts import Cut, CutFailure, Report, Scenario, Tally, When, cut_everywhere


@attrs.define
class Slot:
    """Something to take and to give back."""

    taken: int = 0

    async def take(self) -> None:
        await trio.lowlevel.checkpoint()
        self.taken += 1
        await trio.sleep(0.1)

    async def give(self) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(0.01)
        self.taken -= 1


async def careful(slot: Slot) -> None:
    try:
        await slot.take()
        await trio.sleep(1)
    finally:
        if slot.taken:
            await slot.give()  # noqa: ASYNC102  # it shields itself


async def careless(slot: Slot) -> None:
    await slot.take()  # cancelled in there, nobody gives it back
    try:
        await trio.sleep(1)
    finally:
        await slot.give()  # noqa: ASYNC102  # it shields itself


def with_slot(user: Callable[[Slot], Awaitable[None]]) -> Scenario:
    async def scenario(cut: Cut) -> None:
        slot = Slot()
        async with cut:
            await user(slot)
        assert slot.taken == 0, "slot leaked"

    return scenario


async def walk(cut: Cut) -> None:
    """Twelve steps."""
    async with cut:
        for _ in range(11):
            await trio.lowlevel.checkpoint()


def walks(notes: list[tuple[int, When]]) -> Scenario:
    """Twelve steps, and a note of each cut that was made."""

    async def scenario(cut: Cut) -> None:
        await walk(cut)
        if cut.was_cut:
            notes.append((cut.n, cut.when))

    return scenario


def test_what_holds_everywhere_passes() -> None:
    """Five steps around four waits, each cut behind and before; behind the last there is nothing to cut."""
    report = cut_everywhere(with_slot(careful))
    assert report.steps == 5
    assert report.cuts == 4 + 5
    assert report.runs == 2 + 5 * 2  # two without a cut
    assert report.slowest == pytest.approx(0.01)


def test_a_window_of_one_step_is_found() -> None:
    """The careless user is right but for a cut between taking and `try`, and the failure says where."""
    with pytest.raises(CutFailure, match=r"test_everywhere.py:\d+ Slot.take(.|\n)*slot leaked"):
        cut_everywhere(with_slot(careless))


def test_the_earliest_step_is_told() -> None:
    """Whichever side it fails on."""

    async def scenario(cut: Cut) -> None:
        await walk(cut)
        assert cut.spot.step < 7 or cut.when is When.PARKED

    with pytest.raises(CutFailure, match=r"^seed 0, step 7 resumed of "):
        cut_everywhere(scenario, seeds=2)


def test_other_failures_are_counted_if_wanted() -> None:
    """Up to a bound, and listed by number; the earliest is told in full."""

    async def scenario(cut: Cut) -> None:
        await walk(cut)
        assert cut.n < 7, "too far"

    with pytest.raises(CutFailure) as caught:
        cut_everywhere(scenario, failures=4)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("seed 0, step 7 parked of ")
    assert lines[-4:] == [
        "and 3 more failing cut(s), of 4 looked for:",
        "  seed 0, 7 resumed: AssertionError: too far",
        "  seed 0, 8 parked: AssertionError: too far",
        "  seed 0, 8 resumed: AssertionError: too far",
    ]


def test_the_step_that_enters_is_cut_too() -> None:
    """Cancelled before the first wait, nothing has happened; cancelled in it, its start has."""
    seen: list[tuple[When, bool]] = []

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
        if cut.n == 1:
            seen.append((cut.when, cut.caught))

    cut_everywhere(scenario)
    assert seen == [(When.PARKED, True), (When.RESUMED, True)]


def test_children_are_cut_and_older_nurseries_are_not() -> None:
    """A peer outside the block is neither counted nor cancelled, even when it was started from inside."""

    async def scenario(cut: Cut) -> None:
        heard: list[str] = []

        async def peer() -> None:
            await trio.sleep(0.5)
            heard.append("peer")

        async def child() -> None:
            await trio.sleep(0.5)
            heard.append("child")

        async with trio.open_nursery() as outer, cut, trio.open_nursery() as inner:
            outer.start_soon(peer)
            inner.start_soon(child)
        assert "peer" in heard
        assert ("child" in heard) is not cut.caught or not cut.was_cut

    report = cut_everywhere(scenario, seeds=3)
    assert report.steps == 4  # this task enters, the child begins, the child ends, this task leaves


@pytest.mark.slow
def test_seeds_are_other_orders() -> None:
    """Of four tasks that could run at once; each order is cut everywhere."""
    orders = set()

    async def scenario(cut: Cut) -> None:
        order: list[int] = []

        async def child(number: int) -> None:
            order.append(number)

        async with cut, trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(child, number)
        if not cut.n:
            orders.add(tuple(order))

    report = cut_everywhere(scenario, seeds=8)
    assert len(orders) > 4
    assert report.seeds == 8


def test_runs_repeat_each_other() -> None:
    """The same seeds give the same report; the schedule is not left to chance."""

    def report() -> Report:
        async def scenario(cut: Cut) -> None:
            async with cut, trio.open_nursery() as nursery:
                for _ in range(4):
                    nursery.start_soon(trio.lowlevel.checkpoint)

        return cut_everywhere(scenario, seeds=2, whens=[When.PARKED])

    assert report() == report()


def test_every_nth_step_can_be_cut() -> None:
    """On both sides, and the report says that it was no more than that."""
    notes: list[tuple[int, When]] = []
    report = cut_everywhere(walks(notes), every=5)
    assert [step for step, _ in notes] == [1, 1, 6, 6, 11, 11]
    assert "12 steps, 6 cuts (a sample)" in str(report)


def test_a_sample_of_steps_is_always_the_same() -> None:
    """Another seed samples others; more than there are is all of them."""
    first: list[tuple[int, When]] = []
    again: list[tuple[int, When]] = []
    seeds: list[tuple[int, When]] = []
    cut_everywhere(walks(first), most=4)
    cut_everywhere(walks(again), most=4)
    cut_everywhere(walks(seeds), most=4, seeds=2)
    assert len({step for step, _ in first}) == 4
    assert first == again == seeds[: len(first)]
    assert first != seeds[len(first) :]
    assert cut_everywhere(walk, most=12).cuts == cut_everywhere(walk).cuts == 11 + 12


def test_a_sample_needs_a_number() -> None:
    """Nothing cut would prove nothing."""
    for sample in ({"every": 0}, {"most": 0}, {"seeds": 0}, {"failures": 0}, {"jobs": 0}):
        with pytest.raises(ValueError, match=f"'{next(iter(sample))}' must be >= 1"):
            cut_everywhere(walk, **sample)  # type: ignore[arg-type]  # one of them at a time
    with pytest.raises(ValueError, match="'whens'"):
        cut_everywhere(walk, whens=[])


@pytest.mark.slow
def test_several_processes_find_the_same() -> None:
    """The same report, and the same earliest failure."""

    async def scenario(cut: Cut) -> None:
        await walk(cut)
        assert cut.n < 7, "too far"

    assert cut_everywhere(walk, jobs=2, seeds=2) == cut_everywhere(walk, seeds=2)
    said = []
    for jobs in (1, 2):
        with pytest.raises(CutFailure) as caught:
            cut_everywhere(scenario, jobs=jobs)
        said.append(str(caught.value))
    assert "step 7 parked" in said[0]
    assert said[0] == said[1]


def test_reports_add_up() -> None:
    """For one line about many scenarios."""
    tally = Tally()
    tally.add(cut_everywhere(walk))
    tally.add(cut_everywhere(walk, seeds=2, most=3))
    assert str(tally).startswith("2 scenarios (1 of them sampled), 24 steps, ")
    assert str(tally).endswith(" runs, up to 2 seed(s)")


def test_random_numbers_are_the_same_in_every_run_and_nobody_elses() -> None:
    """`random` is seeded for a run, and afterwards goes on as if there had been none."""
    numbers = []

    async def scenario(cut: Cut) -> None:
        numbers.append(random.random())
        await walk(cut)

    random.seed(1)
    expected = random.random()
    random.seed(1)
    cut_everywhere(scenario)
    assert len(set(numbers)) == 1
    assert random.random() == expected
