"""The calls that this node listens to: a session and a task for each, until the call or octi ends."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import attrs
import structlog
import trio

from octi.clock import Now
from octi.errors import OctiError, SessionTaken
from octi.records import SessionRecord
from octi.session.live import LiveSessions
from octi.session.run import Session, run_session
from octi.session.sideband import CallLeg, SidebandDoor
from octi.session.tools import Toolbox
from octi.store.base import Store
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


@attrs.frozen
class Calls:
    """Listens to calls, in the nursery, until that ends: then each ends as every session does."""

    kit: CallsKit
    _nursery: trio.Nursery
    problem: str | None = None

    def attach(self, record: SessionRecord, call_id: str, credential: str | None) -> None:
        """Listen to a call as this session, from now on. Never waits.

        credential: the client secret that made the call, None for octi's key. Raises SessionTaken if it is live.
        """
        if not self.kit.live.enter(record.id):
            raise SessionTaken(record.id)
        listen = partial(self._listen, record, call_id, credential)
        self._nursery.start_soon(listen, name=f"s-{record.id[:8]} call")

    async def _listen(self, record: SessionRecord, call_id: str, credential: str | None) -> None:
        try:
            instructions = await self.kit.instructions(record.id)
            await run_session(self._session(record, call_id, credential, instructions))
        except* OctiError as errors:
            log.warning("a call goes on unheard", session=record.id, error=str(errors.exceptions[0]))
        except* Exception:
            log.exception("a call's session crashed", session=record.id)  # it ends with it, and no other does
        finally:
            self.kit.live.leave(record.id)

    def _session(self, record: SessionRecord, call_id: str, credential: str | None, instructions: str) -> Session:
        kit = self.kit
        credentials: list[str | None] = [credential, None] if credential else [None]
        return Session(
            record=record,
            client=CallLeg(record.id, partial(self._hang_up, call_id, credentials)),
            door=SidebandDoor(),
            upstream=Call(kit.dialled, call_id, list(credentials)),
            setup=CallSetup(instructions=instructions or None, tools=tuple(kit.tools.declarations(record))),
            store=kit.store,
            draining=kit.live.draining,
            live=kit.live,
            longest_s=kit.longest_s,
            idle_s=kit.idle_s,
            debug_events=kit.debug_events,
            tools=kit.tools,
            now=kit.now,
        )

    async def _hang_up(self, call_id: str, credentials: list[str | None]) -> bool:
        """End a call, as whoever made it. False: it was over. Raises ProviderFault."""
        for credential in credentials:
            if await self.kit.api.with_secret(credential).hang_up(call_id):
                return True
        return False
