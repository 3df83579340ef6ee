"""The calls that this node listens to: a session and a task for each, until the call or octi ends."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

import attrs
import structlog
import trio

from octi.clock import Now
from octi.errors import OctiError, SessionTaken, UpstreamRefused
from octi.hooks.judge import Judge
from octi.observe.base import Observer
from octi.observe.plain import fault
from octi.records import SessionRecord
from octi.session.ending import first_of
from octi.session.lines import named
from octi.session.live import LiveSessions, Order
from octi.session.seats import CallLimits, NoCallLimits
from octi.session.session import Session
from octi.session.sideband import CallLeg, SidebandDoor
from octi.session.taping import Taping, run_taped, untaped
from octi.session.tools import Toolbox
from octi.store.base import Store
from octi.store.patience import answered
from octi.units import SessionId
from octi.upstream.base import CallSetup
from octi.upstream.call import Call
from octi.upstream.dial import Dialled

log = structlog.get_logger("octi.session")


class HangsUp(Protocol):
    """A provider's endpoints, as far as calls are ended there; see `ProviderApi`."""

    async def hang_up(self, call_id: str) -> bool:
        """End a call; False: it was over. Raises ProviderFault."""


class CallsApi(Protocol):
    """The same, for whoever made a call."""

    def with_secret(self, secret: str | None) -> HangsUp:
        """As the holder of a client secret; None: as octi."""


@attrs.frozen(kw_only=True)
class CallsKit:
    """What every call's session needs."""

    dialled: Dialled
    api: CallsApi
    store: Store
    live: LiveSessions
    tools: Toolbox
    instructions: Callable[[SessionId], Awaitable[str]]  # what a session's agent is told. Raises StoreFailed
    longest_s: float
    idle_s: float
    debug_events: bool
    now: Now
    taping: Taping = untaped
    observer: Observer = attrs.field(factory=Observer)
    limits: CallLimits = attrs.field(factory=NoCallLimits)
    judge: Judge | None = None  # judges what is said; None: nobody does
    given: Callable[[Session], Session] = lambda session: session  # with what it may spend


@attrs.frozen
class CallAt:
    """A call, and who may have made it: client secrets; None: octi's key."""

    session: SessionId
    call_id: str
    credentials: tuple[str | None, ...] = attrs.field(repr=False)
    own: bool


@attrs.frozen
class Calls:
    """Listens to calls, in the nursery, until that ends: then each ends as every session does."""

    kit: CallsKit
    _nursery: trio.Nursery
    problem: str | None = None

    def attach(self, record: SessionRecord, call_id: str, secrets: Sequence[str] = (), *, own: bool = False) -> None:
        """Listen to a call as this session, from now on. Never waits.

        secrets: client secrets that may have made the call, likeliest first. own: octi's key did. Raises SessionTaken
        if the session is live, and RateLimited.
        """
        if not self.kit.live.enter(record.id, self.kit.limits.seat(record)):
            raise SessionTaken(record.id)
        call = CallAt(record.id, call_id, (None,) if own else (*secrets, None), own)
        self._nursery.start_soon(self._listen, record, call, name=f"s-{record.id[:8]} call")

    async def _listen(self, record: SessionRecord, call: CallAt) -> None:
        door = SidebandDoor()
        leg = CallLeg(partial(self._hang_up, call, door))
        with named(record, call.call_id):
            await self._hear(record, call, door, leg)

    async def _hear(self, record: SessionRecord, call: CallAt, door: SidebandDoor, leg: CallLeg) -> None:
        try:
            try:
                told = await answered(self.kit.instructions(record.id))
            except BaseException:  # cancelled as well: octi's own call is nobody else's to end
                await leg.close(1011, "octi cannot listen")  # noqa: ASYNC102, ASYNC120  shielded, with a deadline
                raise
            await run_taped(self._session(record, call, door, leg, told), self.kit.taping)
        except* OctiError as errors:
            log.warning("a call goes on unheard", **fault(first_of(errors)))
        except* Exception:
            log.exception("a call's session crashed")  # it ends with it, and no other does
        finally:
            self.kit.live.leave(record.id)

    def _session(
        self, record: SessionRecord, call: CallAt, door: SidebandDoor, leg: CallLeg, instructions: str
    ) -> Session:
        kit = self.kit
        session = Session(
            record=record,
            client=leg,
            door=door,
            upstream=Call(kit.dialled, call.call_id, list(call.credentials)),
            setup=CallSetup(instructions=instructions or None, tools=tuple(kit.tools.declarations(record))),
            store=kit.store,
            draining=kit.live.draining,
            live=kit.live,
            longest_s=kit.limits.longest_s(record, kit.longest_s),
            idle_s=kit.limits.idle_s(record, kit.idle_s),
            debug_events=kit.debug_events,
            tools=kit.tools,
            now=kit.now,
            observer=kit.observer,
            judge=kit.judge,
        )
        return kit.given(session)

    async def _hang_up(self, call: CallAt, door: SidebandDoor) -> bool | None:
        """End a call, as whoever made it. False: it was over; None: it is not octi's to end. Raises ProviderFault."""
        if not self._may_end(call, door):
            return None
        refused: UpstreamRefused | None = None
        for credential in call.credentials:
            try:
                if await self.kit.api.with_secret(credential).hang_up(call.call_id):
                    return True
            except UpstreamRefused as error:  # a secret that expired meanwhile; the next may do
                refused = error
        if refused is not None:
            raise refused
        return False

    def _may_end(self, call: CallAt, door: SidebandDoor) -> bool:
        """Not what another session hears now; nor what octi neither made nor ever joined, unless it was told to."""
        order = self.kit.live.order_for(call.session)
        return order is not Order.MOVED and (call.own or door.joined or order is not None)
