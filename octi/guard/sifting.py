"""Which fields of a session or a response a client may set, and which of the others change nothing. Pure.

A field that is not given is left out, whatever it says: so it cannot depend on how a provider merges. Where it says
what is in force already, nobody is bothered: official SDKs send a whole session to change one field of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from octi.guard.policy import Grant

# Whose fields are merged one by one; of all others a client is given the whole or nothing.
MERGED = frozenset(
    {"session.audio", "session.audio.input", "session.audio.output", "response.audio", "response.audio.output"}
)
EMPTY: tuple[Any, ...] = ({}, [], "", None)


@attrs.define
class Sifted:
    """What is left of a wish, and the dotted names of what was refused."""

    kept: dict[str, Any] = attrs.field(factory=dict)
    refused: list[str] = attrs.field(factory=list)


def sifted(wish: Mapping[str, Any], grant: Grant, root: str, known: Sequence[Mapping[str, Any]]) -> Sifted:
    """What of a wish is given. root: "session" or "response". known: what is in force, and what was shown of it."""
    result = Sifted()
    result.kept = _kept(wish, grant, root, known, result.refused)
    return result


def _kept(wish: Mapping[str, Any], grant: Grant, path: str, known: Sequence[Any], refused: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in wish.items():
        where = f"{path}.{name}"
        theirs = [each[name] for each in known if isinstance(each, Mapping) and name in each]
        if "." in name:  # no field's name: beside the dots that are written here it would be another's
            refused.append(where)
        elif isinstance(value, dict) and (where in MERGED or grant.splits(where)):
            if inner := _kept(value, grant, where, theirs, refused):
                kept[name] = inner
        elif grant.lets(where):
            kept[name] = value
        elif not changes_nothing(value, theirs, said=path.startswith("session")):
            refused.append(where)
    return kept


def changes_nothing(value: Any, known: Sequence[Any], *, said: bool) -> bool:
    """Is a value what is there already? said: null takes something back; in a response it says nothing."""
    if value is None and (not said or not known):
        return True
    return any(repeats(value, each) for each in known)


def repeats(value: Any, known: Any) -> bool:
    """Does a value say no more than what is known? What it does not name is not there, or empty."""
    match value, known:
        case dict(), Mapping():
            unsaid = (known[name] for name in known if name not in value)
            named = all(name in known and repeats(inner, known[name]) for name, inner in value.items())
            return named and all(each in EMPTY for each in unsaid)
        case list(), list():
            return len(value) == len(known) and all(map(repeats, value, known))
        case _:
            return bool(value == known) and isinstance(value, bool) == isinstance(known, bool)
