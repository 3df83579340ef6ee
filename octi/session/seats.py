"""What a session needs of whoever counts: a place among those of its user and its tenant, and how long it may last."""

from typing import Protocol

from octi.records import SessionRecord


class Seat(Protocol):
    """A session's place among those that are counted with it."""

    def take(self) -> None:
        """Raises RateLimited where there is none: then it is not taken."""

    def leave(self) -> None:
        """Somebody else may have it. For a seat that was taken it is called once."""


class AnySeat:
    """Where nobody counts."""

    def take(self) -> None:
        """There is always one."""

    def leave(self) -> None:
        """Nobody waits for it."""


ANY_SEAT = AnySeat()


class CallLimits(Protocol):
    """The limits of sessions that come by no socket."""

    def seat(self, record: SessionRecord) -> Seat:
        """A session's place, not taken yet."""

    def longest_s(self, record: SessionRecord, most: float) -> float:
        """How long it may last; most: by the settings."""

    def idle_s(self, record: SessionRecord, otherwise: float) -> float:
        """How long its user may say nothing; otherwise: where no rule says it."""


class NoCallLimits:
    """Where nobody counts."""

    def seat(self, record: SessionRecord) -> Seat:
        """Any."""
        return ANY_SEAT

    def longest_s(self, record: SessionRecord, most: float) -> float:
        """As the settings say."""
        return most

    def idle_s(self, record: SessionRecord, otherwise: float) -> float:
        """As the settings say."""
        return otherwise


def any_seat(record: SessionRecord) -> Seat:
    """The place of any session where nobody counts."""
    return ANY_SEAT
