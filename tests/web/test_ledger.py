"""`/sessions/{id}/calls` and `/sessions/{id}/usage`."""

import attrs
import pytest

from octi.records import SessionRecord
from octi.units import SessionId
from octi.web.app import create_app
from octi.web.shapes import call_shape, usage_shape
from tests.contract.test_calls_and_usages import make_call, make_usage
from tests.web.test_sockets import services_with

SESSION = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1.0)


async def test_calls_are_shown_in_order() -> None:
    """Those of the session, with their answers."""
    services = services_with()
    await services.store.save([SESSION, make_call(1), make_call(0, output="blue")])
    answer = await create_app(services).test_client().get("/sessions/s/calls")
    assert await answer.get_json() == {"calls": [call_shape(make_call(0, output="blue")), call_shape(make_call(1))]}


async def test_usage_is_the_sum_and_what_it_is_made_of() -> None:
    """The sum is the session's own: it counts what is kept no more, too."""
    services = services_with()
    record = make_usage(usage='{"total_tokens":3}', cost="0.25")
    await services.store.save([attrs.evolve(SESSION, usage='{"responses":1,"total_tokens":3}'), record])
    answer = await create_app(services).test_client().get("/sessions/s/usage")
    assert await answer.get_json() == {
        "total": {"responses": 1, "total_tokens": 3},
        "cost": "0.25",
        "currency": "USD",
        "records": [usage_shape(record)],
    }


@pytest.mark.parametrize("what", ["calls", "usage"])
async def test_a_session_that_nobody_knows_has_neither(what: str) -> None:
    answer = await create_app(services_with()).test_client().get(f"/sessions/x/{what}")
    assert (answer.status_code, await answer.get_json()) == (404, {"error": "Unknown sessionId"})
