"""A session whose media does not pass octi: its client is a call of the provider's, which octi hears and can end."""

from collections.abc import Awaitable, Callable
from math import inf

import attrs
import msgspec
import structlog
import trio

from octi.errors import OctiError, ProviderFault
from octi.hooks import acts
from octi.observe.plain import fault
from octi.realtime.arbiter import Arbiter
from octi.realtime.events import ServerEvent
from octi.realtime.reading import read_session
from octi.realtime.steps import Steps
from octi.websocket.base import Handle, Message

log = structlog.get_logger("octi.session")

HANG_UP_S = 5.0
ENDS = {True: "call hung up", False: "call over", None: "call left to others"}


@attrs.define(eq=False)
class SidebandDoor:
    """The door that nobody comes through: the call's user talks to the provider."""

    name = "call"
    renews = True
    arbiter: Arbiter = attrs.field(factory=Arbiter)
    joined: bool = False  # octi was in the call at least once
    _owed: bool = False  # an answer was still to be asked for when the sideband was lost

    @property
    def wake_at(self) -> float | None:
        """See `Door.wake_at`."""
        return self.arbiter.wake_at

    def opened(self, session: msgspec.Raw) -> Steps:
        """See `Door.opened`."""
        self.arbiter.opened(read_session(session))
        self.joined = True
        owed, self._owed = self._owed, False
        return self.arbiter.ask() if owed else []

    def lost(self) -> None:
        """See `Door.lost`. The conversation goes on: what was owed in it is owed on the next sideband."""
        self._owed = self._owed or self.arbiter.owes
        self.arbiter.lost()

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """See `Door.from_client`."""
        return []

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """See `Door.from_provider`."""
        return self.arbiter.from_provider(event, now)

    def cut(self, now: float) -> Steps:
        """See `Door.cut`. The provider plays: what it has not played yet is not heard."""
        if self.arbiter.rests_at <= now:
            return []
        return [*self.arbiter.cancel(), acts.silence()]

    def wake(self, now: float) -> Steps:
        """See `Door.wake`."""
        return self.arbiter.wake(now)

    def trouble(self, error: OctiError) -> Steps:
        """See `Door.trouble`: the call's user is not told by octi."""
        return []

    def notice(self, text: str) -> Steps:
        """See `Door.notice`: nobody reads it, and the log tells it otherwise."""
        return []


@attrs.define(eq=False)
class CallLeg:
    """Stands where a session has its client's leg, as a `websocket.base.Leg`: to close it is to hang up.

    Closing a sideband does not end the call it listens to (peers 5.3).
    """

    # False: it was over; None: it is left to others. Raises ProviderFault
    hang_up: Callable[[], Awaitable[bool | None]] = attrs.field(repr=False)
    dropped_bytes: int = 0
    waiting_bytes: int = 0
    has_room: bool = True

    @property
    def heard_at(self) -> float:
        """Nobody is expected to be heard here."""
        return inf

    async def receive(self) -> list[Message]:
        """Nothing ever comes."""
        await trio.sleep_forever()
        raise AssertionError("sleep_forever returned")

    async def pump(self, handle: Handle) -> None:
        """Nothing ever comes."""
        await trio.sleep_forever()

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """Nobody listens."""

    def drop_audio(self) -> None:
        """There is none."""

    def ping(self) -> None:
        """Nobody answers."""

    async def wait_room(self) -> None:
        """There is room."""
        await trio.lowlevel.checkpoint()

    async def write(self) -> None:
        """There is nothing to write."""
        await trio.sleep_forever()

    async def close(self, code: int, reason: str) -> None:
        """Hang up, within a deadline; shielded, never raises."""
        with trio.move_on_after(HANG_UP_S, shield=True) as limit:
            try:
                log.info(ENDS[await self.hang_up()])
            except ProviderFault as error:
                log.warning("a call may go on", **fault(error))
        if limit.cancelled_caught:
            log.warning("a call may go on", why=f"not hung up within {HANG_UP_S:g} s")
