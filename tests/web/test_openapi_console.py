"""The console's routes in the table: real answers are what it says of them."""

import msgspec

from octi.records import SessionState
from octi.web.console import LARGEST_PAGE, LONGEST_SEARCH, MOST_READERS
from octi.web.openapi_console import CONSOLE, FoundSessions
from tests.web.standins import StandIn, session
from tests.web.test_console import PEER

BY_NAME = {route.name: route for route in CONSOLE}
HERE = {"Host": "127.0.0.1"}


async def test_sessions_that_are_found_have_the_declared_shape() -> None:
    """Field by field: nothing is missing, and nothing more is told."""
    node = StandIn()
    await node.store.save([session("s", user="ana"), session("t", state=SessionState.LIVE)])
    answer = await node.client.get("/console/sessions?limit=1", headers=HERE, scope_base=PEER)
    told = await answer.get_json()
    assert msgspec.to_builtins(msgspec.convert(told, FoundSessions)) == told
    assert BY_NAME["console_sessions"].answers[200].shape is FoundSessions


async def test_pages_and_streams_are_of_the_declared_kind() -> None:
    for name, path in {"console": "/console", "console_events": "/console/events"}.items():
        answer = await node_head(path)
        assert answer.partition(";")[0] in BY_NAME[name].answers[200].other


async def node_head(path: str) -> str:
    """The content type of what is there."""
    answer = await StandIn().client.head(path, headers=HERE, scope_base=PEER)
    assert answer.status_code == 200
    return str(answer.headers["Content-Type"])


def test_the_limits_are_declared_as_they_are() -> None:
    """In words, or as a schema."""
    queries = {query.name: query for query in BY_NAME["console_sessions"].query}
    assert queries["limit"].schema["maximum"] == LARGEST_PAGE
    assert str(LONGEST_SEARCH) in queries["search"].meaning
    assert MOST_READERS > 1
    assert 429 in BY_NAME["console_events"].answers
