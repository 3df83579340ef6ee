"""Times of day, as a value and as text."""

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.clock import iso_time, wall_clock


def test_the_wall_clock_tells_the_time_of_day() -> None:
    assert abs(wall_clock() - time.time()) < 5


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_790_000_000.5, "2026-09-21T14:13:20.500Z"),
        (1_790_000_000.0009, "2026-09-21T14:13:20.000Z"),
        (951_782_400.123, "2000-02-29T00:00:00.123Z"),
    ],
)
def test_a_time_is_said_as_javascript_says_it(now: float, said: str) -> None:
    """UTC, three digits of a second, a Z."""
    assert iso_time(now) == said


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_can_be_read_again(now_ms: int) -> None:
    """To the millisecond."""
    assert round(datetime.fromisoformat(iso_time(now_ms / 1000)).timestamp() * 1000) == now_ms
