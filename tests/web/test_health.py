"""Whether octi is alive, and whether it is ready."""

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.errors import StoreFailed
from octi.services import Services
from octi.store.memory import MemoryStore
from octi.web.app import create_app
from octi.web.health import problems_of
from tests.web.standins import StandIn

NOON = 1_790_000_000.125  # 2026-09-21T14:13:20.125Z


def services_over(store: MemoryStore, speech_trouble: str | None = None) -> Services:
    """A node's parts, at a fixed time of day."""
    return StandIn(store=store, now=lambda: NOON, speech_trouble=lambda: speech_trouble).services


@attrs.define(eq=False)
class StoreAway(MemoryStore):
    """A store whose database does not answer."""

    async def ping(self) -> None:
        await trio.lowlevel.checkpoint()
        raise StoreFailed("the disk is full")


@attrs.define(eq=False)
class StoreHanging(MemoryStore):
    """A store whose database takes its time."""

    async def ping(self) -> None:
        await trio.sleep_forever()


async def test_health_is_as_the_second_origin_had_it() -> None:
    """Three keys, the time in ISO 8601 with a Z."""
    answer = await create_app(services_over(MemoryStore())).test_client().get("/health")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert await answer.get_json() == {
        "status": "ok",
        "timestamp": "2026-09-21T14:13:20.125Z",
        "service": "octi-realtime-backend",
    }
    assert list(await answer.get_json()) == ["status", "timestamp", "service"]


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
async def test_a_node_that_is_well_says_so(path: str) -> None:
    """With 200."""
    answer = await create_app(services_over(MemoryStore())).test_client().get(path)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
async def test_a_node_whose_essential_part_died_says_so_everywhere(path: str) -> None:
    """It answers still, but is of no use: the part is named, and nothing of what its error says."""

    async def crash() -> None:
        raise ZeroDivisionError("a secret")

    services = services_over(MemoryStore())
    await services.vitals.guard("the writer", crash)
    answer = await create_app(services).test_client().get(path)
    assert answer.status_code == 503
    told = await answer.get_json()
    assert told["status"] != "ok"
    assert "secret" not in str(told)
    if path != "/health":
        assert told["problems"][0].startswith("the writer died (ZeroDivisionError)")


async def test_a_draining_node_is_alive_and_not_ready() -> None:
    """A balancer sends new sessions elsewhere; a supervisor does not kill the drain."""
    services = services_over(MemoryStore())
    services.live.draining.set()
    client = create_app(services).test_client()
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert await ready.get_json() == {"status": "not ready", "problems": ["octi is restarting"]}
    for path in ("/livez", "/health"):
        assert (await client.get(path)).status_code == 200


async def test_a_node_whose_store_is_away_is_not_ready() -> None:
    """With the store's words."""
    ready = await create_app(services_over(StoreAway())).test_client().get("/readyz")
    assert ready.status_code == 503
    assert (await ready.get_json())["problems"] == ["the store failed: the disk is full"]


async def test_a_store_that_does_not_answer_is_given_two_seconds(autojump_clock: MockClock) -> None:
    """A probe that hangs helps nobody."""
    assert await problems_of(services_over(StoreHanging())) == ["the store did not answer within 2 s"]
    assert trio.current_time() == 2


async def test_every_problem_is_told(autojump_clock: MockClock) -> None:
    """Not just the first."""
    services = services_over(StoreAway(), "no speech worker is ready")
    services.live.draining.set()
    assert await problems_of(services) == [
        "octi is restarting",
        "the store failed: the disk is full",
        "no speech worker is ready",
    ]
