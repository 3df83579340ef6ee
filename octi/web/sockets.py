"""The sockets' doors: which session an upgrade asks for, whether it may begin, and its whole life."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import attrs
import msgspec
import structlog
import trio
from structlog.contextvars import bound_contextvars

from octi.config import Agent
from octi.directory.wishes import TRANSCRIPTION
from octi.error_replies import reply_to
from octi.errors import OctiError, StoreFailed, Unserved
from octi.guard.caller import Caller
from octi.observe.base import Meter
from octi.observe.labels import OTHER
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.own_calls import OwnCalls
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.steps import ToClient
from octi.records import SessionRecord, SessionState
from octi.services import Services
from octi.session.door import Door
from octi.session.ending import goodbye, restart_code
from octi.session.session import Session
from octi.session.taping import run_taped
from octi.session.tools import NoTools, Toolbox
from octi.session.warming import warmed
from octi.store.patience import answered
from octi.surface import shown
from octi.upstream.base import FreshSetup, TranscriptionSetup, Upstream
from octi.upstream.sessions import Chosen, transcriber
from octi.web.budgets import within_budget
from octi.web.callers import caller_of_upgrade, check_upgrade, speaker
from octi.web.forwarded import client_of
from octi.web.joining import NO_CALLS, has_calls, joined, keeps
from octi.web.limiting import limited, seating
from octi.web.policies import check_model, policed
from octi.web.replies import patience
from octi.web.request_ids import HEADER, request_id, with_request_id
from octi.web.traced import Answered, request_span
from octi.web.visits import Visit, visit_of
from octi.websocket.handshake import Accepted, Refused, Upgrade, answer, refuse
from octi.websocket.link import Link, outbox_for
from octi.websocket.transport import transport_over

log = structlog.get_logger("octi.http")

ANSWER_S = 5.0  # for the handshake's answer to be taken
ADMIT_S = 10.0  # for the store to say which session it is
NO_TRANSCRIPTION = "Whoever answers here has no transcription sessions (?intent=transcription)."
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
        lines = upgrade.headers.raw_items()
        with request_span(self.services.observer.tracer, upgrade.method, upgrade.path, lines) as told:
            told.route = upgrade.path if upgrade.path in DOORS else ""
            name = request_id(upgrade.headers.get_all(HEADER))
            with bound_contextvars(request=name):
                await self._take(upgrade, stream, told, name)

    async def _take(self, upgrade: Upgrade, stream: trio.abc.Stream, told: Answered, name: str) -> None:
        began = trio.current_time()
        outcome, visit = self._decide(upgrade), visit_of(upgrade)
        caller = await self._caller(upgrade, visit) if isinstance(outcome, Accepted) else None
        admitted = await self._admit(upgrade, visit, caller) if isinstance(caller, Caller) else caller
        if isinstance(admitted, OctiError):
            self._meter.session_refused(reply_to(admitted).code)
        try:
            if isinstance(admitted, OctiError) and not visit.in_band(admitted):
                outcome = refused_by(admitted)
            told.status = status_of(outcome)
            self._count(upgrade, outcome, began)
            outcome = attrs.evolve(outcome, response=with_request_id(outcome.response, name))
            await self._answer(upgrade, outcome, stream, admitted, caller)
        finally:
            if isinstance(admitted, SessionRecord):
                self.services.live.leave(admitted.id)

    @property
    def _meter(self) -> Meter:
        return self.services.observer.meter

    def _count(self, upgrade: Upgrade, outcome: Accepted | Refused, began: float) -> None:
        route = upgrade.path if upgrade.path in DOORS else OTHER
        self._meter.requested(upgrade.method, route, status_of(outcome), trio.current_time() - began)

    @property
    def _largest(self) -> int:
        return self.services.config.limits.max_message_bytes

    def _decide(self, upgrade: Upgrade) -> Accepted | Refused:
        if upgrade.path not in DOORS:
            return refuse(404, f"There is no socket at {shown(upgrade.path)}; there is one at {', '.join(DOORS)}.")
        try:
            check_upgrade(self.services, upgrade)
        except OctiError as error:
            return refused_by(error)
        return answer(upgrade, max_message_bytes=self._largest)

    async def _caller(self, upgrade: Upgrade, visit: Visit) -> Caller | OctiError:
        """Who wants a socket, or why nobody may who says so little of himself."""
        try:
            with trio.fail_after(ADMIT_S):
                return await caller_of_upgrade(self.services, upgrade, visit)
        except trio.TooSlowError:
            return StoreFailed(f"no answer within {ADMIT_S:g} s")
        except OctiError as error:
            return error

    async def _admit(self, upgrade: Upgrade, visit: Visit, caller: Caller) -> SessionRecord | OctiError:
        """The session that an upgrade opens, with its slot taken, or why it opens none."""
        door = DOORS[upgrade.path]
        if problem := visit.problem(realtime=door is RealtimeDoor) or self._unserved(visit):
            return problem
        try:
            check_model(self.services, caller, visit)
            with trio.fail_after(ADMIT_S):
                if visit.call_id is None:
                    return await self._enter(visit, door.name, caller)
                enter = partial(self._enter, visit, door.name, caller)
                seat = seating(self.services, caller)
                return await self.services.directory.joining.admit(
                    visit.call_id, visit.secret, door.name, enter, seat, caller
                )
        except trio.TooSlowError:
            return StoreFailed(f"no answer within {ADMIT_S:g} s")
        except OctiError as error:
            return error

    async def _enter(self, visit: Visit, door: str, caller: Caller) -> SessionRecord:
        record = await self.services.directory.admit(
            visit.secret,
            visit.session,
            door=door,
            model=visit.model,
            transcribes=visit.transcribes,
            caller=caller,
            origin=visit.origin,
            seat=seating(self.services, caller),
        )
        return await within_budget(self.services, record)

    def _unserved(self, visit: Visit) -> OctiError | None:
        if visit.call_id is not None and not has_calls(self.services):
            return Unserved(NO_CALLS)
        if visit.transcribes and transcriber(self.services.upstream) is None:
            return Unserved(NO_TRANSCRIPTION)
        return None

    async def _answer(
        self,
        upgrade: Upgrade,
        outcome: Accepted | Refused,
        stream: trio.abc.Stream,
        admitted: SessionRecord | OctiError | None,
        caller: Caller | OctiError | None,
    ) -> None:
        """Send the answer; then hold the session, or tell a client that cannot read a status why there is none."""
        status = status_of(outcome)
        log.info(
            "socket",
            method=upgrade.method,
            path=upgrade.path,
            status=status,
            client=self._client(upgrade),
            refused=reply_to(admitted).code if isinstance(admitted, OctiError) else None,
        )
        try:
            with trio.fail_after(ANSWER_S):
                await stream.send_all(outcome.response)
        except (trio.TooSlowError, trio.BrokenResourceError, trio.ClosedResourceError):
            return
        if not isinstance(outcome, Accepted):
            await _let_read(stream)
            return
        link = Link(outcome.codec, transport_over(stream), outbox_for(self._largest), poll=self.services.poll)
        if isinstance(admitted, SessionRecord) and isinstance(caller, Caller):
            link.feed(upgrade.leftover)
            await self._hold(upgrade, link, admitted, speaker(caller, admitted))
        elif isinstance(admitted, OctiError):
            await _turn_away(link, DOORS[upgrade.path](), admitted)

    def _client(self, upgrade: Upgrade) -> str:
        told = upgrade.headers.get_all("X-Forwarded-For")
        return client_of(upgrade.peer, told, self.services.config.listen.proxies)

    async def _hold(self, upgrade: Upgrade, link: Link, record: SessionRecord, caller: Caller) -> None:
        services, config = self.services, self.services.config
        preset = msgspec.json.decode(record.config, type=dict[str, Any])
        heard = preset.get("type") == TRANSCRIPTION
        call_id, secret = upgrade.query.get("call_id"), visit_of(upgrade).secret
        toolbox: Toolbox = NoTools() if heard or keeps(services, call_id, record) else services.tools
        tools = toolbox.declarations(record)
        try:
            upstream = self._upstream(record, heard=heard)
            told = await answered(self._instructions(record))
        except OctiError as error:
            self._meter.session_refused(reply_to(error).code)
            await _turn_away(link, DOORS[upgrade.path](), error)
            return
        session = Session(
            record=record,
            client=link,
            door=RealtimeDoor(own=OwnCalls(tools), greets=call_id is None)
            if DOORS[upgrade.path] is RealtimeDoor
            else OctiDoor(),
            upstream=upstream,
            setup=setup_for(config.agent, record, upgrade.query, told, tools),
            store=services.store,
            draining=services.live.draining,
            live=services.live,
            longest_s=config.limits.max_session_s,
            tools=toolbox,
            now=services.now,
            observer=services.observer,
            judge=services.judge,
            peer=self._client(upgrade),
            restart_code=restart_code(" ".join(upgrade.headers.get_all("User-Agent"))),
        )
        session = services.budgets.given(limited(services, caller, link, session))
        session = warmed(services.warm, policed(services, caller, session))
        await run_taped(joined(services, call_id, secret, session, caller), services.taping)

    def _upstream(self, record: SessionRecord, *, heard: bool) -> Upstream:
        """Who answers a session, or only hears it. Raises Unserved."""
        upstream = self.services.upstream
        if heard:
            found = transcriber(upstream)
            if found is None:  # the session was made when another upstream was configured
                raise Unserved(NO_TRANSCRIPTION)
            return found
        return upstream if record.model == self.services.config.upstream.model else Chosen(upstream)

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


def status_of(outcome: Accepted | Refused) -> int:
    """The status that an upgrade is answered with."""
    return 101 if isinstance(outcome, Accepted) else outcome.status


def setup_for(
    agent: Agent,
    record: SessionRecord,
    query: Mapping[str, str],
    instructions: str,
    tools: Sequence[Mapping[str, Any]] = (),
) -> FreshSetup | TranscriptionSetup:
    """What a session's legs are asked for. `?turn_detection=none`: the client says when a turn ends."""
    preset = msgspec.json.decode(record.config, type=dict[str, Any])
    turn_detection = None if query.get("turn_detection") == "none" else "server_vad"
    if preset.get("type") == TRANSCRIPTION:
        return TranscriptionSetup(
            transcription_model=agent.transcription_model,
            turn_detection=turn_detection,
            silence_ms=agent.silence_ms,
            preset=preset,
        )
    return FreshSetup(
        instructions=instructions or None,
        prompt_id=agent.prompt_id or None,
        voice=record.voice or agent.voice,
        transcription_model=agent.transcription_model,
        turn_detection=turn_detection,
        silence_ms=agent.silence_ms,
        preset=preset,
        tools=tuple(tools),
    )


def refused_by(error: OctiError) -> Refused:
    """An answer to an upgrade that opens no session."""
    headers = list(patience(error).items()) or ([("Retry-After", "5")] if error.retryable else [])
    return refuse(reply_to(error).status, str(error), headers)


async def _turn_away(link: Link, door: Door, error: OctiError) -> None:
    """Tell a client in band why there is no session: a browser reads no status of a refused upgrade (protocol 4.3)."""
    for step in door.trouble(error):
        if isinstance(step, ToClient):
            link.send(step.data, text=step.text)
    await link.close(reply_to(error).close, goodbye(error))


async def _let_read(stream: trio.abc.Stream) -> None:
    """Give a refused client a moment to read why, before the stream is closed."""
    with trio.move_on_after(1), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
        while await stream.receive_some():
            pass
