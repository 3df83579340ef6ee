"""Who has no budget left is not let in: at the routes that make something which costs, and at the sockets."""

from quart import Quart, request

from octi.records import SessionRecord
from octi.services import Services
from octi.web.callers import current_caller

# What has a session or a secret made, or a model asked.
COSTLY = frozenset(
    {
        ("POST", "/sessions"),
        ("POST", "/sessions/<session_id>/extract"),
        ("POST", "/v1/realtime/client_secrets"),
        ("POST", "/v1/realtime/calls"),
        ("POST", "/v1/realtime/calls/<call_id>/accept"),
        ("POST", "/token"),
        ("POST", "/session"),
        ("POST", "/session/call"),
        ("POST", "/session/renew"),
        ("POST", "/extract-profile"),
        ("GET", "/api/session"),
        ("POST", "/api/client-secret"),
    }
)


def ask_budgets(app: Quart, services: Services) -> None:
    """Have requests refused that nobody can pay, before their routes are called. To be registered behind `ask_callers`.

    Whoever comes with a client secret is nobody yet; his session is asked about: see `within_budget`.
    """

    @app.before_request
    async def ask() -> None:
        rule = request.url_rule.rule if request.url_rule else ""
        if (request.method, rule) in COSTLY:
            await services.budgets.check(current_caller())


async def within_budget(services: Services, record: SessionRecord) -> SessionRecord:
    """A session whose slot was taken; it is left again where there is no budget for it. Raises as `check_session`."""
    try:
        await services.budgets.check_session(record)
    except BaseException:  # cancelled as well: nobody else would leave
        services.live.leave(record.id)
        raise
    return record
