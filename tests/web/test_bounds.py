"""How far a client secret reaches."""

import pytest

from octi.directory.proving import Bounds
from octi.errors import BadMessage
from octi.web.bounds import SecretBounds, bounds_in
from tests.web.standins import StandIn


def test_what_is_not_said_binds_nothing() -> None:
    assert bounds_in(None) == bounds_in(SecretBounds()) == Bounds()


def test_an_origin_is_kept_as_browsers_write_it() -> None:
    wanted = SecretBounds(origin="HTTPS://App.Example:443", once=True)
    assert bounds_in(wanted) == Bounds(origin="https://app.example", once=True)


@pytest.mark.parametrize("origin", ["app.example", "https://app.example/", "*", "null"])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    """Rather than bind to nothing that any page has."""
    with pytest.raises(BadMessage, match="must be an origin"):
        bounds_in(SecretBounds(origin=origin))


@pytest.mark.parametrize(
    ("path", "field"),
    [("/sessions", "secret"), ("/session", "secret"), ("/token", "secret"), ("/v1/realtime/client_secrets", "octi")],
)
async def test_whoever_has_a_secret_made_may_bind_it(path: str, field: str) -> None:
    node = StandIn()
    bounds = {"origin": "https://app.example", "once": True}
    status, _, _ = await node.post(path, {field: bounds})
    assert status in {200, 201}
    assert node.directory.bounds == [Bounds(origin="https://app.example", once=True)]
    status, told, _ = await node.post(path, {field: {"origin": "nowhere"}})
    assert status == 400
    assert "origin" in str(told)
