"""A line's fields before they are written: cut, without what opens doors, and without those that say nothing. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, MutableMapping
from typing import Any
from urllib.parse import quote, unquote

FIRST = ("timestamp", "level", "logger", "event", "session", "request", "call")  # where all lines have them
LONGEST = 2000  # characters of a field
LONGEST_TRACE = 16_000
MOST = 50  # elements of a list
DEEPEST = 4  # lists in lists
SHORTEST_SECRET = 8  # characters: a shorter one is a word, that stands in many a line for itself
SHOWN = "***"

# What looks like a key, a client secret, a token or a password wherever it stands.
KEYS = re.compile(
    r"""\b(?:sk|ek|rk|pk)[-_](?=[\w-]*[0-9A-Z_-])[\w-]{6,}
    | \beyJ[\w-]{8,}(?:\.[\w-]+)*
    | (?<=openai-insecure-api-key\.)[^\s,;"']+
    | (?i:(?<=bearer[ ])|(?<=basic[ ]))[\w.~+/=-]{6,}
    | (?<=://)(?P<user>[^/@\s:]*):[^/\s]*(?=@)
    """,
    re.VERBOSE,
)

Line = MutableMapping[str, Any]
Hide = Callable[[str], str]


def hides(secrets: Iterable[str] = ()) -> Hide:
    """What takes keys out of a text: whatever looks like one, and these, in any of their spellings."""
    known = {spelt for secret in secrets for spelt in spellings(secret) if len(spelt) >= SHORTEST_SECRET}
    exact = re.compile("|".join(re.escape(each) for each in sorted(known, key=len, reverse=True))) if known else None

    def hide(text: str) -> str:
        found = exact.sub(SHOWN, text) if exact else text
        return KEYS.sub(_shown, found)

    return hide


def spellings(secret: str) -> Collection[str]:
    """A secret as it may stand in an address or a string."""
    return {secret, quote(secret), quote(secret, safe=""), unquote(secret), repr(secret)[1:-1]}


def _shown(found: re.Match[str]) -> str:
    return SHOWN if found["user"] is None else f"{found['user']}:{SHOWN}"


def tidied(hide: Hide) -> Callable[[object, str, Line], Line]:
    """A structlog processor: fields without a value go, texts are cut, keys are hidden."""

    def tidy(_logger: object, _method: str, line: Line) -> Line:
        names = [*(name for name in FIRST if name in line), *(name for name in line if name not in FIRST)]
        return {
            name: _short(line[name], hide, LONGEST_TRACE if name == "exception" else LONGEST, 0)
            for name in names
            if line[name] is not None
        }

    return tidy


def _short(value: Any, hide: Hide, longest: int, depth: int) -> Any:
    match value:
        case bool() | int() | float():
            return value
        case str():
            return cut(hide(str(value)), longest)
        case dict() if depth < DEEPEST:
            found = list(value.items())[:MOST]
            return {
                _short(str(name), hide, longest, depth): _short(each, hide, longest, depth + 1) for name, each in found
            }
        case list() | tuple() | set() | frozenset() if depth < DEEPEST:
            some = [_short(each, hide, longest, depth + 1) for each in list(value)[:MOST]]
            return some if len(value) <= MOST else [*some, f"… and {len(value) - MOST} more"]
        case _:  # nobody knows what its `repr` would tell
            return f"<{type(value).__name__}>"


def cut(text: str, longest: int) -> str:
    """At most so much of a text, and how much more there was."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest} more)"


def printable(text: str, *, lines: bool = False) -> str:
    """Text that cannot steer a terminal, nor make a line of its own unless it may."""
    return "".join(each if each.isprintable() or (lines and each == "\n") else repr(each)[1:-1] for each in text)
