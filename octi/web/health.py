"""Is octi alive, is it ready."""

import trio
from quart import Blueprint
from quart.typing import ResponseReturnValue

from octi.clock import iso_time
from octi.errors import StoreFailed
from octi.services import Services

READY_S = 2.0  # how long the store may take to answer


def health_pages(services: Services) -> Blueprint:
    """`/health` as the second origin's clients know it, `/livez`, `/readyz`."""
    pages = Blueprint("health", __name__)

    @pages.get("/health")
    async def health() -> ResponseReturnValue:
        return {"status": "ok", "timestamp": iso_time(services.now()), "service": "octi-realtime-backend"}

    @pages.get("/livez")
    async def alive() -> ResponseReturnValue:
        return {"status": "ok"}  # also while draining: a supervisor must not kill the drain

    @pages.get("/readyz")
    async def ready() -> ResponseReturnValue:
        problems = await problems_of(services)
        return ({"status": "not ready", "problems": problems}, 503) if problems else {"status": "ready"}

    return pages


async def problems_of(services: Services) -> list[str]:
    """Why new sessions should go elsewhere."""
    problems = ["octi is restarting"] if services.live.draining.is_set() else []
    try:
        with trio.fail_after(READY_S):
            await services.store.ping()
    except (StoreFailed, trio.TooSlowError) as error:
        problems.append(str(error) or f"the store did not answer within {READY_S:g} s")
    if trouble := services.speech_trouble():
        problems.append(trouble)
    return problems
