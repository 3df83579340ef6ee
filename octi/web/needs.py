"""What whoever asks must be allowed, by route: the one place where that is said. A route that is not here is nobody's.

What stands here is asked where octi asks at all who comes; where it does not, only `here` and `within` count.
"""

from collections.abc import Mapping

import attrs

from octi.guard.caller import Scope


@attrs.frozen(kw_only=True)
class Need:
    """What one route wants of its callers. Without a scope it is for everybody."""

    scope: Scope | None = None
    secret: bool = False  # or a client secret, at which the route itself looks
    here: bool = False  # where nobody is asked: for whoever asks from this machine, for himself
    within: bool = False  # the same, but where octi listens on this machine alone whoever reaches it may


EVERYBODY = Need()
MINT = Need(scope=Scope.MINT)
CALL = Need(scope=Scope.MINT, secret=True)
SESSIONS = Need(scope=Scope.SESSIONS)
CENSUS = Need(scope=Scope.OPERATE, here=True)
METRICS = Need(scope=Scope.OPERATE, within=True)

NEEDS: Mapping[tuple[str, str], Need] = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/static/<path:name>"): EVERYBODY,
    ("GET", "/openapi.json"): EVERYBODY,
    ("GET", "/health"): EVERYBODY,
    ("GET", "/livez"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/metrics"): METRICS,
    ("GET", "/debug/census"): CENSUS,
    ("GET", "/console"): EVERYBODY,  # the page holds nothing; what it shows it has to ask for
    ("GET", "/console/events"): CENSUS,
    ("GET", "/console/sessions"): CENSUS,
    ("GET", "/sessions"): SESSIONS,
    ("POST", "/sessions"): MINT,
    ("GET", "/sessions/<session_id>"): SESSIONS,
    ("DELETE", "/sessions/<session_id>"): SESSIONS,
    ("DELETE", "/sessions/<session_id>/secrets"): SESSIONS,
    ("GET", "/sessions/<session_id>/transcript"): SESSIONS,
    ("GET", "/sessions/<session_id>/audio"): SESSIONS,
    ("GET", "/sessions/<session_id>/events"): SESSIONS,
    ("GET", "/sessions/<session_id>/calls"): SESSIONS,
    ("GET", "/sessions/<session_id>/usage"): SESSIONS,
    ("GET", "/sessions/<session_id>/history"): SESSIONS,
    ("POST", "/sessions/<session_id>/instructions"): SESSIONS,
    ("POST", "/sessions/<session_id>/extract"): SESSIONS,
    ("POST", "/sessions/<session_id>/heartbeat"): MINT,  # its client's, who had it made
    ("DELETE", "/secrets/<digest>"): MINT,
    ("POST", "/v1/realtime/client_secrets"): MINT,
    ("POST", "/v1/realtime/calls"): CALL,
    ("POST", "/v1/realtime/calls/<call_id>/hangup"): MINT,
    ("POST", "/v1/realtime/calls/<call_id>/accept"): MINT,
    ("POST", "/v1/realtime/calls/<call_id>/reject"): MINT,
    ("POST", "/v1/realtime/calls/<call_id>/refer"): MINT,
    ("POST", "/token"): MINT,
    ("POST", "/session"): MINT,
    ("POST", "/session/call"): MINT,
    ("POST", "/session/renew"): MINT,
    ("POST", "/session/close"): MINT,
    ("POST", "/extract-profile"): MINT,
    ("GET", "/api/session"): MINT,
    ("POST", "/api/client-secret"): MINT,
}


def need_of(method: str, rule: str) -> Need | None:
    """What a route wants; None: nobody said, so it is closed."""
    return NEEDS.get(("GET" if method == "HEAD" else method, rule))
