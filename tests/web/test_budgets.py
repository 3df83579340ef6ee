"""octi/web/budgets: who has no budget left is not let in, over HTTP."""

import pytest

from octi.budgeting import Budgets
from octi.errors import OverBudget
from octi.services import Services
from octi.session.live import LiveSessions
from octi.store.memory import MemoryStore
from octi.web.budgets import COSTLY, within_budget
from octi.web.needs import NEEDS
from tests.contract.test_calls_and_usages import make_usage
from tests.contract.test_store import make_session
from tests.spending.payers import NOON, allowed, record_of, treasury_of
from tests.web.standins import SDP, StandIn


async def spent_node() -> StandIn:
    store = MemoryStore()
    await store.save([make_session(), make_usage(cost="2", counted_at=NOON)])
    treasury = treasury_of(allowed(day={"money": "1"}), store)
    return StandIn(store=store, now=lambda: NOON, budgets=Budgets(treasury=treasury))


def test_every_costly_route_is_one() -> None:
    """And each that has a session or a secret made is among them."""
    assert NEEDS.keys() >= COSTLY


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions", {}),
        ("/token", {}),
        ("/session", {}),
        ("/v1/realtime/client_secrets", {}),
        ("/api/client-secret", {}),
        ("/v1/realtime/calls", SDP),
    ],
)
async def test_nothing_is_made_for_whom_nothing_may_be_spent(path: str, body: object) -> None:
    """429, with the budget's name and the seconds to midnight; nobody was asked to make it."""
    node = await spent_node()
    sent = {"data": body} if isinstance(body, str) else {"json": body}
    answer = await node.client.post(path, **sent)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "43200")
    text = await answer.get_data(as_text=True)
    assert "insufficient_quota" in text or path in {"/token", "/session"}
    assert "day.money" in text
    assert not node.directory.asked


async def test_what_costs_nothing_goes_on() -> None:
    """Sessions are seen, and ended."""
    node = await spent_node()
    assert (await node.client.get("/sessions/s")).status_code == 200
    assert (await node.client.post("/session/close", json={"sessionId": "s"})).status_code == 200


async def test_a_session_that_is_not_let_in_leaves_its_slot() -> None:
    node = await spent_node()
    live: LiveSessions = node.live
    services: Services = node.services
    record = record_of("s")
    live.enter(record.id)
    with pytest.raises(OverBudget):
        await within_budget(services, record)
    assert len(live) == 0
