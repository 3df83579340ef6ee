"""The rules in `errors`: octi's engine keeps to each, and who does not is found out."""

import pytest
from trio.testing import MockClock

from octi.conformance.rule import Dialogue, Outcome
from octi.conformance.rules import errors
from tests.conformance.memory import honest, lied


@pytest.mark.parametrize("rule", errors.RULES, ids=lambda rule: rule.name)
async def test_the_engine_keeps_to_it(rule: Dialogue, autojump_clock: MockClock) -> None:
    """Over the simulator's door."""
    result = await honest(rule)
    assert (result.outcome, result.why) == (Outcome.PASSED, "")


@pytest.mark.parametrize("rule", errors.RULES, ids=lambda rule: rule.name)
async def test_who_breaks_it_is_found_out(rule: Dialogue, autojump_clock: MockClock) -> None:
    """By one lie or another."""
    assert (await lied(rule))[-1] is Outcome.FAILED
