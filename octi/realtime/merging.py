"""How a session's configuration takes in a change: field by field, and nested where the protocol nests. Pure."""

from collections.abc import Mapping
from typing import Any

NESTED = frozenset({"audio", "input", "output", "turn_detection", "transcription", "format"})


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The old configuration with the new one's fields; None, "" and [] replace (protocol 2, update rules)."""
    result = dict(old)
    for name, value in new.items():
        before = old.get(name)
        deep = isinstance(value, Mapping) and isinstance(before, Mapping) and name in NESTED
        result[name] = merged(before, value) if deep and before is not None else value
    return result
