"""The faults, each as something that happens to a stage."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import attrs
import msgspec
import trio
from websockets.frames import Opcode

from octi.errors import StoreFailed
from octi.records import Role, Row, Turn
from tests.engine.wire import Event
from tests.proofs.matrix.caller import OCTI, sound
from tests.proofs.matrix.moments import Moment, Side
from tests.proofs.matrix.stage import Stage
from tests.proofs.matrix.wires import Wire
from tests.simulator.talking import update

Happening = Callable[[Stage, Moment], Awaitable[None]]

PLAIN_CODES = (1000, 1001, 1002, 1003, 1007, 1009, 1010, 1011, 1012, 1013, 1014)
REFUSING_CODES = (1008, 3000, 3999, 4000, 4999)  # how providers say that a key or a model is not for us
FLOOD_BYTES = 1 << 20  # more than waits for a leg
DRIP_S = 0.05
SLOW_DRIP_S = 0.2  # with a head of a hundred bytes: longer than anyone waits for it
RETRY_S = 2
NO_HTTP = b"\r\nthis is no header\x00\r\n\r\n"


@attrs.frozen
class Fault:
    """One row of the matrix. `variants`: ways for it to happen that must all come to the same."""

    side: Side
    name: str
    variants: Sequence[Happening]


def peer(stage: Stage, side: Side) -> Wire:
    """The wire of whoever goes wrong."""
    return stage.caller.wire if side is Side.CLIENT else stage.upstream_wire


def on_wire(side: Side, do: Callable[[Wire], Awaitable[None] | None]) -> Happening:
    """Something that happens to a peer's wire, whenever it does."""

    async def happen(stage: Stage, moment: Moment) -> None:
        waits = do(peer(stage, side))
        if waits is not None:
            await waits

    return happen


def says(
    side: Side, what: Callable[[Wire], bytes], head: bytes = b"\x16\x03\x01 this is not HTTP\r\n\r\n"
) -> Happening:
    """The peer sends a frame; `head`: what it sends where there is no socket yet."""

    async def happen(stage: Stage, moment: Moment) -> None:
        wire = peer(stage, side)
        await wire.say(NO_HTTP if moment is Moment.CONNECTING else what(wire))

    return happen


def drips(side: Side) -> Happening:
    """A harmless message, a byte at a time; or the rest of what opens the socket, too slowly."""

    async def happen(stage: Stage, moment: Moment) -> None:
        wire = peer(stage, side)
        if moment is Moment.CONNECTING:
            if side is Side.PROVIDER:
                wire.die()  # else it answers after all
            await wire.drip(b"X-Slow: " + b"x" * 200, SLOW_DRIP_S)
        else:
            await wire.drip(wire.frame(msgspec.json.encode(harmless(stage, side))), DRIP_S)

    return happen


def harmless(stage: Stage, side: Side) -> Event:
    """A message that changes nothing."""
    if side is Side.PROVIDER:
        return {"type": "rate_limits.updated", "event_id": "event_late", "rate_limits": []}
    return {"type": "start_conversation"} if stage.dialect is OCTI else update()


async def client_floods(stage: Stage, moment: Moment) -> None:
    """A megabyte of silence at once; or of a head that does not end."""
    wire = stage.caller.wire
    if moment is Moment.CONNECTING:
        await wire.say(b"X-Flood: " + b"x" * FLOOD_BYTES)
        return
    piece = sound(stage.dialect, bytes(48_000))
    frame = wire.frame(piece, Opcode.BINARY) if isinstance(piece, bytes) else wire.frame(msgspec.json.encode(piece))
    await wire.say(*[frame] * (FLOOD_BYTES // len(frame) + 2))


async def provider_floods(stage: Stage, moment: Moment) -> None:
    """A megabyte of events that nobody knows; or of a head that does not end."""
    wire = stage.upstream_wire
    if moment is Moment.CONNECTING:
        await wire.say(b"HTTP/1.1 101 Switching Protocols\r\n", b"X-Flood: " + b"x" * FLOOD_BYTES)
        return
    event = {"type": "octi.simulated.unknown", "event_id": "event_flood", "padding": "x" * 1000}
    await wire.say(*[wire.frame(msgspec.json.encode(event))] * (FLOOD_BYTES // 1000))


def answers(status: str, error: Event, headers: str = "") -> bytes:
    """An HTTP answer to octi's upgrade."""
    body = msgspec.json.encode({"error": error})
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def errs(error: Event, head: bytes = b"", *, close: int | None = None) -> Happening:
    """The provider sends an `error` event, and perhaps leaves; or it answers the upgrade so."""

    async def happen(stage: Stage, moment: Moment) -> None:
        wire = stage.upstream_wire
        if moment is Moment.CONNECTING:
            await wire.say(head)
            wire.vanish()
            return
        about = "octi_update" if moment is Moment.CONFIGURING else None
        body = {"type": "invalid_request_error", "param": None, "event_id": about, **error}
        event = {"type": "error", "event_id": "event_fault", "error": body}
        frames = [wire.frame(msgspec.json.encode(event))]
        await wire.say(*frames, *([wire.goodbye(close)] if close else []))

    return happen


async def goes_away(stage: Stage, moment: Moment) -> None:
    """The provider vanishes, and nobody answers at its address any more."""
    stage.net.is_away = True
    stage.upstream_wire.vanish()


REFUSAL: Event = {"code": "invalid_value", "message": "Unsupported voice."}
LIMIT: Event = {"code": "rate_limit_exceeded", "message": f"Rate limit reached. Please try again in {RETRY_S}s."}
EXPIRY: Event = {"code": "session_expired", "message": "Your session hit the maximum duration of 60 minutes."}
REFUSED = answers("401 Unauthorized", {"code": "invalid_api_key", "message": "Incorrect API key provided."})
LIMITED = answers("429 Too Many Requests", LIMIT, f"Retry-After: {RETRY_S}\r\n")


def of_wire(side: Side) -> list[Fault]:
    """What may happen on either leg."""

    def closes(codes: Sequence[int]) -> list[Happening]:
        return [says(side, partial(Wire.goodbye, code=code)) for code in codes]

    no_utf8, no_frame = partial(Wire.frame, data=b"\xff\xfe"), partial(Wire.frame, data=b"", opcode=Opcode.PONG)
    return [
        Fault(side, "vanishes", [on_wire(side, Wire.vanish)]),
        Fault(side, "resets", [on_wire(side, Wire.reset)]),
        Fault(side, "is half-open", [on_wire(side, Wire.half_open)]),
        Fault(side, "stalls", [on_wire(side, Wire.stall)]),
        Fault(side, "floods", [client_floods if side is Side.CLIENT else provider_floods]),
        Fault(side, "closes with 1000 to 1014", closes(PLAIN_CODES)),
        Fault(side, "closes with 1008, 3000 to 4999", closes(REFUSING_CODES)),
        Fault(side, "sends bytes that are no frame", [says(side, lambda wire: b"\xff" + no_frame(wire)[1:])]),
        Fault(side, "sends text that is not UTF-8", [says(side, no_utf8)]),
        Fault(side, "sends text that is not JSON", [says(side, partial(Wire.frame, data=b'{"type": garbage'))]),
        Fault(side, "sends too large a message", [says(side, Wire.oversize)]),
        Fault(side, "sends a message byte by byte", [drips(side)]),
    ]


def store_is(**trouble: object) -> Happening:
    """The store is in trouble from now on."""

    async def happen(stage: Stage, moment: Moment) -> None:
        for name, value in trouble.items():
            setattr(stage.store, name, value)

    return happen


AWAY, FULL = StoreFailed("it does not answer"), StoreFailed("database or disk is full; make room on the disk")
AWAY_S = 30.0


async def store_is_away(stage: Stage, moment: Moment) -> None:
    """For half a minute."""

    async def heal() -> None:
        await trio.sleep(AWAY_S)
        stage.store.heal()

    stage.store.failure = AWAY
    stage.outside.start_soon(heal)


def is_users(row: Row) -> bool:
    """Is it something that the user said?"""
    return isinstance(row, Turn) and row.role is Role.USER


def jumps(by_s: float) -> Happening:
    """The wall clock jumps."""

    async def happen(stage: Stage, moment: Moment) -> None:
        stage.clock.ahead_s += by_s

    return happen


FAULTS = (
    *of_wire(Side.CLIENT),
    *of_wire(Side.PROVIDER),
    Fault(Side.PROVIDER, "refuses", [errs(REFUSAL, REFUSED)]),
    Fault(Side.PROVIDER, "limits the rate", [errs(LIMIT, LIMITED)]),
    Fault(Side.PROVIDER, "ends an expired session", [errs(EXPIRY, close=1001)]),
    Fault(Side.PROVIDER, "is away for good", [goes_away]),
    Fault(Side.STORE, "takes 3 s for everything", [store_is(slow_s=3.0)]),
    Fault(Side.STORE, "fails for 30 s", [store_is_away]),
    Fault(Side.STORE, "fails for good", [store_is(failure=AWAY)]),
    Fault(Side.STORE, "has a full disk", [store_is(failure=FULL)]),
    Fault(Side.STORE, "refuses one row", [store_is(is_bad=is_users)]),
    Fault(Side.CLOCK, "jumps by an hour", [jumps(3600), jumps(-3600)]),
)
