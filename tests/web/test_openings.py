"""Opening a session: all of it, or nothing."""

import pytest
from structlog.testing import capture_logs

from octi.directory.wishes import Wish
from octi.errors import StoreFailed, UpstreamLost
from octi.services import Services
from octi.web.openings import end_quietly, open_session
from tests.web.standins import StandIn


async def test_a_session_is_made_with_its_secret_and_its_call() -> None:
    """In this order."""
    node = StandIn()
    services: Services = node.services
    opened = await open_session(services.directory, Wish(), direct=True, call_id="rtc_1")
    assert (opened.record.id, opened.minted.value) == ("s-1", "ek_1")
    assert [name for name, *_ in node.directory.asked] == ["make", "mint", "attach_call", "find"]
    assert node.directory.calls_of("attach_call") == [("s-1", "rtc_1", False)]


@pytest.mark.parametrize("step", ["mint", "attach_call"])
async def test_a_session_that_could_not_be_opened_whole_is_closed(step: str) -> None:
    """Nobody knows of it."""
    node = StandIn().failing(**{step: UpstreamLost("p", "no route")})
    with pytest.raises(UpstreamLost):
        await open_session(node.services.directory, Wish(), direct=True, call_id="rtc_1")
    assert node.directory.calls_of("close") == [("s-1",)]


async def test_a_session_that_could_not_be_closed_is_logged() -> None:
    """And nobody else's affair."""
    with capture_logs() as logs:
        await end_quietly(StandIn().failing(close=StoreFailed("away")).services.directory, "s")
    assert [entry["session"] for entry in logs] == ["s"]
