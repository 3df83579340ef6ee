"""Openings that failed: as a cassette notes them, as the errors that they were, and as a server answers them. Pure."""

import re

from octi.cassette.format import Failure
from octi.errors import CallOver, ProviderFault, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.simulator.script import LONGEST_S, Fault

SOCKETS = "/v1/realtime"
HTTP = re.compile(r"HTTP (\d{3}), (.*)", re.DOTALL)  # how `upstream.dial` words a server's fault
ANSWERS = range(200, 600)  # statuses that a server can answer with
TIMEOUT_MS = 5000.0  # what took so long was not answered at all
STATUSES = {"refused": 403, "busy": 429, "nonsense": 400, "over": 404}  # where none was noted; lost: no answer
SHORTEST_MS = 100.0  # whose length anybody would notice


def failure_of(fault: ProviderFault, took_ms: float) -> Failure:
    """What is noted of an opening's error."""
    took_ms = round(took_ms, 3)
    match fault:
        case UpstreamRefused(why=why, status=status, code=code):
            return Failure("refused", why, took_ms, status, code)
        case UpstreamBusy(why=why, wait_s=wait_s):
            return Failure("busy", why, took_ms, 429, wait_s=wait_s)
        case CallOver():
            return Failure("over", str(fault), took_ms)
        case UpstreamNonsense(seen=seen):
            return Failure("nonsense", seen, took_ms)
        case UpstreamLost(why=why):
            found = HTTP.match(why)
            return Failure("lost", why, took_ms, int(found[1]) if found else None)
        case _:
            return Failure("lost", str(fault), took_ms)


def fault_of(failure: Failure, provider: str) -> ProviderFault:
    """The error that it was."""
    match failure.kind:
        case "refused":
            return UpstreamRefused(provider, failure.why, failure.status, failure.code)
        case "busy":
            return UpstreamBusy(provider, failure.why, failure.wait_s)
        case "nonsense":
            return UpstreamNonsense(provider, failure.why)
        case "over":
            return CallOver(provider)
        case _:
            return UpstreamLost(provider, failure.why)


def as_request_fault(failure: Failure, times: int = 1) -> Fault:
    """What a server does so that a client fails in the same way: another try is worth as much as it was then."""
    stall_s = _stall_s(failure)
    status = failure.status if failure.status in ANSWERS else STATUSES.get(failure.kind)
    if status is None:
        return Fault(path=SOCKETS, times=times, drop=True, stall_s=stall_s)
    found = HTTP.match(failure.why)
    error = {"message": found[2] if found else failure.why, "type": _type_of(status)}
    body = {"error": {**error, "code": failure.code} if failure.code else error}
    headers = {"Retry-After": f"{failure.wait_s:.0f}"} if failure.wait_s >= 1 else {}
    return Fault(path=SOCKETS, times=times, status=status, headers=headers, body=body, stall_s=stall_s)


def _type_of(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"


def _stall_s(failure: Failure) -> float:
    """Whoever gave up waiting is to give up by itself again."""
    if failure.took_ms < SHORTEST_MS:
        return 0.0
    waits = failure.kind == "lost" and failure.status is None and failure.took_ms >= TIMEOUT_MS
    return min(round(failure.took_ms * (2 if waits else 1) / 1000, 1), LONGEST_S)


def told(failure: Failure) -> str:
    """For people."""
    status = f"HTTP {failure.status}: " if failure.status and not HTTP.match(failure.why) else ""
    return f"{failure.kind} after {failure.took_ms / 1000:.1f} s: {status}{failure.why}"
