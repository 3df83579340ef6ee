"""Logging the same trouble seldom."""

from octi.observe.seldom import Seldom


def test_the_first_is_let_through_and_the_next_are_counted() -> None:
    """Until the interval is over; then the count is told with the next."""
    seldom = Seldom(10)
    assert [seldom.due(now) for now in (0.0, 1.0, 9.9, 10.0, 11.0, 25.0)] == [0, None, None, 2, None, 1]
