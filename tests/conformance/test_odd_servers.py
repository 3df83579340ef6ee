"""Whatever a server says, the check comes to its end, and nothing but the rules is said to have failed."""

from copy import deepcopy
from typing import Any

import msgspec
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from trio.testing import MockClock

from octi.conformance.checking import check
from octi.conformance.report import Report, as_json, lines
from octi.conformance.rule import Rule
from octi.conformance.rules import RULES, order, shapes
from tests.conformance.memory import SAID, Event, server

JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-9, 9) | some.just(1.5) | some.text(max_size=4),
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
KINDS = sorted(shapes.FIELDS)
# Which events are told otherwise, what in them (the place in the order of all places), and what stands there.
LIES = some.tuples(some.sampled_from(KINDS), some.integers(0, 60), JSON)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something is, in an event."""
    inner = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in inner for found in [(*path, key), *places(value[key], (*path, key))]]


def told(event: Event, kind: str, number: int, value: Any) -> Event:
    """An event as a liar tells it."""
    if event["type"] != kind:
        return event
    event = deepcopy(event)
    *way, last = places(event)[number % len(places(event))]
    place: Any = event
    for key in way:
        place = place[key]
    place[last] = value
    return event


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LIES, some.sampled_from(SAID))
def test_one_odd_field_ends_no_check(lie: tuple[str, int, Any], tried: Rule) -> None:
    """Every rule has its end, and the report can be written."""
    rules = [tried, *shapes.RULES, *order.RULES]

    async def scenario() -> None:
        async with server(lambda event: told(event, *lie)) as found:
            results = await check(found, rules, lambda result: None)
        assert [result.rule for result in results] == rules
        assert msgspec.json.decode(as_json(Report("u", "m", results)))["rules"]
        assert all(line.isprintable() for result in results for line in lines(result))

    trio.run(scenario, clock=MockClock(autojump_threshold=0))


@pytest.mark.slow
@pytest.mark.parametrize("value", [None, [], {}, "", 0], ids=repr)
def test_a_server_whose_every_field_is_odd_is_checked_to_the_end(value: Any) -> None:
    """By all the rules."""

    async def scenario() -> None:
        async with server(lambda event: dict.fromkeys(event, value) | {"type": event["type"]}) as found:
            results = await check(found, [rule for rule in RULES if "append" not in rule.name], lambda result: None)
        assert len(results) > 100

    trio.run(scenario, clock=MockClock(autojump_threshold=0))
