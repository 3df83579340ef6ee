"""How each error is answered, by one table: HTTP status, machine-readable code, WebSocket close code."""

from collections.abc import Mapping
from typing import NamedTuple

from octi.errors import (
    BadConfig,
    BadIntent,
    BadMessage,
    BadModel,
    BadSecret,
    BetaGone,
    Blocked,
    CallOver,
    ClientStalled,
    Dismissed,
    EngineFailed,
    EngineMissing,
    ExtractionFailed,
    Forbidden,
    Full,
    IllegalMove,
    InProgress,
    LoginLost,
    NothingSaid,
    OctiError,
    OverBudget,
    RateLimited,
    SessionClosed,
    SessionTaken,
    Stopping,
    StoreFailed,
    TooLong,
    UnknownCall,
    UnknownSession,
    Unserved,
    UpstreamBusy,
    UpstreamExpired,
    UpstreamLost,
    UpstreamNonsense,
    UpstreamRefused,
)


class Reply(NamedTuple):
    """How an error is answered: HTTP status, machine-readable code, WebSocket close code."""

    status: int
    code: str
    close: int


# Close codes: RFC 6455 7.4 and the registry behind it; 1012 and 1013 invite a client to come back. 1014 (bad gateway)
# would say more, but widespread clients take it for a protocol error. From 3000 on: the provider's own (protocol 4.3).
REPLIES: Mapping[type[OctiError], Reply] = {
    BadMessage: Reply(400, "invalid_request", 1007),
    BadModel: Reply(400, "invalid_model", 4000),
    BadIntent: Reply(400, "invalid_value", 4000),
    UnknownCall: Reply(404, "call_id_not_found", 4000),
    BetaGone: Reply(400, "beta_api_shape_disabled", 4000),
    BadSecret: Reply(401, "invalid_api_key", 3000),
    Forbidden: Reply(403, "forbidden", 1008),
    Blocked: Reply(403, "content_blocked", 1008),
    RateLimited: Reply(429, "rate_limit_exceeded", 1013),
    OverBudget: Reply(429, "insufficient_quota", 1008),  # clients that know the provider's do not come back
    UnknownSession: Reply(404, "unknown_session", 1008),
    SessionTaken: Reply(409, "session_taken", 1013),
    SessionClosed: Reply(410, "session_closed", 1008),
    NothingSaid: Reply(400, "no_transcript", 1008),
    InProgress: Reply(429, "in_progress", 1013),
    ClientStalled: Reply(408, "client_stalled", 1008),
    UpstreamRefused: Reply(502, "upstream_refused", 1011),
    UpstreamBusy: Reply(429, "rate_limited", 1013),
    UpstreamLost: Reply(502, "upstream_lost", 1013),
    UpstreamExpired: Reply(410, "session_expired", 1001),
    CallOver: Reply(410, "call_over", 1000),
    UpstreamNonsense: Reply(502, "upstream_nonsense", 1011),
    ExtractionFailed: Reply(502, "extraction_failed", 1011),
    BadConfig: Reply(500, "bad_config", 1011),
    EngineMissing: Reply(503, "engine_missing", 1011),
    EngineFailed: Reply(503, "engine_failed", 1011),
    Unserved: Reply(501, "not_served", 1008),
    LoginLost: Reply(503, "login_unavailable", 1013),
    StoreFailed: Reply(503, "store_failed", 1011),
    Stopping: Reply(503, "restarting", 1012),
    Full: Reply(503, "full", 1013),
    TooLong: Reply(410, "session_expired", 1001),
    Dismissed: Reply(410, "dismissed", 1000),  # clients come back after the other codes
    IllegalMove: Reply(500, "internal_error", 1011),
}
INTERNAL_ERROR = Reply(500, "internal_error", 1011)


def reply_to(error: BaseException) -> Reply:
    """The table's row for an error; what octi did not raise on purpose is its own fault."""
    return REPLIES.get(type(error), INTERNAL_ERROR)  # type: ignore[arg-type]  # any type may be asked for
