"""The table of routes: every route of octi's stands in it, with its methods, and no other."""

import re

import msgspec
import pytest

from octi.web.app import create_app
from octi.web.bodies import Named
from octi.web.openapi_routes import ROUTES
from octi.web.openapi_shapes import OfCall, OfSession
from octi.web.openapi_terms import Route
from tests.web.standins import StandIn

ANYWHERE = {"HEAD", "OPTIONS"}  # by themselves
NAMES = [route.name for route in ROUTES]


def test_every_route_of_octis_is_declared_and_no_other() -> None:
    """By path and method, as the application routes them."""
    rules = create_app(StandIn().services).url_map.iter_rules()
    served = {(str(rule), method) for rule in rules for method in (rule.methods or set()) - ANYWHERE}
    assert {(route.path, route.method) for route in ROUTES} == served


def test_routes_have_names_of_their_own() -> None:
    """Programs call them by these."""
    assert len(set(NAMES)) == len(NAMES)
    assert all(re.fullmatch("[a-z_]+", name) for name in NAMES)


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_route_says_what_it_does_and_answers(route: Route) -> None:
    """One success at least; and whoever makes something new may be sent away while octi drains."""
    assert route.says
    assert any(status < 300 for status in route.answers)
    assert all(answer.meaning for answer in route.answers.values())


async def test_the_answers_of_a_drain_are_declared() -> None:
    """Where a route refuses then."""
    node = StandIn()
    node.live.draining.set()
    for route in ROUTES:
        if route.method == "POST" and "<" not in route.path:
            answer = await node.client.post(route.path, json={"sessionId": "s", "callId": "c"})
            declared = set(route.answers) | {404, 501}
            assert answer.status_code in declared, route.path


def test_what_is_asked_leniently_is_declared_as_it_is_meant() -> None:
    """The same names: `sessionId`, `callId`, `clientSecret`."""
    told = {field.encode_name for shape in (OfSession, OfCall) for field in msgspec.structs.fields(shape)}
    assert told == {field.encode_name for field in msgspec.structs.fields(Named)}
