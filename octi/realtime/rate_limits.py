"""What a provider's rate-limit message says, in seconds."""

import re

LONGEST_WAIT_S = 60.0  # that a rate limit may hold up a conversation
USUAL_WAIT_S = 5.0  # when the provider names no time
SPENT = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})  # no wait helps
_AGAIN = re.compile(
    r"(?:again|retry|retrying|wait|available|resets?)(?:[\s:-]|in\b|after\b|for\b|at\b|least\b|about\b|request\b|your\b)*(?=\d)",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(?:(?:(ms|millis|milliseconds?)|(h|hours?)|(m|mins?|minutes?)|(?:s|secs?|seconds?))(?![a-z]))?[\s,]*",
    re.IGNORECASE,
)


def is_rate_limit(code: str | None, message: str) -> bool:
    """Is this error the provider's way to say "not so fast"?"""
    return code not in SPENT and ("rate_limit" in (code or "") or "rate limit" in message.lower())


def named_wait_s(message: str) -> float:
    """After how many seconds a message says to try again (`20s`, `120ms`, `6m0s`, `2 minutes`); at most a minute."""
    found = _AGAIN.search(message)
    if not found:
        return USUAL_WAIT_S
    seconds, place = 0.0, found.end()
    while part := _PART.match(message, place):
        seconds, place = seconds + float(part[1]) * _unit_s(part), part.end()
    return min(seconds, LONGEST_WAIT_S)


def _unit_s(part: re.Match[str]) -> float:
    """Seconds, unless a part names another unit."""
    return 0.001 if part[2] else 3600.0 if part[3] else 60.0 if part[4] else 1.0
