"""Which request goes wrong, and how: a script's faults, used up in their order. Pure."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

import attrs

from octi.simulator.script import Fault


@attrs.define
class _Left:
    fault: Fault
    times: int


class Faults:
    """The faults that are still to come."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._left = [_Left(fault, fault.times) for fault in faults]

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
