"""octi/guard/buckets.py: never more than a burst and the rate, to the token; nobody is forgotten who owes something."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.guard.buckets import FULL, GRAINS, SECOND, SHARED, Buckets, Level, Rate, lack_at, nanoseconds, taken, wait_for

MINUTE = 60 * SECOND
rates = st.builds(Rate, st.integers(1, 10**9), st.integers(1, 10**9))
small_rates = st.builds(Rate, st.integers(1, 600), st.integers(1, 50))
steps = st.lists(st.tuples(st.integers(0, 10 * SECOND), st.integers(1, 5)), max_size=60)


def served(rate: Rate, asked: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Who asks for tokens (so long after the last one, so many) and takes them if they are there: when, how many."""
    level, now, given_out = FULL, 0, []
    for pause, count in asked:
        now += pause
        if not wait_for(rate, level, count, now):
            level = taken(rate, level, count, now)
            given_out.append((now, count))
    return given_out


@given(small_rates, steps)
def test_no_window_has_more_than_a_burst_and_the_rate(rate: Rate, asked: list[tuple[int, int]]) -> None:
    """However long it is and whenever it begins: in whole numbers, without any tolerance."""
    out = served(rate, asked)
    for first, (begin, _) in enumerate(out):
        total = 0
        for end, count in out[first:]:
            total += count
            assert total <= rate.burst + Fraction((end - begin) * rate.per_minute, MINUTE)


@given(small_rates, st.integers(1, 10**6))
def test_a_bucket_fills_at_its_rate_to_the_nanosecond(rate: Rate, count: int) -> None:
    """One nanosecond earlier the token is not there."""
    empty = taken(rate, FULL, rate.burst + count, 0)
    wait = wait_for(rate, empty, 1, 0)
    assert wait_for(rate, empty, 1, wait) == 0
    assert wait_for(rate, empty, 1, wait - 1) == 1
    assert wait == -(-(count + 1) * MINUTE // rate.per_minute)


@given(rates, st.integers(1, 10**6), st.lists(st.integers(0, 10**12), max_size=50))
def test_looking_often_changes_nothing(rate: Rate, count: int, pauses: list[int]) -> None:
    """A bucket that is looked at a thousand times is as full as one that was left alone: nothing is rounded away."""
    level, now = taken(rate, FULL, count, 0), 0
    alone = level
    for pause in pauses:
        now += pause
        level = taken(rate, level, 0, now)
    assert lack_at(rate, level, now) == lack_at(rate, alone, now)


def test_a_bucket_holds_no_more_than_its_burst() -> None:
    """However long nobody comes."""
    level = taken(Rate(60, 3), FULL, 1, 0)
    assert [wait_for(Rate(60, 3), level, count, 3600 * SECOND) for count in (3, 4)] == [0, SECOND]


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    """Time only fills."""
    level = Level(GRAINS, 10 * SECOND)
    assert lack_at(Rate(60, 1), level, 5 * SECOND) == GRAINS


def test_seconds_become_whole_nanoseconds() -> None:
    """As the clock gives them."""
    assert nanoseconds(1.5) == 1_500_000_000


def test_each_has_a_bucket_of_his_own() -> None:
    """Full at first."""
    buckets, rate = Buckets(), Rate(1, 1)
    buckets.take("one", rate, 0)
    assert buckets.wait_for("one", rate, 0) == MINUTE
    assert buckets.wait_for("other", rate, 0) == 0


def test_who_is_full_again_is_forgotten() -> None:
    """As others come: a quiet night ends with an empty table."""
    buckets, rate = Buckets(), Rate(60, 1)
    for number in range(1000):
        buckets.take(number, rate, 0)
    for number in range(1000, 1300):
        buckets.take(number, rate, 2 * SECOND)
    assert len(buckets) <= 300


def test_nobody_gets_a_fresh_bucket_by_sending_others_before_him() -> None:
    """An attacker with more addresses than are counted one by one: his first is refused as long as it was."""
    buckets, rate = Buckets(most=100), Rate(1, 1)
    buckets.take("his", rate, 0)
    for number in range(100_000):
        buckets.take(number, rate, number)
    assert len(buckets) <= 100 + SHARED
    assert buckets.wait_for("his", rate, 100_000) == MINUTE - 100_000


def test_while_all_are_in_use_who_is_new_shares() -> None:
    """With a few, not with everybody; and has a bucket of his own once others are full."""
    buckets, rate = Buckets(most=10), Rate(1, 1)
    for number in range(10):
        buckets.take(number, rate, 0)
    assert buckets.wait_for("new", rate, 0) == 0
    buckets.take("new", rate, 0)
    assert buckets.wait_for("new", rate, 0) == MINUTE
    assert sum(not buckets.wait_for(f"other {number}", rate, 0) for number in range(SHARED)) > SHARED // 2
    assert buckets.wait_for("new", rate, MINUTE) == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5 * SECOND)), max_size=300), st.integers(1, 20))
def test_a_bounded_table_never_gives_more_than_an_unbounded_one(asked: list[tuple[int, int]], most: int) -> None:
    """Whoever had a bucket of his own from the first is refused by both or by neither."""
    small, large, rate, now = Buckets(most=most), Buckets(most=1000), Rate(30, 2), 0
    for subject, pause in asked:
        now += pause
        lacks = large.wait_for(subject, rate, now)
        if subject in small._known:
            assert small.wait_for(subject, rate, now) == lacks
        small.take(subject, rate, now)
        large.take(subject, rate, now)
        assert len(small) <= most + SHARED


@pytest.mark.parametrize("count", [1, 5])
def test_debts_are_paid_before_anything_is_given(count: int) -> None:
    """What was taken beyond the burst counts."""
    level = taken(Rate(60, 2), FULL, 2 + count, 0)
    assert wait_for(Rate(60, 2), level, 0, 0) == count * SECOND
