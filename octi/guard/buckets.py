"""How often something may be: token buckets, one for each who is counted, in bounded memory. Pure.

Counted in whole numbers, so that nothing drifts: a token is as many grains as there are nanoseconds in a minute, and a
rate of so many a minute fills in so many grains each nanosecond.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

import attrs

SECOND = 10**9  # in nanoseconds
GRAINS = 60 * SECOND  # in a token
MOST = 50_000  # who is counted one by one: some 20 MB
SHARED = 256  # buckets for whoever comes beyond that
SWEPT = 4  # buckets that are looked at, whether they can be forgotten, for each new one


def nanoseconds(seconds: float) -> int:
    """A time as buckets want it."""
    return round(seconds * SECOND)


@attrs.frozen
class Rate:
    """So many a minute, and so many at once after a pause."""

    per_minute: int
    burst: int


class Level(NamedTuple):
    """How much a bucket lacked, and when."""

    lack: int  # grains
    at: int  # nanoseconds


FULL = Level(0, 0)


def lack_at(rate: Rate, level: Level, now: int) -> int:
    """How many grains a bucket lacks now."""
    return max(0, level.lack - max(0, now - level.at) * rate.per_minute)


def taken(rate: Rate, level: Level, count: int, now: int) -> Level:
    """A bucket with so many tokens less, whether it has them or not: then it lacks more than it holds."""
    return Level(lack_at(rate, level, now) + count * GRAINS, now)


def wait_for(rate: Rate, level: Level, count: int, now: int) -> int:
    """In how many nanoseconds a bucket has so many tokens; 0: it has them."""
    missing = lack_at(rate, level, now) + (count - rate.burst) * GRAINS
    return max(0, -(-missing // rate.per_minute))


@attrs.define(eq=False)
class Buckets:
    """A bucket for each who is counted, full at first. At most so many: only one that is full again is forgotten.

    So nobody gets a fresh one early, however many others he sends before himself. While all are in use, whoever is new
    shares one of a few with others.
    """

    most: int = MOST
    _known: OrderedDict[Hashable, tuple[Rate, Level]] = attrs.field(factory=OrderedDict)  # least recently used first
    _shared: dict[int, Level] = attrs.field(factory=dict)

    def __len__(self) -> int:
        return len(self._known) + len(self._shared)

    def wait_for(self, subject: Hashable, rate: Rate, now: int, count: int = 1) -> int:
        """In how many nanoseconds there are so many tokens; 0: they are there."""
        return wait_for(rate, self._level(subject, now), count, now)

    def take(self, subject: Hashable, rate: Rate, now: int, count: int = 1) -> None:
        """Take tokens, whether they are there or not."""
        level = taken(rate, self._level(subject, now), count, now)
        if self._has_own(subject):
            self._known[subject] = (rate, level)
            self._known.move_to_end(subject)
        else:
            self._shared[hash(subject) % SHARED] = level

    def _has_own(self, subject: Hashable) -> bool:
        return subject in self._known or len(self._known) < self.most

    def _level(self, subject: Hashable, now: int) -> Level:
        if subject not in self._known:
            self._sweep(now)
        if self._has_own(subject):
            return self._known[subject][1] if subject in self._known else FULL
        return self._shared.get(hash(subject) % SHARED, FULL)

    def _sweep(self, now: int) -> None:
        """Look at the few that were not used for longest: forget those that are full, and look at others next time."""
        for _ in range(min(SWEPT, len(self._known))):
            oldest = next(iter(self._known))
            if lack_at(*self._known[oldest], now):
                self._known.move_to_end(oldest)
            else:
                del self._known[oldest]
