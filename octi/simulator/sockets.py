"""The simulator's WebSockets: conversations of their own (`?model=`), and sidebands to calls (`?call_id=`)."""

import attrs
import msgspec
import trio

from octi.simulator.house import House
from octi.simulator.http import LINGER_S, response_bytes
from octi.simulator.journal import Entry
from octi.simulator.keys import credential_in
from octi.simulator.opening import TRANSCRIPTION, Opening
from octi.simulator.replies import NO_CALL, Reply, refuses, scripted
from octi.simulator.script import Fault
from octi.simulator.stage import DROPPED, Listening, Stage
from octi.upstream.embedded import Converse, Embedded
from octi.websocket.handshake import Accepted, Upgrade, answer
from octi.websocket.link import Link, outbox_for
from octi.websocket.transport import Transport, transport_over

PATH = "/v1/realtime"
LARGEST_MESSAGE_BYTES = 24 << 20  # 15 MiB of audio are 20 MiB as base64
ANSWER_S = 5.0


@attrs.frozen
class Turned:
    """A socket that is let in only to be told why it is not (protocol 4.3)."""

    message: str
    code: str | None
    close: int

    @property
    def reason(self) -> str:
        """What the provider closes with."""
        return f"invalid_request_error.{self.code}" if self.code else "invalid_request_error"


@attrs.frozen
class Visit:
    """Somebody at the door, before it is known whether they come in."""

    upgrade: Upgrade
    headers: dict[str, str] = attrs.field(repr=False)  # names in small letters
    credential: str = attrs.field(repr=False)

    @property
    def call_id(self) -> str | None:
        """The call that they want to listen to."""
        return self.upgrade.query.get("call_id")

    @property
    def model(self) -> str:
        """The model that they want to speak to."""
        return self.upgrade.query.get("model", "")

    @property
    def transcribes(self) -> bool:
        """Whether they want their words written down, and no answers."""
        return self.upgrade.query.get("intent") == "transcription"


def visit_of(upgrade: Upgrade) -> Visit:
    """An upgrade with what is asked of it more than once."""
    headers = {name.lower(): value for name, value in upgrade.headers.raw_items()}
    return Visit(upgrade, headers, credential_in(headers))


@attrs.frozen
class Sockets:
    """Takes upgrades. Their streams are closed by who hands them on."""

    house: House
    converse: Converse | None = None  # who answers sockets of their own; None: the script
    transcribe: Converse | None = None  # ... and those of `?intent=transcription`; None: nobody

    async def __call__(self, upgrade: Upgrade, stream: trio.abc.Stream) -> None:
        """Answer one, and hold its conversation until it ends."""
        visit = visit_of(upgrade)
        entry, fault = self._noted(visit), self.house.faults.next(upgrade.target)
        if fault:
            await trio.sleep(fault.stall_s)
            if fault.drop:
                return
        if reply := self._refusal(visit, fault):
            entry.status = reply.status
            await _refuse(stream, attrs.evolve(reply, headers={"x-request-id": entry.id, **reply.headers}))
            return
        accepted = answer(upgrade, max_message_bytes=LARGEST_MESSAGE_BYTES)
        entry.status = 101 if isinstance(accepted, Accepted) else accepted.status
        with trio.fail_after(ANSWER_S):
            await stream.send_all(accepted.response)
        if isinstance(accepted, Accepted):
            transport = transport_over(stream)
            link = Link(accepted.codec, transport, outbox_for(LARGEST_MESSAGE_BYTES))
            link.feed(upgrade.leftover)
            await self._let_in(visit, link, transport, fault)

    def _noted(self, visit: Visit) -> Entry:
        house, upgrade = self.house, visit.upgrade
        return house.journal.note(
            Entry(
                id=house.ids.next("req"),
                method=upgrade.method,
                path=upgrade.path,
                query=house.keys.hidden(upgrade.query),
                authorised=house.keys.opens(visit.credential),
            )
        )

    def _refusal(self, visit: Visit, fault: Fault | None) -> Reply | None:
        """Why there is no such socket. Whoever did not make a call does not learn that there is one (peers 5.1)."""
        if fault and fault.status is not None:
            return scripted(fault.status, fault.headers, fault.body)
        if visit.upgrade.path != PATH:
            return refuses(404, f"Invalid URL ({visit.upgrade.method} {visit.upgrade.path})")
        if visit.call_id is not None and not self.house.calls.find_for(visit.call_id, visit.credential):
            return NO_CALL
        return None

    async def _let_in(self, visit: Visit, link: Link, transport: Transport, fault: Fault | None) -> None:
        if turned := self._turned(visit):
            await _turn_away(link, turned)
            return
        listener = Listening(link, fault)
        async with trio.open_nursery() as writing:
            writing.start_soon(listener.write, name="simulator writer")
            try:
                await self._hold(visit, listener)
            finally:
                if listener.goodbye[0] == DROPPED:
                    await transport.aclose()  # noqa: ASYNC102  never waits
                else:
                    await link.close(*listener.goodbye)  # noqa: ASYNC102  shielded itself, with a deadline
                writing.cancel_scope.cancel(reason="its leg is closed")

    def _turned(self, visit: Visit) -> Turned | None:
        if not self.house.keys.opens(visit.credential):
            if not visit.credential:
                return Turned("Missing bearer authentication in header.", None, 3000)
            return Turned("Incorrect API key provided.", "invalid_api_key", 3000)
        if "openai-beta" in visit.headers:
            return Turned("The Realtime Beta API is no longer supported.", "beta_api_shape_disabled", 4000)
        if visit.call_id is not None:
            return None
        if self._transcribes(visit) and self.transcribe:
            return None
        if "intent" in visit.upgrade.query or self._transcribes(visit):
            return Turned("The simulator has no transcription sessions.", "invalid_value", 4000)
        if not visit.model:
            return Turned("You must provide a model parameter.", "missing_model", 4000)
        return None

    def _transcribes(self, visit: Visit) -> bool:
        """By its address, or by its secret."""
        return visit.transcribes or (self.house.keys.preset(visit.credential) or {}).get("type") == TRANSCRIPTION

    async def _hold(self, visit: Visit, listener: Listening) -> None:
        answerer = self.transcribe if self._transcribes(visit) else self.converse
        if visit.call_id is None and answerer:
            self.house.stages.came.set()
            await _answered(answerer, listener, visit.model)
            self.house.stages.over.set()
        elif visit.call_id is None:
            await self._converse(visit, listener)
        elif call := self.house.calls.find_for(visit.call_id, visit.credential):
            await _listen(listener, call.stage)

    async def _converse(self, visit: Visit, listener: Listening) -> None:
        """A conversation of its own, which ends with its socket."""
        house = self.house
        preset = {name: each for name, each in (house.keys.preset(visit.credential) or {}).items() if name != "model"}
        opening = Opening(visit.model, house.now(), (preset,))  # it was checked when the secret was made
        await converse(house.stages.open(opening, call=False), listener)


async def _answered(converse: Converse, listener: Listening, model: str) -> None:
    """A conversation with somebody else than the script.

    They have a leg in memory: a socket has one reader and one writer, and is closed when both have ended.
    """
    async with Embedded(converse, "simulator").open(model) as leg:
        await listener.relay(leg)


async def converse(stage: Stage, listener: Listening) -> None:
    """Greet a listener, and play a stage for it alone, until it leaves."""
    stage.greet(listener)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.run, name="simulated conversation")
        await _listen(listener, stage)
        nursery.cancel_scope.cancel(reason="its socket has ended")
    code, reason = listener.goodbye
    stage.over(f"closed by the script: {code} {reason}" if listener.dismissed else "the client left")


async def _listen(listener: Listening, stage: Stage) -> None:
    stage.enter(listener)
    try:
        await listener.attend(stage)
    finally:
        stage.leave(listener)


async def _refuse(stream: trio.abc.Stream, reply: Reply) -> None:
    with trio.fail_after(ANSWER_S):
        await stream.send_all(response_bytes(reply))
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
    with trio.move_on_after(LINGER_S):  # so that a reset does not overtake the answer
        while await stream.receive_some():
            pass


async def _turn_away(link: Link, turned: Turned) -> None:
    body = {"type": "invalid_request_error", "code": turned.code, "message": turned.message, "param": None}
    error = {"type": "error", "event_id": "event_000001", "error": {**body, "event_id": None}}
    link.send(msgspec.json.encode(error))
    await link.close(turned.close, turned.reason)
