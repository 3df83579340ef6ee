"""A leg that waits for a session: its first words with the provider, and what may and may not happen meanwhile."""

from collections.abc import Awaitable, Callable

import attrs
import trio

from octi.errors import OctiError, UpstreamLost, UpstreamNonsense
from octi.observe.plain import Own
from octi.realtime.events import ErrorEvent, SessionCreated, SessionUpdated
from octi.realtime.reading import kind_of
from octi.upstream.configure import CONFIGURE_S, Mail, Talk, fault_in, lost, read
from octi.upstream.warm import MOST_AGE_S
from octi.websocket.base import Leg, LegClosed, LegStalled, Message

PING_S, PONG_S = 20.0, 10.0  # as the provider pings; how long it may take to answer
# Some say these without being asked (xAI), and mean nothing by it.
HARMLESS = frozenset({"conversation.created", "ping"})
Task = Callable[[], Awaitable[None]]


@attrs.define(eq=False)
class Waiting:
    """A leg that waits, and what was said on it. Its tasks end before it changes hands; `left` says that they have."""

    leg: Leg
    provider: str  # its name
    update: bytes | None  # with which the leg is configured
    request: str | None = None  # the provider's name for the handshake
    created: list[Message] = attrs.field(factory=list)  # what the provider said when it was there
    confirmed: list[Message] = attrs.field(factory=list)  # and to the update
    late: list[Message] = attrs.field(factory=list)  # and as the leg was taken
    born: float = attrs.field(factory=trio.current_time)
    ready: bool = False  # the first words are said
    taken: bool = False
    problem: OctiError | None = None
    left: trio.Event = attrs.field(factory=trio.Event)
    _tending: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    @property
    def is_old(self) -> bool:
        """Has it waited as long as one may?"""
        return trio.current_time() >= self.born + MOST_AGE_S

    @property
    def fit(self) -> bool:
        """May it be taken? Not if it is about to end, nor with half a ping under way."""
        return not (self.is_old or self._tending.cancel_called or self.leg.waiting_bytes)

    def end(self) -> None:
        """It is not needed any more."""
        self._tending.cancel(reason="no session wants the leg")

    def take(self) -> None:
        """It is its taker's, from `left` on."""
        self.taken = True
        self._tending.cancel(reason="a session has taken the leg")

    async def tend(self, ready: Callable[[], None]) -> None:
        """Look after it until it is taken, ended, too old, or has a problem. `ready` is called when it may be taken."""

        async def wait() -> None:
            mail = Mail(self.leg)
            await self._greet(mail)
            self.ready = True
            ready()
            with trio.CancelScope(deadline=self.born + MOST_AGE_S):
                await self._listen(mail)

        async with trio.open_nursery() as tending:
            self._tending = tending.cancel_scope
            for task in (self.leg.write, self._stay_awake, wait):
                tending.start_soon(self._noting, task, name="warm leg")

    async def _noting(self, task: Task) -> None:
        """Run one of its tasks; with the first that ends all do."""
        try:
            await task()
        except LegClosed as closed:
            self.problem = self.problem or lost(closed, self.provider)
        except LegStalled as stalled:
            self.problem = self.problem or UpstreamLost(self.provider, Own(str(stalled)))
        except OctiError as error:
            self.problem = self.problem or error
        self._tending.cancel(reason="the leg waits no more")

    async def _greet(self, mail: Mail) -> None:
        """Have the provider say that it is there, and configure it. Raises ProviderFault."""
        talk = Talk(mail, self.provider, attached=False)
        with trio.move_on_after(CONFIGURE_S):
            self.created = [Message(await talk.wait_for(SessionCreated), True)]
            if self.update is not None:
                self.leg.send(self.update)
                self.confirmed = [Message(await talk.wait_for(SessionUpdated), True)]
            return
        if talk.complaints:
            raise fault_in(talk.complaints[-1], self.provider)
        raise UpstreamLost(self.provider, Own(f"it did not confirm a session within {CONFIGURE_S:g} s"))

    async def _listen(self, mail: Mail) -> None:
        """Hear nothing of interest. Raises ProviderFault for what nobody has asked for, LegClosed."""
        while True:
            message = await mail.one()
            if self.taken:
                self.late = [message, *mail.take()]
                return
            event = read(message, self.provider)
            if isinstance(event, ErrorEvent):
                raise fault_in(event.error, self.provider)
            if kind_of(event) not in HARMLESS:
                raise UpstreamNonsense(self.provider, "it says what nobody has asked for")

    async def _stay_awake(self) -> None:
        """Ping; raises UpstreamLost when there is no answer."""
        while True:
            await trio.sleep(PING_S)
            before = self.leg.heard_at
            self.leg.ping()
            await trio.sleep(PONG_S)
            if self.leg.heard_at <= before:
                raise UpstreamLost(self.provider, Own(f"it answered no ping within {PONG_S:g} s"))
