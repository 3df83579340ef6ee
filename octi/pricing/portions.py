"""A provider's count of one response or transcription, taken apart: each token once, in the class it is billed in.

Pure. Cached tokens are a part of the input, not an addition to it (protocol 7): what is left of a modality is fresh.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

INPUT, OUTPUT = "input", "output"
TEXT, AUDIO, IMAGE, UNKNOWN = "text", "audio", "image", "unknown"
MODALITIES = (TEXT, AUDIO, IMAGE)

Usage = Mapping[str, Any]


class Portion(NamedTuple):
    """Tokens that cost the same each. Their modality is unknown where the provider did not tell it."""

    direction: str  # input, output
    modality: str  # text, audio, image, unknown
    cached: bool
    tokens: int


def portions_of(usage: Usage, *, written: bool = False) -> list[Portion]:
    """All tokens of a response or transcription. written: its output is text even where that is not said.

    They add up to the provider's own totals; where those are less than their parts, to the parts.
    """
    inputs = _modalities(usage, INPUT)
    cached = _cached(usage, inputs)
    fresh = {modality: count - cached.get(modality, 0) for modality, count in inputs.items()}
    outputs = _modalities(usage, OUTPUT)
    if written:
        outputs[TEXT] = outputs.get(TEXT, 0) + outputs.pop(UNKNOWN, 0)
    return [
        *_portions(INPUT, fresh, cached=False),
        *_portions(INPUT, cached, cached=True),
        *_portions(OUTPUT, outputs, cached=False),
    ]


def seconds_of(usage: Usage) -> Decimal:
    """The audio that is billed by its length; 0 where tokens are."""
    seconds = usage.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not isfinite(seconds) or seconds <= 0:
        return Decimal(0)
    return Decimal(0) if portions_of(usage) else Decimal(str(seconds))


def _portions(direction: str, counts: Mapping[str, int], *, cached: bool) -> Iterator[Portion]:
    yield from (Portion(direction, modality, cached, count) for modality, count in counts.items() if count)


def _modalities(usage: Usage, direction: str) -> dict[str, int]:
    """A direction's tokens by modality. More are cached of none than there are."""
    details, cached = _details(usage, direction), _cached_details(usage) if direction == INPUT else {}
    counts = {each: max(_count(details, f"{each}_tokens"), _count(cached, f"{each}_tokens")) for each in MODALITIES}
    total = max(_count(usage, f"{direction}_tokens"), _count(details, "cached_tokens") if direction == INPUT else 0)
    return {**counts, UNKNOWN: max(0, total - sum(counts.values()))}


def _cached(usage: Usage, inputs: Mapping[str, int]) -> dict[str, int]:
    """The cached of them. What is cached of no known modality is taken for text first: a prompt begins with it.

    That is also where caching saves the least, so no cost is told too low.
    """
    details = _cached_details(usage)
    cached = {modality: _count(details, f"{modality}_tokens") for modality in MODALITIES}
    more = _count(_details(usage, INPUT), "cached_tokens") - sum(cached.values())
    for modality in (*MODALITIES, UNKNOWN):
        taken = min(max(0, more), inputs[modality] - cached.get(modality, 0))
        cached[modality] = cached.get(modality, 0) + taken
        more -= taken
    return cached


def _details(usage: Usage, direction: str) -> Usage:
    """How a direction's total is made up: the Realtime API's name for it, or the Responses API's."""
    return _mapping(usage, f"{direction}_token_details") or _mapping(usage, f"{direction}_tokens_details")


def _cached_details(usage: Usage) -> Usage:
    return _mapping(_details(usage, INPUT), "cached_tokens_details")


def _mapping(usage: Usage, name: str) -> Usage:
    value = usage.get(name)
    return value if isinstance(value, Mapping) else {}


def _count(usage: Usage, name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
