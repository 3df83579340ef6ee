"""What is wrong with a request, in the provider's words: code, message, and the field at fault. Pure."""

import re
from collections.abc import Sequence

import msgspec

from octi.errors import BadMessage


def unsupported(what: str, supported: Sequence[str]) -> str:
    """That a type is none of those that are."""
    return f"Invalid value: {what}. Supported values are: {', '.join(supported)}."


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
