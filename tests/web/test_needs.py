"""What whoever asks must be allowed, by route."""

import pytest

from octi.guard.caller import Scope
from octi.web.app import create_app
from octi.web.needs import EVERYBODY, NEEDS, Need, need_of
from tests.web.standins import StandIn

ANYWHERE = {"HEAD", "OPTIONS"}  # by themselves
OPEN = {"/", "/static/<path:name>", "/console", "/openapi.json", "/health", "/livez", "/readyz"}


def test_every_route_of_octis_is_in_the_table_and_no_other() -> None:
    """So a new one is open to nobody until somebody has thought of who may ask."""
    rules = create_app(StandIn().services).url_map.iter_rules()
    assert {(method, str(rule)) for rule in rules for method in (rule.methods or set()) - ANYWHERE} == NEEDS.keys()


def test_only_what_tells_nothing_of_anybody_is_for_everybody() -> None:
    assert {path for (_, path), need in NEEDS.items() if need == EVERYBODY} == OPEN
    assert all(need.scope for need in NEEDS.values() if need != EVERYBODY)


def test_what_makes_sessions_needs_to_mint_and_what_shows_them_needs_more() -> None:
    """Whose audience is another: an app's users, a support desk, whoever looks after octi."""
    told = {path for (_, path), need in NEEDS.items() if need.scope is Scope.SESSIONS}
    assert all(path.startswith("/sessions") for path in told)
    operators = {path for (_, path), need in NEEDS.items() if need.scope is Scope.OPERATE}
    assert operators == {"/metrics", "/debug/census", "/console/events", "/console/sessions"}


@pytest.mark.parametrize(
    ("method", "rule"), [("GET", "/nowhere"), ("PUT", "/sessions"), ("", ""), ("POST", "/metrics")]
)
def test_what_is_not_in_the_table_is_nobodys(method: str, rule: str) -> None:
    assert need_of(method, rule) is None


def test_whoever_may_get_may_ask_for_the_head() -> None:
    assert need_of("HEAD", "/sessions") == need_of("GET", "/sessions") == Need(scope=Scope.SESSIONS)
