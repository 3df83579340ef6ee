"""Which legs wait for the next sessions, and which of them a session is given. Pure; `warm_pool` does it."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol, TypeVar

import attrs

# A provider ends a session when it is 60 minutes old (Azure: 30), and a leg's session began when it was opened. What a
# leg has waited its session has less: five minutes at most. Waiting costs nothing but the connection: nobody bills it.
MOST_AGE_S = 300.0
REMEMBERED = 16  # sessions by which it is told what the next one will want


class Ready(Protocol):
    """A leg that waits."""

    @property
    def update(self) -> bytes | None:
        """What it was configured with; None: nothing yet."""

    @property
    def born(self) -> float:
        """When it was opened, by Trio's clock."""


R = TypeVar("R", bound=Ready)


def best_of(waiting: Sequence[R], update: bytes | None) -> R | None:
    """The leg for a session that asks for `update` first; None for a session of which that is not known.

    What a leg was configured with stays in force, and an update says only what is to be otherwise. So a leg that was
    configured is only for a session that asks for the very same; any other gets one that was told nothing yet. Of
    several the youngest: its session can last longest.
    """
    fitting = [leg for leg in waiting if leg.update is None or leg.update == update]
    return max(fitting, key=lambda leg: (leg.update is not None, leg.born), default=None)


def surplus(waiting: Sequence[R], configured: int) -> list[R]:
    """The oldest of those that are configured, beyond so many."""
    told = sorted((leg for leg in waiting if leg.update is not None), key=lambda leg: leg.born)
    return told[: max(0, len(told) - configured)]


@attrs.define(eq=False)
class Demand:
    """What the last sessions asked for: what the settings say (as is taken for granted at first), or something else."""

    _usual: deque[bool] = attrs.field(factory=lambda: deque([True] * REMEMBERED, maxlen=REMEMBERED))

    def note(self, *, usual: bool) -> None:
        """One more session."""
        self._usual.append(usual)

    def configured(self, size: int) -> int:
        """How many of so many legs should be configured as the settings say."""
        return round(size * sum(self._usual) / len(self._usual))
