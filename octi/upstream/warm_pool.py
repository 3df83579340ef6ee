"""Legs that are opened and configured before a session wants them, so that it need not wait for that.

The pool is a tree of tasks of its own: one opens legs, one after the other, and each leg that waits has some that look
after it. Whoever takes a leg owns it from then on, and closes it.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

import attrs
import stamina
import structlog
import trio
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

from octi.error_replies import reply_to
from octi.errors import OctiError, UpstreamBusy, UpstreamNonsense, UpstreamRefused
from octi.observe.base import Meter
from octi.observe.plain import fault
from octi.observe.seldom import Seldom
from octi.upstream.base import Upstream
from octi.upstream.warm import Demand, best_of, surplus
from octi.upstream.warm_leg import WarmLeg
from octi.upstream.warm_waiting import Waiting
from octi.websocket.base import Leg

log = structlog.get_logger("octi.upstream")

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0  # between two tries to open a leg, or behind one that died as it waited
REFUSED_WAIT_S = 300.0  # where the provider will say no again: a person must change something
COMPLAIN_S = 300.0  # between two lines of the log about legs that do not come, or do not stay
LEAVES_S = 1.0  # who is cancelled in a wait leaves it at once: this is for what should not be
OLD, UNWANTED = "old", "unwanted"  # why a leg is given up that nothing is wrong with; else an error's code
CONFIGURED, CONNECTED, DIALLED = "configured", "connected", "dialled"  # what a session was given


class Dials(Upstream, Protocol):
    """An upstream whose legs may change hands."""

    async def dial(self, model: str) -> Leg:
        """One leg, as `open`, but it is its taker's to close."""

    def lent(self, leg: Leg) -> AbstractAsyncContextManager[Leg]:
        """Such a leg for a block, as `open` has it: closed with a goodbye at the end. Entering it never waits."""


def again(error: Exception) -> bool | float:
    """In how many seconds the provider is asked again; True: after the usual pause, which grows."""
    match error:
        case UpstreamBusy(wait_s=wait_s):
            return max(wait_s, FIRST_WAIT_S)
        case UpstreamRefused() | UpstreamNonsense():
            return REFUSED_WAIT_S
        case _:
            return isinstance(error, OctiError)


@attrs.define(eq=False, kw_only=True)
class WarmPool:
    """So many legs to one model. update: what a session asks for first that wants what the settings say."""

    upstream: Dials
    model: str
    update: bytes
    size: int
    meter: Meter = attrs.field(factory=Meter)
    _waiting: list[Waiting] = attrs.field(factory=list)
    _demand: Demand = attrs.field(factory=Demand)
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _problem: OctiError | None = None  # of a leg that died as it waited
    _useful: bool = False  # a leg was taken, or waited its time: all is well with the provider
    _seldom: Seldom = attrs.field(factory=lambda: Seldom(COMPLAIN_S))

    def statistics(self) -> Mapping[str, int]:
        """How many legs wait now."""
        return {"waiting": len(self._waiting)}

    # For sessions

    def take(self, model: str, update: bytes | None) -> Waiting | None:
        """A leg for a session, its own from now on; None: there is none that fits. Never waits.

        update: what it will ask for first; None where that is not known.
        """
        if update is not None and model == self.model:
            self._demand.note(usual=update == self.update)
        fit = [leg for leg in self._waiting if leg.fit] if model == self.model else []
        best = best_of(fit, update)
        if best is None:
            self.meter.warm_taken(DIALLED)
        else:
            best.take()
            self._waiting.remove(best)
            self._useful = True
            self.meter.warm_taken(CONNECTED if best.update is None else CONFIGURED)
        for leg in surplus(self._waiting, self._demand.configured(self.size)):
            leg.end()
        self._moved.unpark_all()
        return best

    # Its tasks

    async def run(self, draining: trio.Event) -> None:
        """Keep the pool full until octi drains; then the legs that wait are closed. A crash ends it and nobody else."""
        try:
            async with trio.open_nursery() as legs:
                legs.start_soon(self._refill, legs, name="warm legs")
                await draining.wait()
                legs.cancel_scope.cancel(reason="octi drains")
        except* Exception:  # a bug here is no reason to end a conversation
            log.exception("the pool of warm legs crashed: sessions open their own")

    async def _refill(self, legs: trio.Nursery) -> None:
        while True:
            async for attempt in stamina.retry_context(
                on=again, attempts=None, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
            ):
                with attempt:
                    await self._fill(legs)

    async def _fill(self, legs: trio.Nursery) -> None:
        """Open what is missing until a leg was of use. Raises the fault of one that did not come, or did not stay."""
        self._problem, self._useful = None, False
        while not self._useful:
            if self._problem is not None:
                raise self._problem
            if len(self._waiting) < self.size:
                await self._open(legs)
            else:
                await self._moved.park()

    async def _open(self, legs: trio.Nursery) -> None:
        configured = sum(leg.update is not None for leg in self._waiting)
        update = self.update if configured < self._demand.configured(self.size) else None
        try:
            await legs.start(self._tend, update, name="warm leg")
        except OctiError as error:
            self._complain(error)
            raise

    async def _tend(self, update: bytes | None, *, task_status: trio.TaskStatus[None]) -> None:
        """One leg, from its opening until it is taken or given up. Raises only if it never waited."""
        with bound_contextvars(provider_request=None):
            leg = await self.upstream.dial(self.model)
            waiting = Waiting(leg, self.upstream.name, update, get_contextvars().get("provider_request"))

            def ready() -> None:
                self._waiting.append(waiting)
                task_status.started()

            try:
                await waiting.tend(ready)
                if not waiting.taken:
                    self._given_up(waiting)
            finally:
                if waiting in self._waiting:
                    self._waiting.remove(waiting)
                waiting.left.set()
                self._moved.unpark_all()
                if not waiting.taken:
                    await leg.close(1000, "no session wanted it")  # noqa: ASYNC102  shielded itself

    def _given_up(self, waiting: Waiting) -> None:
        """It waits no more. Raises its problem if it never did."""
        if waiting.problem is None:
            self.meter.warm_discarded(OLD if waiting.is_old else UNWANTED)
            self._useful = True
        elif waiting.ready:
            self._problem = waiting.problem
            self._complain(waiting.problem)
        else:
            raise waiting.problem

    def _complain(self, error: OctiError) -> None:
        self.meter.warm_discarded(reply_to(error).code)
        if (others := self._seldom.due(trio.current_time())) is not None:
            log.warning("warm leg lost", upstream=self.upstream.name, others=others, **fault(error))


@attrs.define(eq=False)
class Warmed:
    """The pool's provider for one session, as an `upstream.base.Upstream`: a leg that waits, or else a fresh one."""

    pool: WarmPool
    _update: bytes | None  # what the session asks for first; of later legs that is not known

    @property
    def name(self) -> str:
        """See `Upstream.name`."""
        return self.pool.upstream.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """See `Upstream.open`."""
        update, self._update = self._update, None
        async with AsyncExitStack() as opened:
            leg = await self._warm(opened, model, update)
            if leg is None:
                leg = await opened.enter_async_context(self.pool.upstream.open(model))
            yield leg

    async def _warm(self, opened: AsyncExitStack, model: str, update: bytes | None) -> Leg | None:
        while (taken := self.pool.take(model, update)) is not None:
            async with AsyncExitStack() as taking:
                leg = await taking.enter_async_context(self.pool.upstream.lent(taken.leg))
                taking.push_async_callback(_wait_left, taken)  # before it is closed
                await taken.left.wait()
                if taken.problem is None:
                    opened.push_async_exit(taking.pop_all())
                    bind_contextvars(provider_request=taken.request)
                    return WarmLeg(leg, [*taken.created, *taken.late], taken.update, taken.confirmed)
        return None


async def _wait_left(taken: Waiting) -> None:
    """Whoever looked after a leg has left it: two may not read one socket. Part of the goodbye, so shielded."""
    with trio.move_on_after(LEAVES_S, shield=True):
        await taken.left.wait()


@asynccontextmanager
async def open_warm_pool(pool: WarmPool, draining: trio.Event) -> AsyncIterator[WarmPool]:
    """The pool at work, until octi drains or the block ends; the legs that wait are closed with goodbyes then."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pool.run, draining, name="warm pool")
        try:
            yield pool
        finally:
            nursery.cancel_scope.cancel(reason="octi has stopped")
