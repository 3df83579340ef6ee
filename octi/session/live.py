"""Who is live on this node."""

from collections.abc import Mapping
from enum import StrEnum
from math import inf
from typing import Protocol

import attrs
import trio

from octi.errors import Full
from octi.session.feed import Feed
from octi.session.seats import ANY_SEAT, Seat
from octi.session.summary import Summary
from octi.units import SessionId


class Order(StrEnum):
    """Who ended a session from outside, or why that was done."""

    OPERATOR = "operator"
    CLIENT = "client"  # over HTTP
    REPLACED = "replaced"  # its next call is there
    MOVED = "moved"  # another session listens to its call


class Control(Protocol):
    """What may be done to a session from outside while it runs."""

    def steer(self, instructions: str) -> None:
        """Tell its agent otherwise."""

    async def wait_stored(self) -> None:
        """Return when all its turns so far are durable, with their words: those may come a moment after the turn."""

    def depths(self) -> Mapping[str, int]:
        """How much waits in it, by queue, and how much it lost; what counts bytes says so in its name."""

    def summary(self) -> Summary:
        """What it is, and what happens in it just now. Cheap: many are asked, often."""


@attrs.define(eq=False)
class LiveSessions:
    """The sessions that run now. A session enters before its first wait and leaves when nothing of it is left."""

    most: int = 0  # sessions at once; 0: any number
    draining: trio.Event = attrs.field(factory=trio.Event)  # set once: no session enters any more, and all are told
    hurrying: trio.Event = attrs.field(factory=trio.Event)  # set once: no turn is waited for any more
    stored_by: float = inf  # when a session that has ended must have let go of its rows: the store writes them then
    cut: int = 0  # sessions whose turn was not waited for to its end
    feed: Feed = attrs.field(factory=Feed)  # who follows what they store
    _seats: dict[SessionId, Seat] = attrs.field(factory=dict)
    _controls: dict[SessionId, "Control"] = attrs.field(factory=dict)
    _told: dict[SessionId, str] = attrs.field(factory=dict)  # to sessions that cannot be steered yet
    _orders: dict[SessionId, Order] = attrs.field(factory=dict)
    _closing: set[SessionId] = attrs.field(factory=set)
    _parting: set[SessionId] = attrs.field(factory=set)
    _beats: dict[SessionId, float] = attrs.field(factory=dict)  # when a client that gives signs of life did so last
    _dismissals: dict[SessionId, trio.Event] = attrs.field(factory=dict)
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def __len__(self) -> int:
        return len(self._dismissals)

    def __contains__(self, session: object) -> bool:
        return session in self._dismissals

    def enter(self, session: SessionId, seat: Seat = ANY_SEAT) -> bool:
        """A session begins, and has its seat until it leaves. False: it is here already, and goes on as it was.

        Raises Full, RateLimited.
        """
        if session in self._dismissals:
            return False
        if self.most and len(self) >= self.most:
            raise Full(len(self))
        seat.take()
        self._seats[session] = seat
        self._dismissals[session] = trio.Event()
        return True

    def leave(self, session: SessionId) -> None:
        """A session has ended, whole."""
        if self._dismissals.pop(session, None) is not None:
            self._seats.pop(session).leave()
        self._controls.pop(session, None)
        self._told.pop(session, None)
        self._closing.discard(session)
        self._orders.pop(session, None)
        self._parting.discard(session)
        self._beats.pop(session, None)
        self._moved.unpark_all()

    def part(self, session: SessionId) -> None:
        """A session's conversation is over, and it leaves as soon as that is stored and said."""
        if session in self._dismissals:
            self._parting.add(session)

    def take(self, session: SessionId, control: Control) -> None:
        """A session that entered may be steered from now on; what it was told since it entered it is told now."""
        self._controls[session] = control
        if (told := self._told.pop(session, None)) is not None:
            control.steer(told)

    def steer(self, session: SessionId, instructions: str) -> bool:
        """Tell a session's agent otherwise. False: it is not here."""
        if control := self._controls.get(session):
            control.steer(instructions)
        elif session in self._dismissals:
            self._told[session] = instructions
        return session in self._dismissals

    async def settle(self, session: SessionId) -> None:
        """Return when a session's turns so far are durable; at once if it is not here."""
        if control := self._controls.get(session):
            await control.wait_stored()

    def census(self) -> dict[SessionId, Mapping[str, int]]:
        """The sessions that are here, with what waits in them."""
        return {
            session: self._controls[session].depths() if session in self._controls else {}
            for session in self._dismissals
        }

    def names(self) -> list[SessionId]:
        """The sessions that are here, oldest first."""
        return list(self._dismissals)

    def summary(self, session: SessionId) -> Summary | None:
        """A session as it is just now. None: it only begins, or is not here."""
        return self._controls[session].summary() if session in self._controls else None

    def beat(self, session: SessionId) -> bool:
        """A session's client is there. False: the session is not here."""
        if session in self._dismissals:
            self._beats[session] = trio.current_time()
        return session in self._dismissals

    def last_beat(self, session: SessionId) -> float | None:
        """When a session's client said last that it is there; None if it never did."""
        return self._beats.get(session)

    def dismiss(self, session: SessionId, order: Order = Order.OPERATOR, *, for_good: bool = False) -> bool:
        """Tell a session to end: the first order counts. for_good: it is not taken up again. False: it is not here."""
        if session in self._dismissals:
            self._orders.setdefault(session, order)
            self._dismissals[session].set()
            self._closing |= {session} if for_good else set()
        return session in self._dismissals

    def order_for(self, session: SessionId) -> Order | None:
        """What a session was told that is to end; None: it was told nothing."""
        return self._orders.get(session)

    def is_closing(self, session: SessionId) -> bool:
        """Was a session told to end for good?"""
        return session in self._closing

    async def wait_dismissed(self, session: SessionId) -> None:
        """Return when a session is told to end; one that never entered is not told."""
        await self._dismissals.get(session, trio.Event()).wait()

    async def wait_left(self, session: SessionId) -> None:
        """Return when a session is not here, or no longer."""
        while session in self._dismissals:
            await self._moved.park()

    async def wait_parted(self, session: SessionId) -> None:
        """Return when a session is not about to leave, or has left."""
        while session in self._parting:
            await self._moved.park()

    async def wait_empty(self) -> None:
        """Return when no session is left."""
        while self._dismissals:
            await self._moved.park()
