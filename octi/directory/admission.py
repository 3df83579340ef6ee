"""Which session a leg belongs to: by the session's name, by a client secret, or a fresh one; and one leg at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
import structlog
import trio

from octi.directory.closing import ENDING_S
from octi.directory.credentials import Credentials
from octi.directory.opening import Fresh, Opening
from octi.directory.ports import Calls, Steering
from octi.directory.proving import Proving, Visitor, owned, owner
from octi.directory.shelf import Shelf
from octi.directory.wishes import decoded, read_preset
from octi.errors import BadIntent, BadMessage, BadModel, SessionTaken, Stopping, UnknownSession, Unserved
from octi.guard.caller import ANYBODY, Caller
from octi.records import SecretRecord, SessionRecord
from octi.session.live import LiveSessions, Order
from octi.session.seats import Seat
from octi.units import SessionId
from octi.upstream.api import CALL_ID

log = structlog.get_logger("octi.directory")

NO_MODEL = "You must not provide a model parameter for transcription sessions."  # the provider's own words
PARTING_S = 5.0  # for a leg whose client has left already, and that is still storing what was said


@contextmanager
def reserved(live: LiveSessions, session: SessionId, seat: Seat) -> Iterator[None]:
    """A session's slot, taken before the block waits and kept if it succeeds. Raises SessionTaken, RateLimited."""
    if not live.enter(session, seat):
        raise SessionTaken(session)
    try:
        yield
    except BaseException:  # whatever it was, cancellation too: nobody else would leave
        live.leave(session)
        raise


def check_kind(config: str, model: str, *, transcribes: bool) -> None:
    """Does what an address asks for go with what its session is? Raises BadModel, BadIntent."""
    kind = read_preset(decoded(config))
    if kind.transcribes and model:
        raise BadModel(NO_MODEL)
    if transcribes and not kind.transcribes:
        raise BadIntent("This key opens a realtime session, which is not one that only transcribes.")


@attrs.define(eq=False, kw_only=True)
class Admission:
    """Lets legs in: sockets, and calls."""

    shelf: Shelf
    opening: Opening
    steering: Steering
    calls: Calls
    credentials: Credentials
    proving: Proving
    _attached: dict[SessionId, str] = attrs.field(factory=dict, init=False)  # sessions that live as calls, by call id

    async def admit(
        self, visitor: Visitor, session: str | None, door: str, model: str, *, transcribes: bool = False
    ) -> SessionRecord:
        """See `Directory.admit`."""
        self._check_open()
        known = await self.proving.known(visitor, session)
        if name := session or (known.session if known else None):
            return await self._resume(SessionId(name), visitor, known, door, model, transcribes=transcribes)
        if known:
            check_kind(known.config, model, transcribes=transcribes)
            return await self._begin(known, visitor, door, model)
        fresh = self.opening.plain(door, self.shelf.now(), model, transcribes=transcribes)
        record = owned(fresh.record, visitor.caller)
        with reserved(self.shelf.live, record.id, visitor.seat(record)):
            return record

    async def find(self, visitor: Visitor, session: str | None, door: str, model: str) -> SessionRecord:
        """See `Directory.find_for_call`."""
        self._check_open()
        known = await self.proving.known(visitor, session)
        if name := session or (known.session if known else None):
            record = await self.shelf.open(name)
            self.proving.check_owner(record, known, visitor)
            await self.proving.use(known, visitor)
            return record
        assert known is not None, "called with a secret or a session"
        if read_preset(decoded(known.config)).transcribes:
            raise Unserved("Calls that only transcribe are not served by this version of octi.")
        fresh = self._fresh(known, visitor, door, model)
        await self.proving.use(known, visitor)
        await self.shelf.store.save([fresh.record, self.steering.first(fresh.record, fresh.instructions)])
        return fresh.record

    async def attach_call(
        self, session: str, call_id: str, *, own: bool, secret: str | None, caller: Caller = ANYBODY
    ) -> None:
        """See `Directory.attach_call`."""
        if not CALL_ID.fullmatch(call_id):
            raise BadMessage("not the id of a call", "callId")
        self._check_open()
        async with self.shelf.changing(SessionId(session)):
            record = await self.shelf.known(session)
            if not caller.reaches(record.tenant, record.user):
                raise UnknownSession
            if self._hears(record.id) and self._attached[record.id] == call_id:
                return
            await self._end_older(record.id)
            before = await self._release(call_id)
            record = await self.shelf.settled(await self.shelf.known(session))
            record = attrs.evolve(record, call_id=call_id)
            await self.shelf.keep(record)
            known = self.credentials.for_call(*before, record.id)
            self._attach(record, call_id, (secret, *known) if secret else known, own)

    def secrets_of(self, call_id: str) -> tuple[str, ...]:
        """See `Directory.secrets_of`."""
        hearing = [name for name, call in self._attached.items() if call == call_id and self._hears(name)]
        return self.credentials.for_call(*hearing) if hearing else ()

    def heard_as(self, call_id: str) -> SessionId | None:
        """The session that hears a call here."""
        return next((name for name, call in self._attached.items() if call == call_id and self._hears(name)), None)

    def _check_open(self) -> None:
        if self.shelf.live.draining.is_set():
            raise Stopping

    async def _resume(
        self,
        name: SessionId,
        visitor: Visitor,
        known: SecretRecord | None,
        door: str,
        model: str,
        *,
        transcribes: bool,
    ) -> SessionRecord:
        async with self.shelf.changing(name):
            record = await self.shelf.open(name)
            self.proving.check_owner(record, known, visitor)
            check_kind(record.config, model, transcribes=transcribes)
            with trio.move_on_after(PARTING_S):  # who comes back at once is not told that he is still here
                await self.shelf.live.wait_parted(name)
            with reserved(self.shelf.live, name, visitor.seat(record)):
                record = await self.shelf.settled(await self.shelf.open(name))
                await self.proving.use(known, visitor)
                self._attached.pop(name, None)
                return attrs.evolve(record, door=door)

    async def _begin(self, known: SecretRecord, visitor: Visitor, door: str, model: str) -> SessionRecord:
        """A new session from a secret's preset, stored with its instructions."""
        fresh = self._fresh(known, visitor, door, model)
        with reserved(self.shelf.live, fresh.record.id, visitor.seat(fresh.record)):
            await self.proving.use(known, visitor)
            await self.shelf.store.save([fresh.record, self.steering.first(fresh.record, fresh.instructions)])
            return fresh.record

    def _fresh(self, known: SecretRecord, visitor: Visitor, door: str, model: str) -> Fresh:
        fresh = self.opening.preset(decoded(known.config), door, self.shelf.now(), model)
        return attrs.evolve(fresh, record=owned(fresh.record, owner(visitor.caller, known)))

    def _hears(self, session: SessionId) -> bool:
        """Does the session live as a call?"""
        return session in self._attached and session in self.shelf.live

    async def _end_older(self, session: SessionId) -> None:
        """A session's older sideband ends. Raises SessionTaken if it does not, or if what lives is a socket."""
        live = self.shelf.live
        if self._hears(session):
            live.dismiss(session, Order.REPLACED)
            with trio.move_on_after(ENDING_S):
                await live.wait_left(session)
        if session in live:
            raise SessionTaken(session)

    async def _release(self, call_id: str) -> list[SessionId]:
        """Another session that listens to the call leaves it to this one: two would answer what its agent calls.

        Those that did: one of their secrets may have made it.
        """
        live = self.shelf.live
        others = [name for name, call in self._attached.items() if call == call_id and name in live]
        for other in others:
            live.dismiss(other, Order.MOVED)
            with trio.move_on_after(ENDING_S):
                await live.wait_left(other)
        return others

    def _attach(self, record: SessionRecord, call_id: str, secrets: Sequence[str], own: bool) -> None:
        live = self.shelf.live
        self._attached = {name: call for name, call in self._attached.items() if name in live}  # the others ended
        if self.calls.problem is not None:
            log.warning("a call goes on unheard", session=record.id, call=call_id, why=self.calls.problem)
            return
        self.calls.attach(record, call_id, secrets, own=own)
        self._attached[record.id] = call_id
