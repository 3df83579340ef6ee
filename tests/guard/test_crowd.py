"""octi/guard/crowd.py: how many there are at once."""

import attrs
import pytest

from octi.errors import RateLimited
from octi.guard.crowd import AGAIN_S, Claim, Crowd

ANN, BOB = Claim("per_user.sessions", "ann", 1), Claim("per_user.sessions", "bob", 2)
HOME = Claim("per_address.sessions", "203.0.113.7", 2)


def test_one_too_many_is_told_which_limit_it_is() -> None:
    """With its figure, and when to try again."""
    crowd = Crowd()
    crowd.enter([ANN])
    with pytest.raises(RateLimited) as refused:
        crowd.enter([ANN])
    assert attrs.astuple(refused.value) == ("per_user.sessions", "1 at once", AGAIN_S)


def test_who_leaves_makes_room() -> None:
    crowd = Crowd()
    crowd.enter([ANN])
    crowd.leave([ANN])
    crowd.enter([ANN])


def test_who_is_refused_by_one_limit_counts_for_none() -> None:
    """Else whoever knocks for long would fill up the others."""
    crowd = Crowd()
    crowd.enter([HOME, ANN])
    for _ in range(5):
        with pytest.raises(RateLimited, match="per_user"):
            crowd.enter([HOME, ANN])
    crowd.enter([HOME, BOB])


def test_without_a_figure_there_may_be_any_number() -> None:
    crowd = Crowd()
    for _ in range(1000):
        crowd.enter([Claim("per_node.sessions", "", 0)])


def test_of_whom_nobody_is_here_nothing_is_kept() -> None:
    """Nor of those who were only refused."""
    crowd = Crowd()
    crowd.enter([ANN, HOME])
    with pytest.raises(RateLimited):
        crowd.enter([BOB, ANN])
    crowd.leave([ANN, HOME])
    assert len(crowd) == 0


def test_whoever_has_most_is_told_by_limit() -> None:
    """Not who it is."""
    crowd = Crowd()
    crowd.enter([HOME, ANN])
    crowd.enter([HOME, BOB])
    assert crowd.busiest() == {"per_address.sessions": 2, "per_user.sessions": 1}
