"""`POST /v1/responses`: octi's extraction request is answered by octi's own rules, any other plainly. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from octi.errors import BadMessage
from octi.extraction.heuristic import heuristic_findings
from octi.extraction.schema import ProfileSchema, read_schema
from octi.records import Role, Turn
from octi.simulator.answer import tokens
from octi.simulator.ids import Ids
from octi.units import ItemId, Milliseconds, SessionId

PLAIN = "This is a simulated provider: it answers octi's extraction requests, and has nothing to say to others."


class Line(msgspec.Struct):
    """One turn of a conversation, as `octi.extraction.prompt` writes it."""

    item: str
    speaker: Role
    words: str


def respond(request: object, ids: Ids, now: float) -> dict[str, Any]:
    """The Responses API's answer. `now`: seconds since 1970. Raises BadMessage for what is no request."""
    if not isinstance(request, dict) or "input" not in request:
        raise BadMessage("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    if request.get("stream"):
        raise BadMessage("The simulator does not stream.", "stream", "unsupported_value")
    schema, read = wanted(request), text_of(request["input"])
    said = PLAIN if schema is None else msgspec.json.encode(extracted(schema, read)).decode()
    message = {
        "id": ids.next("msg"),
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": said, "annotations": []}],
    }
    return {
        "id": ids.next("resp"),
        "object": "response",
        "created_at": int(now),
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": str(request.get("model", "")),
        "output": [message],
        "usage": _usage(tokens(read) + tokens(str(request.get("instructions") or "")), tokens(said)),
    }


def wanted(request: Mapping[str, Any]) -> ProfileSchema | None:
    """The profile that a request asks for, each field with value, item and quote; None if it asks for none."""
    match request:
        case {"text": {"format": {"type": "json_schema", "schema": {"properties": dict(properties)}}}}:
            cited = [_value_in(schema) for schema in properties.values()]
        case _:
            return None
    if not all(cited):
        return None
    try:
        return read_schema({"type": "object", "properties": dict(zip(properties, cited, strict=True))})
    except BadMessage:
        return None


def _value_in(schema: object) -> object:
    match schema:
        case {"properties": {"value": dict(value), "item": _, "quote": _}}:
            return value
        case _:
            return None


def text_of(given: object) -> str:
    """All text of a request's `input`: a string, or messages with strings or parts."""
    return "\n".join(_texts(given))


def _texts(given: object) -> Iterator[str]:
    match given:
        case str():
            yield given
        case list():
            for each in given:
                yield from _texts(each)
        case {"content": content}:
            yield from _texts(content)
        case {"text": str(text)}:
            yield text
        case _:
            pass  # pictures, files, references


def extracted(schema: ProfileSchema, text: str) -> dict[str, Any]:
    """What the lines in a text say of a schema's fields. A line that is no turn is passed over."""
    found = heuristic_findings(schema, list(_turns(text)))
    return {
        field.name: {
            "value": msgspec.to_builtins(seen.value) if seen else None,
            "item": seen.evidence.item if seen else None,
            "quote": seen.evidence.quote if seen else None,
        }
        for field in schema.fields
        for seen in [found.get(field.name)]
    }


def _turns(text: str) -> Iterator[Turn]:
    for position, line in enumerate(text.splitlines()):
        try:
            said = msgspec.json.decode(line, type=Line)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        yield Turn(
            session=SessionId("simulated"),
            item=ItemId(said.item),
            position=position,
            role=said.speaker,
            text=said.words,
            start_ms=Milliseconds(0),
            end_ms=Milliseconds(0),
        )


def _usage(read: int, said: int) -> dict[str, Any]:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + said,
    }
