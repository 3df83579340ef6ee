"""The sockets' doors: which session an upgrade asks for, whether it may begin, and its whole life."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress

import attrs
import structlog
import trio

from octi.errors import Stopping, reply_to
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.records import SessionRecord
from octi.services import Services
from octi.session.door import Door
from octi.session.run import Session, run_session
from octi.units import SessionId
from octi.upstream.base import Setup
from octi.websocket.handshake import Accepted, Refused, Upgrade, answer, refuse
from octi.websocket.link import Link, outbox_for
from octi.websocket.transport import transport_over

log = structlog.get_logger("octi.http")

ANSWER_S = 5.0  # for the handshake's answer to be taken
DOORS: Mapping[str, Callable[[], Door]] = {
    "/ws/realtime": OctiDoor,
    "/v1/realtime": RealtimeDoor,
    "/realtime": RealtimeDoor,
}


@attrs.frozen
class Sockets:
    """Takes over upgrades, as `octi.front` hands them on."""

    services: Services

    async def __call__(self, upgrade: Upgrade, stream: trio.abc.Stream) -> None:
        """Answer an upgrade, and hold the session that it asks for until that ends."""
        outcome = self._decide(upgrade)
        status = 101 if isinstance(outcome, Accepted) else outcome.status
        log.info("socket", method=upgrade.method, path=upgrade.path, status=status, client=upgrade.peer)
        try:
            with trio.fail_after(ANSWER_S):
                await stream.send_all(outcome.response)
        except (trio.TooSlowError, trio.BrokenResourceError, trio.ClosedResourceError):
            return
        if isinstance(outcome, Accepted):
            await self._hold(upgrade, outcome, stream)
        else:
            await _let_read(stream)

    @property
    def _largest(self) -> int:
        return self.services.config.limits.max_message_bytes

    def _decide(self, upgrade: Upgrade) -> Accepted | Refused:
        if upgrade.path not in DOORS:
            return refuse(404, f"There is no socket at {upgrade.path}; there is one at {', '.join(DOORS)}.")
        if self.services.live.draining.is_set():
            return refuse(reply_to(Stopping()).status, str(Stopping()), [("Retry-After", "5")])
        if problem := unserved(upgrade.query):
            return refuse(501, problem)
        return answer(upgrade, max_message_bytes=self._largest)

    async def _hold(self, upgrade: Upgrade, accepted: Accepted, stream: trio.abc.Stream) -> None:
        link = Link(accepted.codec, transport_over(stream), outbox_for(self._largest))
        session = self._session(upgrade, link)
        self.services.live.enter(session.record.id)
        try:
            link.feed(upgrade.leftover)
            await run_session(session)
        finally:
            self.services.live.leave(session.record.id)

    def _session(self, upgrade: Upgrade, link: Link) -> Session:
        services, config, query = self.services, self.services.config, upgrade.query
        door = DOORS[upgrade.path]()
        record = SessionRecord(
            id=SessionId(str(uuid.uuid4())),
            door=door.name,
            upstream=services.upstream.name,
            model=query.get("model") or config.upstream.model,
            voice=config.agent.voice,
            created_at=services.now(),
        )
        return Session(
            record=record,
            client=link,
            door=door,
            upstream=services.upstream,
            setup=setup_for(services, query),
            store=services.store,
            draining=services.live.draining,
            live=services.live,
            longest_s=config.limits.max_session_s,
            now=services.now,
        )


def unserved(query: Mapping[str, str]) -> str | None:
    """Why octi cannot serve what a query asks for, if it cannot."""
    if "call_id" in query:
        return "A sideband to a call (?call_id=) is not served by this version of octi."
    if query.get("intent") == "transcription":
        return "Transcription sessions (?intent=transcription) are not served by this version of octi."
    return None


def setup_for(services: Services, query: Mapping[str, str]) -> Setup:
    """The agent's configuration for a session. `?turn_detection=none`: the client says when a turn ends."""
    agent = services.config.agent
    return Setup(
        instructions=agent.prompt or None,
        prompt_id=agent.prompt_id or None,
        voice=agent.voice,
        transcription_model=agent.transcription_model,
        turn_detection=None if query.get("turn_detection") == "none" else "server_vad",
        silence_ms=agent.silence_ms,
    )


async def _let_read(stream: trio.abc.Stream) -> None:
    """Give a refused client a moment to read why, before the stream is closed."""
    with trio.move_on_after(1), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
        while await stream.receive_some():
            pass
