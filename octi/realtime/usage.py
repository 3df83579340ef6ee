"""What the provider counted, summed over a session. Responses and transcription are billed apart, and so kept.

`counts.py` keeps what it counted for each of them.
"""

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from octi.realtime.events import ResponseDone, ServerEvent, UserWords

Sums = dict[str, Any]  # numbers by name, nested as the provider nests them
DEEPEST = 4  # the provider nests two
SECONDS = "seconds"  # the one count that need not be whole


@attrs.define
class Usage:
    """Sums each response once, cancelled and out of band ones as well, and each transcription once (protocol 7)."""

    responses: int = 0
    _sums: Sums = attrs.field(factory=dict)
    _transcription: Sums = attrs.field(factory=dict)
    _seen: set[tuple[str, str]] = attrs.field(factory=set)

    @property
    def tokens(self) -> int:
        """Of all responses, in and out."""
        total = self._sums.get("total_tokens", 0)
        return total if isinstance(total, int) else 0

    def fold(self, event: ServerEvent) -> None:
        """Take in a provider's event."""
        match event:
            case ResponseDone(response=response) if self._is_new("response", response.id):
                self.responses += 1
                _add(self._sums, response.usage)
            case UserWords(item_id=item, usage=usage) if self._is_new("words", item):
                _add(self._transcription, usage)
            case _:
                pass

    def as_json(self) -> dict[str, Any]:
        """To be stored, and shown: the responses' sums under the provider's names, those of transcription in one."""
        return {**self._sums, "responses": self.responses, "transcription": self._transcription}

    def _is_new(self, kind: str, name: str) -> bool:
        """Did this one not count yet? One without an id always counts."""
        if (kind, name) in self._seen:
            return False
        if name:
            self._seen.add((kind, name))
        return True


def read_usage(text: str) -> Usage:
    """Go on from what `as_json` gave; from nothing, if it is not that."""
    try:
        stored = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Usage()
    usage = Usage()
    if isinstance(stored, dict):
        usage.responses = int(_count("responses", stored.pop("responses", 0)) or 0)
        _add(usage._transcription, stored.pop("transcription", None))
        _add(usage._sums, stored)
    return usage


def counted(usage: Any) -> Sums:
    """The numbers of one response or transcription, nested as the provider nests them."""
    sums: Sums = {}
    _add(sums, usage)
    return sums


def _add(sums: Sums, counted: Any, depth: int = 1) -> None:
    """Add what was counted, number by number; what is no number, or too deep, is left out."""
    if not isinstance(counted, Mapping) or depth > DEEPEST:
        return
    for name, value in counted.items():
        if isinstance(value, Mapping):
            _add_nested(sums, name, value, depth + 1)
        elif (number := _count(name, value)) is not None and not isinstance(sums.get(name), dict):
            sums[name] = sums.get(name, 0) + number


def _add_nested(sums: Sums, name: str, value: Mapping[str, Any], depth: int) -> None:
    inner = sums.get(name, {})
    if isinstance(inner, dict):
        _add(inner, value, depth)
    if isinstance(inner, dict) and inner:
        sums[name] = inner


def _count(name: str, value: Any) -> int | float | None:
    """A number that can be summed; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    if isinstance(value, int) or (name == SECONDS and value < 1e12):
        return value
    return int(value) if value.is_integer() and value < 1e15 else None
