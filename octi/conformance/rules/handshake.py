"""Rules of the door: sub-protocols, keys, and what is asked for in the address."""

from octi.conformance.dialogue import Server, Wire
from octi.conformance.rule import NotApplicable, rule
from octi.conformance.values import Event, expect, same, text
from octi.websocket.opener import UpgradeRefused

KEY_PROTOCOL = "openai-insecure-api-key."
WRONG_KEY = "sk-wrong-octi-check"
NO_MODEL = "no-such-model-octi-check"
ANY_KEY = "sk-octi-check"  # where none is needed; a token, as keys in sub-protocols are


@rule("WebSocket handshake")
async def no_sub_protocol_is_picked_where_none_is_offered(server: Server) -> Event:
    """A client that offers no sub-protocol is answered with none."""
    async with server.fresh() as wire:
        picked = wire.socket.subprotocol
        expect(picked is None, f"the server picked {picked!r}", wire.last)
        return wire.events[0]


@rule("WebSocket handshake")
async def realtime_is_picked_where_it_is_offered(server: Server) -> Event:
    """A client that offers `realtime` and its key as sub-protocols, as browsers do, is answered with `realtime`."""
    async with server.door(subprotocols=_offered(server), key="") as wire:
        picked = wire.socket.subprotocol
        expect(picked == "realtime", f"the server picked {picked!r}, not 'realtime'")
        return await wire.until("session.created")


@rule("WebSocket handshake")
async def a_key_may_come_as_a_sub_protocol(server: Server) -> Event:
    """A browser's key, in the sub-protocol `openai-insecure-api-key.…`, opens a session that works."""
    async with server.door(subprotocols=_offered(server), key="") as wire:
        await wire.until("session.created")
        return await wire.ask(_NOTHING, "session.updated")


@rule("errors and closes")
async def a_wrong_key_opens_nothing(server: Server) -> Event | None:
    """A wrong key gets no session: it is refused at the handshake, or by an error and a close."""
    try:
        async with server.door(key=WRONG_KEY) as wire:
            event = await _turned_away(wire, "the server takes any key")
            await wire.closed()
            return event
    except UpgradeRefused as refused:
        expect(refused.status in {401, 403}, f"HTTP {refused.status} should be 401 or 403")
        return None


@rule("errors and closes")
async def a_wrong_key_is_told_where_a_browser_can_read_it(server: Server) -> Event:
    """A wrong key is let in, told `invalid_api_key`, and closed with 3000."""
    try:
        async with server.door(key=WRONG_KEY) as wire:
            event = await _turned_away(wire, "the server takes any key")
            same(event, "error.code", "invalid_api_key")
            await _closed(wire, 3000, "invalid_request_error.invalid_api_key")
            return event
    except UpgradeRefused as refused:
        raise NotApplicable(f"it is refused with HTTP {refused.status}, which no browser can read") from None


@rule("errors and closes")
async def a_missing_key_is_told_where_a_browser_can_read_it(server: Server) -> Event:
    """Who brings no key is let in, told so without a code, and closed with 3000."""
    try:
        async with server.door(key="") as wire:
            event = await _turned_away(wire, "the server needs no key")
            same(event, "error.type", "invalid_request_error")
            await _closed(wire, 3000, "invalid_request_error")
            return event
    except UpgradeRefused as refused:
        raise NotApplicable(f"it is refused with HTTP {refused.status}, which no browser can read") from None


@rule("errors and closes")
async def the_beta_shape_is_refused(server: Server) -> Event:
    """A client that asks for the old shapes by `OpenAI-Beta` is told `beta_api_shape_disabled`, and closed (4000)."""
    async with server.door(headers={"OpenAI-Beta": "realtime=v1"}) as wire:
        event = await _first(wire)
        expect(event["type"] == "error", "the server opens a session for a client of the old shapes", event)
        same(event, "error.code", "beta_api_shape_disabled")
        await _closed(wire, 4000, "invalid_request_error.beta_api_shape_disabled")
        return event


@rule("errors and closes")
async def a_missing_model_is_told_in_band(server: Server) -> Event:
    """An address without a model, a call or an intent is told `missing_model`, and closed with 4000."""
    async with server.door({"model": None}) as wire:
        event = await _turned_away(wire, "the server has a model for whoever names none")
        same(event, "error.code", "missing_model")
        await _closed(wire, 4000, "invalid_request_error.missing_model")
        return event


@rule("errors and closes")
async def an_unknown_model_is_told_in_band(server: Server) -> Event:
    """A model that the server does not have is told `invalid_model`, and closed with 4000."""
    async with server.door({"model": NO_MODEL}) as wire:
        event = await _turned_away(wire, "the server takes any model's name")
        same(event, "error.code", "invalid_model")
        await _closed(wire, 4000, "invalid_request_error.invalid_model")
        return event


@rule("WebSocket handshake")
async def a_close_is_answered(server: Server) -> Event:
    """When the client closes, the server ends the socket; a client that comes again has a session of its own."""
    async with server.fresh() as wire:
        first = wire.events[0]
    async with server.fresh() as wire:
        event = wire.events[0]
    expect(text(first, "session.id") != text(event, "session.id"), "two sessions have the same id", event)
    return event


_NOTHING: Event = {"type": "session.update", "session": {"type": "realtime"}}


def _offered(server: Server) -> list[str]:
    return ["realtime", f"{KEY_PROTOCOL}{server.key or ANY_KEY}"]


async def _first(wire: Wire) -> Event:
    """The first event, whichever it is."""
    return await wire.next()


async def _turned_away(wire: Wire, otherwise: str) -> Event:
    """The error that comes first. Raises NotApplicable where a session opens."""
    event = await _first(wire)
    if event["type"] == "session.created":
        raise NotApplicable(otherwise)
    expect(event["type"] == "error", "the first event should be an error", event)
    return event


async def _closed(wire: Wire, code: int, reason: str) -> None:
    """The server closes with that. Raises Broken."""
    last = wire.last
    found = await wire.closed()
    expect(found == (code, reason), f"the server closed with {found[0]} {found[1]!r}, not {code} {reason!r}", last)


RULES = (
    no_sub_protocol_is_picked_where_none_is_offered,
    realtime_is_picked_where_it_is_offered,
    a_key_may_come_as_a_sub_protocol,
    a_wrong_key_opens_nothing,
    a_wrong_key_is_told_where_a_browser_can_read_it,
    a_missing_key_is_told_where_a_browser_can_read_it,
    the_beta_shape_is_refused,
    a_missing_model_is_told_in_band,
    an_unknown_model_is_told_in_band,
    a_close_is_answered,
)
