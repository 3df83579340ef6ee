"""The sockets' doors: which session an upgrade asks for, whether it may begin, and its whole life."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import attrs
import msgspec
import structlog
import trio
from websockets.datastructures import Headers

from octi.config import Agent
from octi.errors import BadSecret, OctiError, StoreFailed, reply_to
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.own_calls import OwnCalls
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.steps import ToClient
from octi.records import SessionRecord, SessionState
from octi.services import Services
from octi.session.door import Door
from octi.session.run import Session
from octi.session.taping import run_taped
from octi.store.patience import answered
from octi.upstream.base import FreshSetup
from octi.upstream.configure import APPLICATION_CODES
from octi.websocket.handshake import Accepted, Refused, Upgrade, answer, refuse
from octi.websocket.link import Link, outbox_for
from octi.websocket.transport import transport_over

log = structlog.get_logger("octi.http")

ANSWER_S = 5.0  # for the handshake's answer to be taken
ADMIT_S = 10.0  # for the store to say which session it is
KEY_PROTOCOL = "openai-insecure-api-key."
DOORS: Mapping[str, type[OctiDoor] | type[RealtimeDoor]] = {
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
        admitted = await self._admit(upgrade) if isinstance(outcome, Accepted) else None
        try:
            if isinstance(admitted, OctiError) and not isinstance(admitted, BadSecret):
                outcome = refused_by(admitted)
            await self._answer(upgrade, outcome, stream, admitted)
        finally:
            if isinstance(admitted, SessionRecord):
                self.services.live.leave(admitted.id)

    @property
    def _largest(self) -> int:
        return self.services.config.limits.max_message_bytes

    def _decide(self, upgrade: Upgrade) -> Accepted | Refused:
        if upgrade.path not in DOORS:
            return refuse(404, f"There is no socket at {upgrade.path}; there is one at {', '.join(DOORS)}.")
        if problem := unserved(upgrade.query):
            return refuse(501, problem)
        return answer(upgrade, max_message_bytes=self._largest)

    async def _admit(self, upgrade: Upgrade) -> SessionRecord | OctiError:
        """The session that an upgrade opens, with its slot taken, or why it opens none."""
        query = upgrade.query
        try:
            with trio.fail_after(ADMIT_S):
                return await self.services.directory.admit(
                    secret_in(upgrade.headers),
                    query.get("session"),
                    door=DOORS[upgrade.path].name,
                    model=query.get("model", ""),
                )
        except trio.TooSlowError:
            return StoreFailed(f"no answer within {ADMIT_S:g} s")
        except OctiError as error:
            return error

    async def _answer(
        self,
        upgrade: Upgrade,
        outcome: Accepted | Refused,
        stream: trio.abc.Stream,
        admitted: SessionRecord | OctiError | None,
    ) -> None:
        """Send the answer; then hold the session, or tell a client that cannot read a status why there is none."""
        status = 101 if isinstance(outcome, Accepted) else outcome.status
        log.info("socket", method=upgrade.method, path=upgrade.path, status=status, client=upgrade.peer)
        try:
            with trio.fail_after(ANSWER_S):
                await stream.send_all(outcome.response)
        except (trio.TooSlowError, trio.BrokenResourceError, trio.ClosedResourceError):
            return
        if not isinstance(outcome, Accepted):
            await _let_read(stream)
            return
        link = Link(outcome.codec, transport_over(stream), outbox_for(self._largest))
        if isinstance(admitted, SessionRecord):
            link.feed(upgrade.leftover)
            await self._hold(upgrade, link, admitted)
        elif admitted is not None:
            await _turn_away(link, DOORS[upgrade.path](), admitted)

    async def _hold(self, upgrade: Upgrade, link: Link, record: SessionRecord) -> None:
        services, config = self.services, self.services.config
        tools = services.tools.declarations(record)
        try:
            told = await answered(self._instructions(record))
        except OctiError as error:
            await _turn_away(link, DOORS[upgrade.path](), error)
            return
        await run_taped(
            Session(
                record=record,
                client=link,
                door=RealtimeDoor(own=OwnCalls(tools)) if DOORS[upgrade.path] is RealtimeDoor else OctiDoor(),
                upstream=services.upstream,
                setup=setup_for(config.agent, record, upgrade.query, told, tools),
                store=services.store,
                draining=services.live.draining,
                live=services.live,
                longest_s=config.limits.max_session_s,
                tools=services.tools,
                now=services.now,
            ),
            services.taping,
        )

    async def _instructions(self, record: SessionRecord) -> str:
        """What a session's agent is told; of one that is taken up again, with what was said before.

        Of one that was made a moment ago for this socket nothing is stored yet.
        """
        steering = self.services.steering
        if record.state is SessionState.ENDED:
            return (await steering.renew(record.id)).instructions.text
        if not await self.services.store.session(record.id):
            return self.services.config.agent.prompt
        return (await steering.instructions(record.id)).text


def setup_for(
    agent: Agent,
    record: SessionRecord,
    query: Mapping[str, str],
    instructions: str,
    tools: Sequence[Mapping[str, Any]] = (),
) -> FreshSetup:
    """What a session's legs are asked for. `?turn_detection=none`: the client says when a turn ends."""
    return FreshSetup(
        instructions=instructions or None,
        prompt_id=agent.prompt_id or None,
        voice=record.voice or agent.voice,
        transcription_model=agent.transcription_model,
        turn_detection=None if query.get("turn_detection") == "none" else "server_vad",
        silence_ms=agent.silence_ms,
        preset=msgspec.json.decode(record.config, type=dict[str, Any]),
        tools=tuple(tools),
    )


def unserved(query: Mapping[str, str]) -> str | None:
    """Why octi cannot serve what a query asks for, if it cannot."""
    if "call_id" in query:
        return "A sideband to a call (?call_id=) is not served by this version of octi."
    if query.get("intent") == "transcription":
        return "Transcription sessions (?intent=transcription) are not served by this version of octi."
    return None


def secret_in(headers: Headers) -> str | None:
    """The key that a client brings: as a bearer's, or, where a browser can send no header, as a sub-protocol."""
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    offered = [each.strip() for line in headers.get_all("Sec-WebSocket-Protocol") for each in line.split(",")]
    keys = (each.removeprefix(KEY_PROTOCOL) for each in offered if each.startswith(KEY_PROTOCOL))
    return next(keys, None)


def refused_by(error: OctiError) -> Refused:
    """An answer to an upgrade that opens no session."""
    headers = [("Retry-After", "5")] if error.retryable else []
    return refuse(reply_to(error).status, str(error), headers)


async def _turn_away(link: Link, door: Door, error: OctiError) -> None:
    """Tell a client in band why there is no session: a browser reads no status of a refused upgrade (protocol 4.3)."""
    code, kind = reply_to(error).close, reply_to(error).code
    for step in door.trouble(error):
        if isinstance(step, ToClient):
            link.send(step.data, text=step.text)
    await link.close(code, f"invalid_request_error.{kind}" if code >= APPLICATION_CODES else kind)


async def _let_read(stream: trio.abc.Stream) -> None:
    """Give a refused client a moment to read why, before the stream is closed."""
    with trio.move_on_after(1), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
        while await stream.receive_some():
            pass
