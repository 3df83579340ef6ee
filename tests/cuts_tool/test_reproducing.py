"""A failure says how to run it again, and that is one run which says the same."""

from pathlib import Path

import pytest
import trio

from tests.cuts import Cut, CutFailure, Place, Scenario, Spot, When, cut_everywhere, reproduce

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]


def counted(runs: list[str]) -> Scenario:
    """Fails when the third of three children is cut, whichever that is."""

    async def scenario(cut: Cut) -> None:
        runs.append(str(cut.spot))
        ended: list[int] = []

        async def child(number: int) -> None:
            await trio.lowlevel.checkpoint()
            ended.append(number)

        async with cut, trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(child, number)
        assert len(ended) != 2, f"only {ended} ended"

    return scenario


def test_one_run_repeats_a_failure_and_says_the_same() -> None:
    """By the seed and the cut that the failure names."""
    runs: list[str] = []
    with pytest.raises(CutFailure) as first:
        cut_everywhere(counted(runs), seeds=3)
    trial = str(first.value).splitlines()[0]
    seed, spot = int(trial.split()[1].strip(",")), f"{trial.split()[3]} {trial.split()[4]}"
    assert f'reproduce(scenario, seed={seed}, cut="{spot}")' in str(first.value)
    runs.clear()
    with pytest.raises(CutFailure) as again:
        reproduce(counted(runs), seed=seed, cut=spot)
    assert str(again.value) == str(first.value)
    assert runs == [spot]


def test_the_rules_belong_to_the_repetition() -> None:
    """Those that are not the usual ones are named, so that the line can be copied."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            with trio.CancelScope(shield=True):
                await trio.sleep(60)

    with pytest.raises(CutFailure, match=r'cut="1 parked", prompt=9.5, strays=False\), or'):
        cut_everywhere(scenario, prompt=9.5, strays=False, invariants=[])
    with pytest.raises(CutFailure, match="took 60 virtual s"):
        reproduce(scenario, seed=0, cut="1 parked", prompt=9.5, strays=False)


def test_what_holds_comes_back_with_what_happened() -> None:
    """Where it was cut, and how it ended."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)

    trial = reproduce(scenario, cut="2 resumed")
    assert trial.place == Place(scenario.__qualname__, trial.place.stack if trial.place else ())
    assert trial.came_out
    assert trial.complaints == ()
    assert reproduce(scenario, cut="uncut").place is None


def test_a_step_that_does_not_exist_is_an_error() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)

    with pytest.raises(CutFailure, match="seed 0 has no step to cut at 9 parked: the block made 2 steps"):
        reproduce(scenario, cut="9 parked")


@pytest.mark.parametrize("text", ["17", "17 sideways", "x parked", "17 parked 3", ""])
def test_a_cut_that_is_none_is_refused(text: str) -> None:
    """With an example of one that is."""
    with pytest.raises(ValueError, match="is no cut; write '17 parked', '17 resumed' or 'uncut'"):
        Spot.parse(text)


@pytest.mark.parametrize("spot", [Spot(17, When.PARKED), Spot(1, When.RESUMED), Spot(0)])
def test_a_cut_is_read_as_it_is_written(spot: Spot) -> None:
    """In a call and in the environment."""
    assert Spot.parse(str(spot)) == Spot.parse(str(spot).replace(" ", ":")) == spot


def test_the_environment_asks_for_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails as among all the others."""
    runs: list[str] = []
    with pytest.raises(CutFailure) as first:
        cut_everywhere(counted(runs))
    number = str(first.value).rpartition("CUTS=")[2]
    runs.clear()
    monkeypatch.setenv("CUTS", number)
    with pytest.raises(CutFailure) as again:
        cut_everywhere(counted(runs))
    assert str(again.value) == str(first.value)
    assert len(runs) == 1


@pytest.mark.parametrize("text", ["17:parked", "x:17:parked", "0:17", "0"])
def test_an_environment_that_names_no_cut_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTS", text)
    with pytest.raises(ValueError, match=r"CUTS='.*' is no cut; write seed:step:side, for example 3:17:parked"):
        cut_everywhere(counted([]))


@pytest.mark.slow
def test_a_test_of_which_one_run_was_made_is_skipped(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has not passed: most of it was left out. The reason says what was run, and that it holds."""
    pytester.makepyfile(
        test_it="""
        import trio
        from tests.cuts import cut_everywhere

        async def scenario(cut):
            async with cut:
                await trio.sleep(1)

        def test_it():
            assert cut_everywhere(scenario).steps == 2
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    monkeypatch.setenv("CUTS", "0:1:parked")
    result = pytester.runpytest_subprocess("-rs", "-p", "no:cacheprovider")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*CUTS asks for one run only, which holds: seed 0, step 1 parked of scenario*"])
