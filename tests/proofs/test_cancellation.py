"""Everything that goes on in octi, cancelled at every step of it: nothing leaks, nothing said is lost, all are told."""

from collections.abc import Mapping, Sequence
from multiprocessing import Array
from typing import Any

import attrs
import pytest

from tests.cuts import Cut, CutFailure, cut_everywhere
from tests.proofs.invariants import KINDS, Aftermath, Finding
from tests.proofs.scenes import SCENES
from tests.proofs.tally import Proofs

pytestmark = pytest.mark.slow

SESSIONS, TURNS = "sessions kept", "turns kept"
OTHERS = "other defects"  # that the cuts find by themselves: tasks, threads, files, channels, swallowed cancellation
SEEDS, QUICK_STEPS = 1, 25  # each way that frames move; quick: of each scene


@attrs.define(eq=False)
class Counts:
    """What the runs of one scene saw, over all the processes that make them."""

    names: Sequence[str] = (SESSIONS, TURNS, *KINDS, OTHERS)
    _numbers: Sequence[int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._numbers = Array("Q", len(self.names))  # type: ignore[assignment]  # it is one, in shared memory

    def note(self, after: Aftermath, found: Sequence[Finding]) -> None:
        """One run."""
        self.add(SESSIONS, len(after.kept))
        self.add(TURNS, sum(len(kept.turns) for kept in after.kept))
        for finding in found:
            self.add(finding.kind, 1)

    def add(self, name: str, count: int) -> None:
        """So many more."""
        numbers: Any = self._numbers
        with numbers.get_lock():
            numbers[self.names.index(name)] += count

    def of(self, *names: str) -> Mapping[str, int]:
        """Those so far."""
        return {name: self._numbers[self.names.index(name)] for name in names}


@pytest.mark.parametrize("polled", [False, True], ids=["waited for", "polled"])
@pytest.mark.parametrize("name", SCENES)
def test_octi_cut_anywhere_leaks_nothing_loses_nothing_and_tells_everybody(
    name: str, polled: bool, proofs: Proofs, whole: bool, jobs: int
) -> None:
    """Before and behind each step, whichever way frames move; the quick part is a sample of the steps."""
    scene, counts, done = SCENES[name], Counts(), {"scenes": 1}

    async def scenario(cut: Cut) -> None:
        await scene.run(cut, counts.note, polled=polled)

    try:
        report = cut_everywhere(
            scenario,
            seeds=SEEDS,
            most=None if whole else QUICK_STEPS,
            prompt=scene.ends_within_s,
            jobs=jobs,
        )
        done |= {"steps": report.steps, "cuts": report.cuts, "runs": report.runs}
        assert report.steps > 50
    except CutFailure:
        counts.add(OTHERS, not any(counts.of(*KINDS).values()))
        raise
    finally:
        proofs.add(
            f"cancellation, {'polled' if polled else 'waited for'}",
            {**done, **counts.of(SESSIONS, TURNS)},
            counts.of(*KINDS, OTHERS),
        )
