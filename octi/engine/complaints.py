"""What is wrong with a request, in the provider's words: code, message, and the field at fault. Pure."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from octi.errors import BadMessage

LONGEST = 512  # characters that an error says of anything


def already_answering(response_id: str) -> BadMessage:
    """One answer at a time."""
    problem = (
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one."
    )
    return BadMessage(problem, code="conversation_already_has_active_response")


def too_many_answers(most: int) -> BadMessage:
    """Out of band there may be several at once, but not any number."""
    problem = f"At most {most} responses may be in progress at once. Wait until one is finished, or cancel one."
    return BadMessage(problem, code="too_many_active_responses")


def unsupported(what: str, supported: Sequence[str]) -> str:
    """That a type is none of those that are."""
    return f"Invalid value: {what}. Supported values are: {', '.join(supported)}."


def error_body(error: BadMessage, event_id: str | None = None) -> dict[str, Any]:
    """What an `error` event says; `event_id` is the client's own."""
    body = {"type": "invalid_request_error", "code": error.code, "message": _short(error.problem)}
    return {**body, "param": error.param and _short(error.param), "event_id": event_id}


def _short(text: str) -> str:
    """Without the middle of what a client named at length."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[1 - LONGEST // 2 :]}"


# What msgspec says. The provider's words for it are in protocol 4.3, and in the same manner where no example is known.
_PATH = re.compile(r" - at `(?:key` in `)?\$?([^`]*)`$")
_FIELD = re.compile(r"Object (?:contains (unknown)|missing required) field `(.+)`", re.DOTALL)
_BOUND = re.compile(r"Expected `(int|float)` ([<>]=) (\S+)")
_LENGTH = re.compile(r"Expected `(str|array|object)` of length ([<>]=) (\d+)")
_VALUE = re.compile(r"Invalid (?:enum )?value (.+)", re.DOTALL)
_NAMES = {"int": "integer", "float": "decimal", "str": "string", "array": "array", "object": "object"}


def complaint(error: msgspec.ValidationError, root: str, types: Sequence[str]) -> BadMessage:
    """A validation error in the provider's words. `root`: where in the event was looked; `types`: of events."""
    place = _PATH.search(str(error))
    param = (root + place[1] if place else root).strip(".").replace("[...]", "")
    return _in_words(_PATH.sub("", str(error)), param, types)


def _in_words(what: str, param: str, types: Sequence[str]) -> BadMessage:
    if found := _FIELD.fullmatch(what):
        param = f"{param}.{found[2]}".strip(".")
        if found[1]:
            return BadMessage(f"Unknown parameter: '{param}'.", param, "unknown_parameter")
        return BadMessage(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")
    if found := _VALUE.fullmatch(what):
        words = unsupported(found[1], types) if param == "type" else f"Invalid value: {found[1]}."
        rate = param.endswith("format.rate")  # the one code the provider was seen with, whatever the rate
        return BadMessage(words, param, "integer_below_min_value" if rate else "invalid_value")
    if found := _BOUND.fullmatch(what):
        kind, side = _NAMES[found[1]], "above maximum" if found[2] == "<=" else "below minimum"
        words = f"Invalid '{param}': {kind} {side} value. Expected a value {found[2]} {found[3]}."
        return BadMessage(words, param, f"{kind}_{side[:9].replace(' ', '_')}_value")
    if found := _LENGTH.fullmatch(what):
        kind, long = _NAMES[found[1]], found[2] == "<="
        words = f"Invalid '{param}': {kind} too {'long' if long else 'short'}. Expected a length {found[2]} {found[3]}."
        return BadMessage(words, param, f"{kind}_{'above_max' if long else 'below_min'}_length")
    return BadMessage(f"Invalid type for '{param or 'event'}'. {what}.", param or None, "invalid_type")
