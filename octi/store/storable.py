"""What every store can hold, and under which key: one rule for text and numbers, whichever database is behind."""

import math
import re
from typing import Any

import attrs

from octi.errors import StoreFailed
from octi.records import Development, FunctionCall, Row, SecretRecord, SessionRecord, Turn, UsageRecord
from octi.units import SessionId

REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL refuses NUL in text; half a surrogate pair is not UTF-8
_INTEGERS = range(-(2**63), 2**63)


def storable_text(text: str) -> str:
    """The text with U+FFFD for each NUL and each lone surrogate; anything else, emoji included, stays as it is."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def storable(row: Row) -> Row:
    """The row with storable text in all its fields, ids included.

    Raises StoreFailed for a number that does not fit: an integer past 64 bits, a time that is not finite.
    """
    fitting: dict[str, Any] = {name: _fitting(name, value) for name, value in values_of(row).items()}
    return attrs.evolve(row, **fitting)


def key_of(row: Row) -> tuple[str, ...]:
    """What a row replaces another by; no two kinds of rows share one."""
    match row:
        case SessionRecord():
            return "session", row.id
        case Turn():
            return "turn", row.session, row.item
        case FunctionCall():
            return "function_call", row.session, row.item
        case UsageRecord():
            return "usage", row.session, row.kind.value, row.id
        case Development():
            return "development", row.session, row.id
        case SecretRecord():
            return "secret", row.digest


def owner_of(row: Row) -> SessionId | None:
    """The session that a row needs; None for one that needs none."""
    return None if isinstance(row, SessionRecord) else row.session


def values_of(row: Row) -> dict[str, object]:
    """The row's fields by name, as they are."""
    return {field.name: getattr(row, field.name) for field in attrs.fields(type(row))}


def _fitting(name: str, value: object) -> object:
    if type(value) is str:  # not the enums: theirs are octi's own words
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise StoreFailed(f"{name} is not a time: {value}", retryable=False)
    if isinstance(value, int) and value not in _INTEGERS:
        raise StoreFailed(f"{name} does not fit in 64 bits", retryable=False)
    return value
