"""Traces under cancellation at every step: no span stays open, and none is outside of what it is a part of."""

from collections.abc import Iterator, Mapping

import attrs
import pytest

from octi.observe.base import Observer
from tests.cuts import Cut, cut_everywhere
from tests.observe.spans import Spans
from tests.proofs.invariants import BROKEN, Finding
from tests.proofs.matrix.storing import WallClock
from tests.proofs.scenes import SCENES
from tests.proofs.world import World

pytestmark = pytest.mark.slow

STEPS = 20  # of each scene, before and behind
TRACED: Mapping[str, tuple[str, ...]] = {  # what there is in the trace of a scene that is not cut
    "octi, octi's function": ("turn", "execute_tool extract_profile", "extraction"),
    "realtime, barge-in": ("speech", "wait"),
}


@pytest.mark.parametrize("name", TRACED)
def test_whatever_is_cut_every_span_is_over_and_within_its_parent(name: str) -> None:
    """And tracing changes nothing of what must hold of the scene."""
    seen: list[Spans] = []

    def observe() -> Observer:
        seen.append(Spans(WallClock()))
        return Observer(tracer=seen[-1].tracer)

    def look(world: World) -> Iterator[Finding]:
        if seen[-1].open_now:
            yield Finding(BROKEN, f"{seen[-1].open_now} spans are open")
        for stray in seen[-1].strays():
            yield Finding(BROKEN, stray)

    scene = attrs.evolve(SCENES[name], observe=observe, look=look)

    async def scenario(cut: Cut) -> None:
        await scene.run(cut, lambda after, found: None)
        names = {span.name for span in seen[-1].all}
        assert cut.n or names >= {"GET /ws/realtime" if name.startswith("octi") else "GET /v1/realtime", *TRACED[name]}

    report = cut_everywhere(scenario, most=STEPS, prompt=scene.ends_within_s)
    assert report.steps > STEPS
