"""Which session a client is that listens to a call (`?call_id=`), and with which credentials it may be let in.

A call is kept once, and its functions are octi's to answer once. So where a session here hears the call already, a
client joins it as a guest: nothing of what it hears is kept, and octi does nothing for it. Else the client's session
is the one that hears the call, and keeps it.
"""

from collections.abc import Awaitable, Callable

import attrs
import structlog

from octi.directory.credentials import Credentials
from octi.directory.opening import Opening
from octi.directory.secrets import digest, looks_like_secret
from octi.directory.shelf import Shelf
from octi.errors import BadSecret, SessionTaken, UnknownCall
from octi.guard.caller import ANYBODY, Caller
from octi.records import SessionRecord
from octi.session.seats import Seat, any_seat
from octi.units import SessionId
from octi.upstream.api import CALL_ID
from octi.upstream.joined import NO_CALL

log = structlog.get_logger("octi.directory")

NOT_ITS_CALL = "it opens another session than the one that hears this call"

Admit = Callable[[], Awaitable[SessionRecord]]  # the usual way in: the session of a secret, of a name, or a new one


@attrs.define(eq=False, kw_only=True)
class Joining:
    """Lets clients into calls. `heard_as`: the session as which octi itself hears a call; None: it does not."""

    shelf: Shelf
    opening: Opening
    credentials: Credentials
    heard_as: Callable[[str], SessionId | None]
    _first: dict[str, SessionId] = attrs.field(factory=dict, init=False)  # of the clients that are in a call

    async def admit(
        self,
        call_id: str,
        secret: str | None,
        door: str,
        admit: Admit,
        seat: Callable[[SessionRecord], Seat] = any_seat,
        caller: Caller = ANYBODY,
    ) -> SessionRecord:
        """The session that a client joins a call as, with its slot taken. seat: its place among those that are counted.

        Raises UnknownCall for what is no call's id and for others' calls, BadSecret for a client secret of another
        session than the one that hears the call, and whatever `admit` raises.
        """
        if not CALL_ID.fullmatch(call_id):
            raise UnknownCall(NO_CALL)
        heard = self.heard_as(call_id)
        hearing = await self._hearing(heard, secret, caller) if heard else None
        try:
            record = await admit()
        except SessionTaken as taken:
            if hearing is None or taken.session != heard:
                raise
            record = self._guest(hearing, door, seat)
        if hearing is not None:  # its functions are octi's there
            record = attrs.evolve(record, extraction=hearing.extraction)
        self._first = {call: name for call, name in self._first.items() if name in self.shelf.live}  # the others left
        self._first.setdefault(call_id, record.id)
        return record

    def keeps(self, call_id: str, record: SessionRecord) -> bool:
        """Is a client's session the one that keeps its call? Else another one here does."""
        return self.heard_as(call_id) is None and self._first.get(call_id) == record.id

    async def _hearing(self, heard: SessionId, secret: str | None, caller: Caller) -> SessionRecord:
        """The session that hears a call, for somebody who may listen to it as well."""
        hearing = await self.shelf.any(heard)
        if secret and looks_like_secret(secret):
            known = await self.shelf.store.secret(digest(secret))
            if known is None or known.session != heard:
                raise BadSecret(NOT_ITS_CALL)
        elif not caller.reaches(hearing.tenant, hearing.user):
            raise UnknownCall(NO_CALL)
        return hearing

    def _guest(self, hearing: SessionRecord, door: str, seat: Callable[[SessionRecord], Seat]) -> SessionRecord:
        """A session that stands in no store, as whose octi does nothing; of the same owner as the one that hears."""
        fresh = self.opening.plain(door, self.shelf.now()).record
        guest = attrs.evolve(fresh, tenant=hearing.tenant, key=hearing.key, user=hearing.user)
        if not self.shelf.live.enter(guest.id, seat(guest)):
            raise SessionTaken(guest.id)
        return guest

    def keys(
        self, call_id: str, record: SessionRecord, secret: str | None, caller: Caller = ANYBODY
    ) -> list[str | None]:
        """Who may have made a call, of those that this client may use: client secrets; None: octi's own key.

        Whoever comes with a client secret, or is a user, may use octi's key for its own session's call alone.
        """
        heard = self.heard_as(call_id)
        theirs = [secret] if secret and looks_like_secret(secret) else []
        if heard is None and (theirs or not caller.trusted):
            own = [None] if record.call_id == call_id else []
            return list(dict.fromkeys([*own, *theirs, *self.credentials.of(record.id)]))
        return [None, *self.credentials.for_call(*([heard] if heard else []))]
