"""What a session's ledger holds besides its turns: calls of functions, and what the provider counted."""

from quart import Blueprint
from quart.typing import ResponseReturnValue

from octi.services import Services
from octi.web.callers import current_caller
from octi.web.queries import known_session
from octi.web.shapes import call_shape, cost_shape, session_shape, usage_shape


def ledger_pages(services: Services) -> Blueprint:
    """`/sessions/{id}/calls` and `/sessions/{id}/usage`."""
    pages = Blueprint("ledger", __name__)

    @pages.get("/sessions/<session_id>/calls")
    async def calls(session_id: str) -> ResponseReturnValue:
        session = await known_session(services.store, session_id, current_caller())
        return {"calls": [call_shape(call) for call in await services.store.function_calls(session.id)]}

    @pages.get("/sessions/<session_id>/usage")
    async def usage(session_id: str) -> ResponseReturnValue:
        session = await known_session(services.store, session_id, current_caller())
        records = await services.store.usages(session.id)
        total = {"total": session_shape(session)["usage"], **cost_shape(records, services.budgets.currency)}
        return {**total, "records": [usage_shape(record) for record in records]}

    return pages
