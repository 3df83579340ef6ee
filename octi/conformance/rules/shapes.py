"""Rules of each event by itself, whenever it is said: its fields, its ids, its numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

from octi.conformance.rule import Tape, standing
from octi.conformance.values import MISSING, Event, among, expect, find, has, leaves, same, shown, text, whole

LARGEST_FRAME = 1 << 20  # what some clients take at most
IN_ITEM = ("item_id",)
IN_OUTPUT = ("response_id", "item_id", "output_index")
IN_PART = (*IN_OUTPUT, "content_index")
TRANSCRIBED = ("item_id", "content_index")

# The events of a WebSocket's sessions, and what each has at least.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "error": ("error",),
    "session.created": ("session",),
    "session.updated": ("session",),
    "conversation.created": ("conversation",),
    "conversation.item.added": ("item",),
    "conversation.item.done": ("item",),
    "conversation.item.retrieved": ("item",),
    "conversation.item.deleted": IN_ITEM,
    "conversation.item.truncated": ("item_id", "content_index", "audio_end_ms"),
    "conversation.item.input_audio_transcription.delta": IN_ITEM,
    "conversation.item.input_audio_transcription.completed": (*TRANSCRIBED, "transcript", "usage"),
    "conversation.item.input_audio_transcription.failed": (*TRANSCRIBED, "error"),
    "conversation.item.input_audio_transcription.segment": ("id", *TRANSCRIBED, "start", "end", "speaker", "text"),
    "input_audio_buffer.committed": IN_ITEM,
    "input_audio_buffer.cleared": (),
    "input_audio_buffer.speech_started": ("item_id", "audio_start_ms"),
    "input_audio_buffer.speech_stopped": ("item_id", "audio_end_ms"),
    "input_audio_buffer.timeout_triggered": ("item_id", "audio_start_ms", "audio_end_ms"),
    "response.created": ("response",),
    "response.done": ("response",),
    "response.output_item.added": ("response_id", "output_index", "item"),
    "response.output_item.done": ("response_id", "output_index", "item"),
    "response.content_part.added": (*IN_PART, "part"),
    "response.content_part.done": (*IN_PART, "part"),
    "response.output_text.delta": (*IN_PART, "delta"),
    "response.output_text.done": (*IN_PART, "text"),
    "response.output_audio.delta": (*IN_PART, "delta"),
    "response.output_audio.done": IN_PART,
    "response.output_audio_transcript.delta": (*IN_PART, "delta"),
    "response.output_audio_transcript.done": (*IN_PART, "transcript"),
    "response.function_call_arguments.delta": (*IN_OUTPUT, "call_id", "delta"),
    "response.function_call_arguments.done": (*IN_OUTPUT, "call_id", "name", "arguments"),
    "mcp_list_tools.in_progress": IN_ITEM,
    "mcp_list_tools.completed": IN_ITEM,
    "mcp_list_tools.failed": IN_ITEM,
    "response.mcp_call_arguments.delta": (*IN_OUTPUT, "delta"),
    "response.mcp_call_arguments.done": (*IN_OUTPUT, "arguments"),
    "response.mcp_call.in_progress": ("item_id", "output_index"),
    "response.mcp_call.completed": ("item_id", "output_index"),
    "response.mcp_call.failed": ("item_id", "output_index"),
    "rate_limits.updated": ("rate_limits",),
}
WHOLE = ("_ms", "_tokens", "_index")  # what such fields end with, is a whole number
TEXTS = ("arguments", "output", "transcript", "text", "delta", "call_id", "name")
STATUS = ("completed", "incomplete", "in_progress")
CONTENT = ("input_text", "input_audio", "input_image", "output_text", "output_audio")
FORMATS = ("audio/pcm", "audio/pcmu", "audio/pcma")


@standing("events of the server")
def there_are_no_other_events(tape: Tape) -> Iterator[Event]:
    """Every event is of a type that the protocol has: strict clients raise on others, also on those of old."""
    for event in tape.events:
        expect(event["type"] in FIELDS, f"there is no event of the type {shown(event['type'])}", event)
        yield event


@standing("events of the server")
def every_event_has_an_id(tape: Tape) -> Iterator[Event]:
    """Each event has an `event_id`, which no other event of its session has."""
    seen: set[str] = set()
    for event in tape.events:
        found = text(event, "event_id")
        expect(found not in seen, f"`event_id` {shown(found)} was there before", event)
        seen.add(found)
        yield event


@standing("events of the server")
def every_event_has_its_fields(tape: Tape) -> Iterator[Event]:
    """Each event has all the fields that its type demands."""
    for event in tape.events:
        lacking = [name for name in FIELDS.get(event["type"], ()) if name not in event]
        expect(not lacking, f"`{event['type']}` lacks {', '.join(lacking)}", event)
        yield event


@standing("events of the server")
def times_tokens_and_places_are_whole_numbers(tape: Tape) -> Iterator[Event]:
    """Milliseconds, tokens and indices are whole numbers of at least 0; `max_output_tokens` may be `"inf"`."""
    for event in tape.events:
        for path, name, value in leaves(event):
            if not name.endswith(WHOLE) or _declared(path):
                continue
            free = value == "inf" or (value is None and name in {"idle_timeout_ms", "max_output_tokens"})
            right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            expect(free or right, f"`{path}` should be a whole number, not {shown(value)}", event)
            yield event


def _declared(path: str) -> bool:
    """Is a place inside of what the client itself declared?"""
    return ".tools[" in path or ".metadata" in path or ".parameters" in path


@standing("events of the server")
def what_is_text_is_text(tape: Tape) -> Iterator[Event]:
    """Arguments, outputs, words and ids are texts, never objects or null; metadata have texts only."""
    for event in tape.events:
        for path, value in _texts(event):
            expect(isinstance(value, str), f"`{path}` should be a text, not {shown(value)}", event)
            yield event


def _texts(event: Event) -> Iterator[tuple[str, Any]]:
    yield from ((name, event[name]) for name in TEXTS if name in event)
    item = event.get("item")
    if isinstance(item, Mapping):
        yield from ((f"item.{name}", item[name]) for name in ("arguments", "output", "call_id", "name") if name in item)
    metadata = find(event, "response.metadata")
    if isinstance(metadata, Mapping):
        yield from ((f"response.metadata.{name}", value) for name, value in metadata.items())


@standing("items")
def every_item_is_whole(tape: Tape) -> Iterator[Event]:
    """Items have an id, their object, a status that is never null, and content of the kinds that there are."""
    for event, path in _items(tape):
        text(event, f"{path}.id")
        same(event, f"{path}.object", "realtime.item")
        among(event, f"{path}.status", STATUS)
        among(event, f"{path}.type", ITEMS)
        has(event, path, ITEMS[find(event, f"{path}.type")])
        for index in range(len(find(event, f"{path}.content") or ()) if _is_message(event, path) else 0):
            among(event, f"{path}.content[{index}].type", CONTENT)
        yield event


ITEMS: Mapping[str, tuple[str, ...]] = {
    "message": ("role", "content"),
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
    "mcp_list_tools": ("server_label", "tools"),
    "mcp_call": ("server_label", "name", "arguments"),
    "mcp_approval_request": ("server_label", "name", "arguments"),
    "mcp_approval_response": ("approval_request_id", "approve"),
}


def _is_message(event: Event, path: str) -> bool:
    return bool(find(event, f"{path}.type") == "message")


def _items(tape: Tape) -> Iterator[tuple[Event, str]]:
    """Every item that is told, and where in its event."""
    for event in tape.events:
        if "item" in event:
            yield event, "item"
        output = find(event, "response.output")
        for index in range(len(output) if isinstance(output, list) else 0):
            yield event, f"response.output[{index}]"


@standing("items")
def the_users_audio_always_has_its_transcript(tape: Tape) -> Iterator[Event]:
    """An `input_audio` part has the key `transcript`, null while the words are not known: clients crash without it."""
    for event, path in _items(tape):
        for index, part in enumerate(find(event, f"{path}.content") if _is_message(event, path) else ()):
            if part.get("type") == "input_audio":
                has(event, f"{path}.content[{index}]", ("transcript",))
                yield event


@standing("items")
def parts_and_content_have_names_of_their_own(tape: Tape) -> Iterator[Event]:
    """In a part the type is `text` or `audio`, in an item `output_text` or `output_audio`; a part has no null."""
    for event in tape.events:
        if "part" in event:
            among(event, "part.type", ("text", "audio"))
            for name in ("text", "transcript", "audio"):
                value = find(event, f"part.{name}")
                right = value is MISSING or isinstance(value, str)
                expect(right, f"`part.{name}` should be a text or absent, not {shown(value)}", event)
            yield event


@standing("responses")
def every_response_is_whole(tape: Tape) -> Iterator[Event]:
    """Responses have an id, their object, and a status; details are an object of the same type, or null."""
    for event in tape.events:
        if event["type"] not in {"response.created", "response.done"}:
            continue
        text(event, "response.id")
        same(event, "response.object", "realtime.response")
        among(event, "response.status", (*STATUS, "cancelled", "failed"))
        has(event, "response", ("status_details", "output", "usage", "metadata", "conversation_id"))
        if find(event, "response.status_details") is not None:
            same(event, "response.status_details.type", find(event, "response.status"))
        yield event


@standing("responses")
def usage_adds_up(tape: Tape) -> Iterator[Event]:
    """The tokens of a response are the sums of their parts; what was cached is part of the input."""
    for event in tape.events:
        usage = find(event, "response.usage")
        if event["type"] != "response.done" or not isinstance(usage, Mapping):
            continue
        spent, given = "response.usage.input_token_details", "response.usage.output_token_details"
        parts = [whole(event, f"response.usage.{side}_tokens") for side in ("input", "output")]
        expect(sum(parts) == whole(event, "response.usage.total_tokens"), "input and output are not the total", event)
        kinds = [_count(event, f"{spent}.{kind}_tokens") for kind in ("text", "audio", "image")]
        expect(sum(kinds) == parts[0], "the kinds of input are not the input", event)
        kinds = [_count(event, f"{given}.{kind}_tokens") for kind in ("text", "audio")]
        expect(sum(kinds) == parts[1], "the kinds of output are not the output", event)
        expect(_count(event, f"{spent}.cached_tokens") <= parts[0], "more is cached than was read", event)
        yield event


def _count(event: Event, path: str) -> int:
    """Tokens of a kind; 0 where the kind is not named."""
    return 0 if find(event, path) is MISSING else whole(event, path)


@standing("session")
def formats_are_those_that_there_are(tape: Tape) -> Iterator[Event]:
    """A format that is shown is PCM at 24 000, or G.711 without a rate: strict clients take no other."""
    for event in tape.events:
        for path in ("session.audio.input", "session.audio.output", "response.audio.output"):
            if not isinstance(find(event, f"{path}.format"), Mapping):
                continue
            among(event, f"{path}.format.type", FORMATS)
            if find(event, f"{path}.format.type") == "audio/pcm":
                same(event, f"{path}.format.rate", 24000)
            yield event


@standing("rate_limits.updated")
def rate_limits_have_two_names(tape: Tape) -> Iterator[Event]:
    """The rows of `rate_limits.updated` are called `requests` or `tokens`."""
    for event in tape.events:
        if event["type"] == "rate_limits.updated":
            for index in range(len(event["rate_limits"])):
                among(event, f"rate_limits[{index}].name", ("requests", "tokens"))
            yield event


@standing("errors")
def every_error_is_whole(tape: Tape) -> Iterator[Event]:
    """An error has a type and a message; its code, its field and the client's id are texts or null."""
    for event in tape.events:
        if event["type"] == "error":
            text(event, "error.type")
            text(event, "error.message")
            for name in ("code", "param", "event_id"):
                value = find(event, f"error.{name}")
                right = value is None or value is MISSING or isinstance(value, str)
                expect(right, f"`error.{name}` should be a text or null, not {shown(value)}", event)
            yield event


@standing("WebSocket transport")
def frames_are_no_larger_than_clients_take(tape: Tape) -> Iterator[Event]:
    """No event is larger than a mebibyte: that is the limit of several clients' WebSockets."""
    expect(tape.larger <= LARGEST_FRAME, f"a frame of {tape.larger} bytes came")
    yield from tape.events[-1:]


RULES = (
    there_are_no_other_events,
    every_event_has_an_id,
    every_event_has_its_fields,
    times_tokens_and_places_are_whole_numbers,
    what_is_text_is_text,
    every_item_is_whole,
    the_users_audio_always_has_its_transcript,
    parts_and_content_have_names_of_their_own,
    every_response_is_whole,
    usage_adds_up,
    formats_are_those_that_there_are,
    rate_limits_have_two_names,
    every_error_is_whole,
    frames_are_no_larger_than_clients_take,
)
