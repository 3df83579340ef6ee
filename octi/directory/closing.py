"""The end of a session for good: its leg is dismissed, its row says so, its call is hung up."""

import attrs
import structlog
import trio

from octi.directory.credentials import Credentials
from octi.directory.ports import Provider
from octi.directory.shelf import Shelf
from octi.errors import BadMessage, ProviderFault
from octi.observe.plain import fault
from octi.records import SessionRecord, SessionState
from octi.session.live import Order
from octi.units import SessionId

log = structlog.get_logger("octi.directory")

ENDING_S = 15.0  # a session has 5 s to store its last turns, and a slow client some more to take the goodbye
HANG_UP_S = 5.0

# Why a session that this process does not run is over. That another process runs it cannot be known here.
LOST = "no session of that name ran in this octi, which may have been killed meanwhile"
ENDED_BY = {"operator": "ended by an operator", "client": "closed by its client"}


@attrs.frozen
class Ended:
    """How an end went."""

    record: SessionRecord
    over: bool = True  # False: its leg takes long to leave, and the session is over when it has
    before: bool = False  # it was over for good already


@attrs.define(eq=False, kw_only=True)
class Closing:
    """Ends sessions. `provider`: whose calls are hung up; None: there are none."""

    shelf: Shelf
    credentials: Credentials
    provider: Provider | None

    async def end(self, session: str, by: str) -> Ended:
        """End a session for good, wherever it is: not here and not over, as a killed octi left it, it is marked so.

        Waits 15 s at most for its leg. by: operator, client. Raises UnknownSession, InProgress, StoreFailed.
        """
        async with self.shelf.changing(SessionId(session)):
            record = await self.shelf.any(session)
            if self.shelf.is_closed(record) and record.id not in self.shelf.closing:
                return Ended(record, before=True)
            ended, was_here = await self._end(record, by)
        if ended.over and not was_here and record.state is not SessionState.ENDED:
            await self._hang_up(ended.record)
        return ended

    async def _end(self, record: SessionRecord, by: str) -> tuple[Ended, bool]:
        live, name = self.shelf.live, record.id
        self.shelf.closing.add(name)
        was_here = live.dismiss(name, Order(by), for_good=True)
        with trio.move_on_after(ENDING_S):
            await live.wait_left(name)
        record = await self.shelf.any(name)
        if name in live:
            return Ended(record, over=False), was_here
        if record.state is not SessionState.ENDED:
            record = record.end(at=self.shelf.now(), by=by, reason=_reason(record, by, was_here=was_here))
        await self.shelf.keep(record.closed())
        self.shelf.closing.discard(name)
        return Ended(record.closed()), was_here

    async def _hang_up(self, record: SessionRecord) -> None:
        """End a call that nobody listens to, as far as that can be done: as who made it, or else as octi."""
        if record.call_id is None or self.provider is None:
            return
        with trio.move_on_after(HANG_UP_S):
            for secret in (*self.credentials.for_call(record.id), None):
                try:
                    if await self.provider.with_secret(secret).hang_up(record.call_id):
                        return
                except (ProviderFault, BadMessage) as error:  # of a secret that has expired, say; the next may do
                    log.warning("a call was not hung up", session=record.id, call=record.call_id, **fault(error))


def _reason(record: SessionRecord, by: str, *, was_here: bool) -> str:
    if was_here:
        return ENDED_BY[by]
    return f"{ENDED_BY[by]} before it began" if record.state is SessionState.CREATED else f"{ENDED_BY[by]}; {LOST}"
