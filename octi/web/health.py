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
        status, code = ("error", 503) if services.vitals.problems() else ("ok", 200)
        return {"status": status, "timestamp": iso_time(services.now()), "service": "octi-realtime-backend"}, code

    @pages.get("/livez")
    async def alive() -> ResponseReturnValue:
        problems = services.vitals.problems()  # a drain is none: a supervisor must not kill it
        return ({"status": "error", "problems": problems}, 503) if problems else {"status": "ok"}

    @pages.get("/readyz")
    async def ready() -> ResponseReturnValue:
        problems = await problems_of(services)
        return ({"status": "not ready", "problems": problems}, 503) if problems else {"status": "ready"}

    return pages


async def problems_of(services: Services) -> list[str]:
    """Why new sessions should go elsewhere."""
    problems = services.vitals.problems()
    if services.live.draining.is_set():
        problems.append("octi is restarting")
    try:
        with trio.fail_after(READY_S):
            await services.store.ping()
    except (StoreFailed, trio.TooSlowError) as error:
        problems.append(str(error) or f"the store did not answer within {READY_S:g} s")
    if trouble := services.speech_trouble():
        problems.append(trouble)
    return problems
