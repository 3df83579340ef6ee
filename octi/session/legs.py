"""The provider's side of a session: one leg after another, opened, configured, read until it ends or is renewed."""

from collections.abc import Awaitable, Callable
from functools import partial

import attrs
import stamina
import trio

from octi.errors import BadMessage, OctiError, UpstreamBusy, UpstreamExpired, UpstreamLost, UpstreamNonsense
from octi.observe.base import in_span
from octi.observe.plain import Own
from octi.realtime.reading import read_session
from octi.realtime.steps import Renew
from octi.session.keeper import SILENT_S, wait_silent
from octi.session.lines import LegLines
from octi.session.reading import Reading
from octi.session.relay import Relay
from octi.upstream.base import Setup, Upstream
from octi.upstream.configure import Mail, configure, lost
from octi.websocket.base import Leg, LegClosed, LegStalled

TRIES = 6  # the first and five more, as the OCTI protocol's clients expect
CALL_TRIES = 14  # some three minutes: a call's user goes on talking meanwhile, and would be cut off
JOIN_TRIES = 4  # some four seconds, for a client that listens to a call and can come back by itself
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
STEADY_S = 30.0  # a leg that lived so long was good: losing it begins a new count
LEAST_LIFE_S = 1.0  # from one leg's opening to the next, where the client asks for a fresh one
DURABLE_S = 0.25  # how long the end of an answer may wait for the words that it answers to be stored


def again(error: Exception) -> bool | float:
    """Is another try worth it, and if the provider has named a time: after how many seconds?"""
    match error:
        case UpstreamBusy(wait_s=wait_s):
            return wait_s
        case _:
            return isinstance(error, UpstreamLost | UpstreamExpired)


@attrs.define(eq=False)
class Legs:
    """Keeps a session's relay supplied with a leg. Raises ProviderFault when there can be none."""

    upstream: Upstream
    model: str
    setup: Setup
    name: str  # the session's, for its tasks
    relay: Relay
    on_event: Callable[[], None]  # after each of the provider's
    _renewal: Renew | None = None
    _opened_at: float = 0.0
    _lines: LegLines = attrs.field(factory=lambda: LegLines("", 0, 0.0))
    _problem: OctiError | None = None
    _reading: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _tending: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def renew(self, renewal: Renew) -> None:
        """Leave the leg in use, or the way to it, for a fresh one."""
        self._renewal = renewal
        self._reading.cancel(reason="the client asked for a fresh session")

    async def serve(self) -> None:
        """Relay the provider's events; returns never."""
        while True:
            await self._serve_patiently()
            await self._wait_to_renew()

    async def _wait_to_renew(self) -> None:
        """As long as was asked for, and long enough that a client cannot open legs in a loop."""
        if renewal := self._renewal:
            await trio.sleep(max(renewal.wait_s, self._opened_at + LEAST_LIFE_S - trio.current_time(), 0))
        self._renewal = None

    async def _serve_patiently(self) -> None:
        """One leg, with another try where a lost one may be had again. Returns when it is time for the next."""
        tries = self._tries()
        async for attempt in stamina.retry_context(
            on=self._again, attempts=tries, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
        ):
            with attempt:
                if attempt.num > 1:
                    self._tell(f"connection to the agent lost, trying again ({attempt.num - 1}/{tries - 1})")
                await self._serve_one(attempt.num)

    def _tries(self) -> int:
        if self.setup.attached:
            return CALL_TRIES if self.relay.door.renews else JOIN_TRIES
        return TRIES if self.relay.door.renews else 1

    def _again(self, error: Exception) -> bool | float:
        """A client that keeps the conversation's state is not let in a second time without its knowing."""
        return again(error) if self.relay.door.renews or not self.relay.conversation else False

    def _tell(self, text: str) -> None:
        self.relay.tell(self.relay.door.notice(text))

    async def _serve_one(self, tries: int) -> None:
        began = self._opened_at = trio.current_time()
        self._renewal = None  # a fresh leg is what was asked for
        watch, self._lines = self.relay.watch, LegLines(self.upstream.name, tries)
        with trio.CancelScope() as self._reading, in_span(watch.leg_begins()), self._lines.named():
            try:
                async with self.upstream.open(self.model) as leg:
                    await self._run(leg)
            except (UpstreamLost, UpstreamExpired) as error:
                watch.leg_failed(error)
                self._lines.lost(error)
                if trio.current_time() - began < STEADY_S or not self.relay.door.renews:
                    raise
                self._tell("connection to the agent lost, connecting again")
            except OctiError as error:
                watch.leg_failed(error)
                self._lines.lost(error)
                raise

    def lose(self, error: OctiError) -> None:
        """The leg in use is of no use any more. The first to say so says why."""
        if isinstance(error, LegStalled | LegClosed):
            words = Own(str(error)) if isinstance(error, LegStalled) else str(error)
            error = UpstreamLost(self.upstream.name, words)
        self._problem = self._problem or error
        self._tending.cancel(reason=str(error))

    async def _run(self, leg: Leg) -> None:
        """The leg's tasks, until one has a problem; that is raised, bare."""
        self._problem = None
        async with trio.open_nursery() as tending:
            self._tending = tending.cancel_scope
            for role, task in (("writer", leg.write), ("keeper", partial(self._keep_alive, leg))):
                tending.start_soon(self._noting, task, name=f"{self.name} upstream-{role}")
            await self._noting(partial(self._read, leg))
        if self._problem:
            raise self._problem

    async def _noting(self, task: Callable[[], Awaitable[None]]) -> None:
        try:
            await task()
        except OctiError as error:
            self.lose(error)

    async def _keep_alive(self, leg: Leg) -> None:
        await wait_silent(leg)
        raise UpstreamLost(self.upstream.name, Own(f"not heard for {SILENT_S:g} s"))

    async def _read(self, leg: Leg) -> None:
        mail, setup = Mail(leg), self.setup
        session = await configure(mail, setup, self.upstream.name)
        reading = Reading(mail, self.upstream.name, self.relay, self._let_words_settle, self.on_event)
        try:
            self.relay.attach(leg, session, setup.instructions)
            self._lines.opened(read_session(session).id)
            await reading.run()
        except LegClosed as closed:
            said = reading.last_error.error if reading.last_error else None
            raise lost(closed, self.upstream.name, said) from None
        except BadMessage as error:  # the client's are answered by its door
            raise UpstreamNonsense(self.upstream.name, str(error)) from None
        finally:
            self.relay.detach(max(0.0, trio.current_time() - leg.heard_at))

    async def _let_words_settle(self) -> None:
        """A user's turn is durable before the answer to it has ended; a store that is slow or away holds up nobody."""
        with trio.move_on_after(DURABLE_S):
            await self.relay.recorder.wait_stored()
