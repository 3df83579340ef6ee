"""Which request goes wrong, and how: a script's faults, used up in their order. Pure."""

import random
from collections.abc import Iterable
from fnmatch import fnmatchcase

import attrs

from octi.simulator.mischief import times_of
from octi.simulator.scenario import EventFault
from octi.simulator.script import Fault
from octi.simulator.tempo import seeded


@attrs.define
class _Left:
    fault: Fault
    times: int


@attrs.define
class _Expiry:
    fault: EventFault
    chance: random.Random
    left: int | None  # None: as often as chance has it

    def strikes(self) -> bool:
        if self.left == 0 or (self.fault.chance < 1 and self.chance.random() >= self.fault.chance):
            return False
        self.left = self.left and self.left - 1
        return True


class Faults:
    """The faults that are still to come."""

    def __init__(self, faults: Iterable[Fault], mischief: Iterable[EventFault] = (), seed: int = 0) -> None:
        self._left = [_Left(fault, fault.times) for fault in faults]
        expiries = [fault for fault in mischief if fault.kind == "expired_secret"]
        self._expiries = [
            _Expiry(fault, seeded(seed, f"expired secret {number}"), times_of(fault))
            for number, fault in enumerate(expiries)
        ]

    def secret_expires(self) -> bool:
        """Whether the next client secret is of no use from the beginning; such a fault is used up by it."""
        return any(expiry.strikes() for expiry in self._expiries)

    def next(self, target: str) -> Fault | None:
        """The fault for a request, which is used up by it. `target`: its path, with its query."""
        for left in self._left:
            if matches(left.fault.path, target):
                left.times -= 1
                if not left.times:
                    self._left.remove(left)
                return left.fault
        return None


def matches(pattern: str, target: str) -> bool:
    """Whether a path is meant by a pattern; a pattern with a `?` in it is about the query as well."""
    path, _, query = target.partition("?")
    wanted, asked, wanted_query = pattern.partition("?")
    return fnmatchcase(path, wanted) and (not asked or fnmatchcase(query, wanted_query))
