"""Whether words or values are what a scenario waits for. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from octi.simulator.scenario import Condition, Scalar, Wanted

NOT_WORDS = re.compile(r"[^\w']+|_+|(?<!\w)'|'(?!\w)")
MISSING = object()


def normalised(text: str) -> str:
    """Words as they are compared: small letters, no punctuation but apostrophes in words, one blank between two."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'").casefold()
    return " ".join(NOT_WORDS.sub(" ", plain).split())


def hears(pattern: str, text: str) -> bool:
    """Whether a pattern is found in what was said; "" is found in anything."""
    return re.search(pattern, normalised(text), re.IGNORECASE) is not None


def has_words(words: Iterable[str], text: str) -> bool:
    """Whether all of them were said, as whole words."""
    said = f" {normalised(text)} "
    return all(f" {normalised(word)} " in said for word in words)


def holds(condition: Condition, value: Any) -> bool:
    """Whether every path of a condition leads to what it asks for."""
    return all(_meets(wanted, at(value, path)) for path, wanted in condition.items())


def at(value: Any, path: str) -> Any:
    """What is at a dotted path (`tables.0.seats`); MISSING if nothing is. "" is the value itself."""
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def _meets(wanted: Scalar | Wanted, found: Any) -> bool:
    if not isinstance(wanted, Wanted):
        return (type(found) is type(wanted) and found == wanted) or _same_number(wanted, found)
    if wanted.exists is not None and wanted.exists != (found is not MISSING):
        return False
    if wanted.matches is not None and (found is MISSING or not re.search(wanted.matches, as_text(found))):
        return False
    return _within(wanted, found)


def _within(wanted: Wanted, found: Any) -> bool:
    if wanted.at_least is None and wanted.at_most is None:
        return True
    if isinstance(found, list | dict):
        found = len(found)
    if not _is_number(found):
        return False
    return (wanted.at_least is None or found >= wanted.at_least) and (wanted.at_most is None or found <= wanted.at_most)


def _same_number(wanted: Any, found: Any) -> bool:
    return _is_number(wanted) and _is_number(found) and wanted == found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_text(value: Any) -> str:
    """A value as a pattern looks at it: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def meaning(output: str) -> Any:
    """A function's output: JSON where it is some, else the text."""
    try:
        return msgspec.json.decode(output)
    except (msgspec.DecodeError, RecursionError):
        return output
