"""Exhaustive cancellation for Trio: run a scenario once for every step that it takes, and cancel it at that step.

    async def scenario(cut: Cut) -> None:
        provider = FakeProvider()
        async with cut:  # like a CancelScope, cancelled from outside at its n-th step
            await relay(provider)
        assert provider.closed  # must hold whatever n was

    report = cut_everywhere(scenario)

A *step* is one run of a task (the block's own, or one below it) from a wake-up to its next yield, as
`trio.abc.Instrument` sees them. Every step is cut in two ways:

    PARKED   behind the step: the task sleeps in its checkpoint, which raises Cancelled
    RESUMED  before the step: what it waited for HAS happened, the next checkpoint raises Cancelled

docs/cuts.md says how to write a scenario, what is found, and what is not. Needs Python, Trio and attrs, nothing else.
"""

from .block import Cut
from .everywhere import cut_everywhere, reproduce
from .insides import TrioChangedError
from .place import Place, Spot, When
from .report import CutFailure, Report, Tally
from .trial import Scenario, Trial

__all__ = [
    "Cut",
    "CutFailure",
    "Place",
    "Report",
    "Scenario",
    "Spot",
    "Tally",
    "Trial",
    "TrioChangedError",
    "When",
    "cut_everywhere",
    "reproduce",
]
