"""Work that goes on when its caller leaves, and that is done once for everybody who asks for it meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs
import structlog
import trio

from octi.errors import OctiError, Stopping
from octi.observe.plain import fault
from octi.units import SessionId

log = structlog.get_logger("octi.steering")

T = TypeVar("T")
Work = Callable[[], Awaitable[T]]


@attrs.define(eq=False)
class Flight(Generic[T]):
    """One piece of work, and what came of it."""

    _landed: trio.Event = attrs.field(factory=trio.Event, init=False)
    _outcome: T | Exception = attrs.field(factory=Stopping, init=False)  # until there is another
    _waiting: int = attrs.field(default=0, init=False)

    async def fly(self, work: Work[T]) -> None:
        """Do the work; of its errors only a cancellation comes out here, and then the work's callers get Stopping."""
        try:
            self._outcome = await work()
        except Exception as error:  # its callers' to handle: here it would end everybody else's work
            self._outcome = error
            if not self._waiting:
                _log_unheard(error)
        finally:
            self._landed.set()

    async def over(self) -> None:
        """Return when the work is done, or was given up."""
        await self._landed.wait()

    async def landed(self) -> T:
        """What the work brings. Raises what the work raised, and Stopping if it was cancelled."""
        self._waiting += 1
        try:
            await self._landed.wait()
        finally:
            self._waiting -= 1
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def _log_unheard(error: Exception) -> None:
    trace = None if isinstance(error, OctiError) else error
    log.warning("work failed, and its caller has left", **fault(error), exc_info=trace)


@attrs.define(eq=False)
class Flights(Generic[T]):
    """At most one piece of work for each session. It runs in the nursery, and ends with it at the latest."""

    _nursery: trio.Nursery
    _flying: dict[SessionId, Flight[T]] = attrs.field(factory=dict, init=False)

    def __len__(self) -> int:
        return len(self._flying)

    def __contains__(self, session: object) -> bool:
        return session in self._flying

    async def landed(self, session: SessionId) -> None:
        """Return when none of the session's work is under way, whatever came of it."""
        while flight := self._flying.get(session):
            await flight.over()

    def joined(self, session: SessionId, work: Work[T]) -> Flight[T]:
        """The session's work that is under way, or else this one, begun. Does not wait."""
        flight = self._flying.get(session)
        if flight is None:
            flight = Flight()
            self._nursery.start_soon(self._fly, session, flight, work, name=f"{session} extraction")
            self._flying[session] = flight
        return flight

    async def _fly(self, session: SessionId, flight: Flight[T], work: Work[T]) -> None:
        try:
            await flight.fly(work)
        finally:
            del self._flying[session]


async def carried_on(nursery: trio.Nursery, work: Work[T], name: str) -> T:
    """What the work brings. It runs in the nursery: a caller who is cancelled does not leave it half done.

    Raises what the work raised, and Stopping if the nursery was cancelled.
    """
    flight: Flight[T] = Flight()
    nursery.start_soon(flight.fly, work, name=name)
    return await flight.landed()
