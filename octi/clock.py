"""The wall clock as a value. Waiting uses `trio.current_time`; dates and expiries use a `Now` that is passed in."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], float]  # seconds since 1970, UTC


def wall_clock() -> float:
    """The time of day: seconds since 1970, UTC."""
    return time.time()


def iso_time(now: float) -> str:
    """A time of day in ISO 8601 with milliseconds and a `Z`, as JavaScript's `toISOString` writes it."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
