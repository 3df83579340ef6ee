"""Rules of the `error` event: what is refused, in which words, and that the socket stays open."""

from octi.conformance.dialogue import Server, Wire, update
from octi.conformance.rule import rule
from octi.conformance.values import Event, at, begins, expect, same, text


@rule("errors")
async def broken_json_is_refused(server: Server) -> Event:
    """What is not JSON is refused with `invalid_json`."""
    async with server.fresh() as wire:
        event = await _refused_raw(wire, '{"type": ')
        same(event, "error.code", "invalid_json")
        begins(event, "error.message", "Invalid event: failed to parse JSON value")
        return event


@rule("errors")
async def what_is_no_object_is_refused(server: Server) -> Event:
    """JSON that is no object is refused, and the socket stays open."""
    async with server.fresh() as wire:
        for odd in ("[]", '"hello"', "null", "7"):
            same(await _refused_raw(wire, odd), "error.type", "invalid_request_error")
        return await wire.ask(update(), "session.updated")


@rule("errors")
async def an_unknown_type_is_refused(server: Server) -> Event:
    """An event of a type that there is not is refused with `invalid_value`, and told which there are."""
    async with server.fresh() as wire:
        return await _no_such_type(wire, "nope")


@rule("errors")
async def beta_events_are_refused(server: Server) -> Event:
    """`transcription_session.update` is of the old shapes: it is an unknown type."""
    async with server.fresh() as wire:
        return await _no_such_type(wire, "transcription_session.update")


@rule("output_audio_buffer.clear")
async def output_audio_buffer_clear_is_for_calls(server: Server) -> Event:
    """Over a WebSocket `output_audio_buffer.clear` is refused as an unknown type."""
    async with server.fresh() as wire:
        return await _no_such_type(wire, "output_audio_buffer.clear")


@rule("errors")
async def a_missing_type_is_refused(server: Server) -> Event:
    """An event without a type is refused, and the error names `type`."""
    async with server.fresh() as wire:
        event = await wire.refused({"session": {}})
        same(event, "error.type", "invalid_request_error")
        same(event, "error.param", "type")
        return event


@rule("errors")
async def a_missing_field_is_named(server: Server) -> Event:
    """An event without a field that it must have is refused as a missing parameter, by its name."""
    async with server.fresh() as wire:
        for kind, param in MISSING:
            event = await wire.refused({"type": kind})
            same(event, "error.code", "missing_required_parameter")
            same(event, "error.param", param)
            same(event, "error.message", f"Missing required parameter: '{param}'.")
        return event


MISSING = (
    ("session.update", "session"),
    ("input_audio_buffer.append", "audio"),
    ("conversation.item.create", "item"),
    ("conversation.item.retrieve", "item_id"),
    ("conversation.item.delete", "item_id"),
)


@rule("errors")
async def a_field_of_the_wrong_type_is_named(server: Server) -> Event:
    """A number where a text should be, and the like, is refused, and the error names the field."""
    async with server.fresh() as wire:
        for wrong, param in WRONG:
            event = await wire.refused(wrong)
            same(event, "error.type", "invalid_request_error")
            same(event, "error.param", param)
        return event


WRONG: tuple[tuple[Event, str], ...] = (
    ({"type": "session.update", "session": {"type": "realtime", "instructions": 7}}, "session.instructions"),
    ({"type": "session.update", "session": "x"}, "session"),
    ({"type": "input_audio_buffer.append", "audio": 7}, "audio"),
    ({"type": "conversation.item.retrieve", "item_id": 7}, "item_id"),
    ({"type": "response.create", "response": {"instructions": 7}}, "response.instructions"),
)


@rule("errors")
async def binary_frames_are_refused(server: Server) -> Event:
    """A binary frame is refused with `invalid_event`, and the socket stays open."""
    async with server.fresh() as wire:
        await wire.send_raw(b"\x00\x01\x02")
        event = await wire.until("error")
        same(event, "error.code", "invalid_event")
        same(
            event,
            "error.message",
            "Expected a text WebSocket message; binary frames are not supported.",
        )
        await wire.ask(update(), "session.updated")
        return event


@rule("errors")
async def an_error_names_the_event_at_fault(server: Server) -> Event:
    """`error.event_id` is the id that the client gave the event, or null if it gave none."""
    async with server.fresh() as wire:
        event = await wire.ask({"type": "nope", "event_id": "mine-1"}, "error")
        same(event, "error.event_id", "mine-1")
        event = await wire.ask({"type": "conversation.item.delete", "item_id": "none", "event_id": "mine-2"}, "error")
        same(event, "error.event_id", "mine-2")
        same(await wire.ask({"type": "nope"}, "error"), "error.event_id", None)
        return event


@rule("events of the client")
async def an_event_id_may_be_any_text(server: Server) -> Event:
    """However a client names its events, the error about one comes, and names it."""
    async with server.fresh() as wire:
        for name in ("1", "event_000001", "octi_check", "evt-é", "a b"):
            event = await wire.ask({"type": "conversation.item.delete", "item_id": "none", "event_id": name}, "error")
            same(event, "error.event_id", name)
        return event


@rule("errors")
async def an_error_has_an_id_of_its_own(server: Server) -> Event:
    """The outer `event_id` of an error is the server's, not the client's."""
    async with server.fresh() as wire:
        event = await wire.ask({"type": "nope", "event_id": "mine-1"}, "error")
        expect(text(event, "event_id") != "mine-1", "the outer `event_id` is the client's", event)
        return event


@rule("events of the client")
async def an_event_id_has_at_most_512_characters(server: Server) -> Event:
    """An `event_id` of 512 characters is taken; a longer one is refused."""
    async with server.fresh() as wire:
        await wire.ask({**update(), "event_id": "x" * 512}, "session.updated")
        event = await wire.ask({**update(), "event_id": "x" * 513}, "error")
        same(event, "error.param", "event_id")
        return event


@rule("errors")
async def a_refused_event_has_no_other_consequence(server: Server) -> Event:
    """After any number of refusals the session is as it was, and each was answered by one error."""
    async with server.fresh() as wire:
        before = await wire.ask(update(), "session.updated")
        await wire.send(*({"type": "nope"} for _ in range(10)))
        errors = await wire.quiet()
        kinds = [event["type"] for event in errors]
        expect(kinds == ["error"] * 10, f"ten refused events were answered by {kinds}", wire.last)
        event = wire.events[-1]
        expect(at(event, "session") == at(before, "session"), "the session has changed", event)
        return event


async def _refused_raw(wire: Wire, message: str) -> Event:
    await wire.send_raw(message)
    return await wire.until("error")


async def _no_such_type(wire: Wire, kind: str) -> Event:
    event = await wire.refused({"type": kind})
    same(event, "error.code", "invalid_value")
    same(event, "error.param", "type")
    begins(event, "error.message", f"Invalid value: '{kind}'. Supported values are: ")
    return event


RULES = (
    broken_json_is_refused,
    what_is_no_object_is_refused,
    an_unknown_type_is_refused,
    beta_events_are_refused,
    output_audio_buffer_clear_is_for_calls,
    a_missing_type_is_refused,
    a_missing_field_is_named,
    a_field_of_the_wrong_type_is_named,
    binary_frames_are_refused,
    an_error_names_the_event_at_fault,
    an_event_id_may_be_any_text,
    an_error_has_an_id_of_its_own,
    an_event_id_has_at_most_512_characters,
    a_refused_event_has_no_other_consequence,
)
