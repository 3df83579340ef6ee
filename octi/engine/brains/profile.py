"""What the instructions tell of the user: octi's own layer about their profile, as its composer writes it."""

import json
import re

import attrs

from octi.engine.brains.words import spaced, unaccented

# Both are the composer's own lines. Values are JSON on one line, so that nothing said by a user can look like either.
MISSING = re.compile(r"^Still missing: ([^\n.]{1,4000})\. Ask once", re.MULTILINE)
KNOWN = re.compile(r"^- ([^\n:]{1,100}): (?=\")", re.MULTILINE)
FIRST_NAMES = frozenset({"first name", "firstname", "given name", "forename", "prenom"})
LONGEST_NAME = 40  # characters: a longer one is none
JSON = json.JSONDecoder()


@attrs.frozen
class Profile:
    """The fields that nobody knows yet, in the schema's order, and the user's first name."""

    missing: tuple[str, ...] = ()
    first_name: str | None = None


def profile_in(instructions: str) -> Profile:
    """The profile that instructions tell. Of several the last: it is the newest."""
    layers = MISSING.findall(instructions)
    fields = [name.strip() for name in layers[-1].split(",")] if layers else []
    names = [instructions[found.end() :] for found in KNOWN.finditer(instructions) if is_first_name(found[1])]
    return Profile(tuple(field for field in fields if spaced(field)), _name(names[-1]) if names else None)


def is_first_name(field: str) -> bool:
    """Whether a field of a profile holds the user's first name."""
    return unaccented(spaced(field)) in FIRST_NAMES


def _name(written: str) -> str | None:
    try:
        value, _ = JSON.raw_decode(written)
    except ValueError:
        return None
    name = " ".join(value.split())
    return name if len(name) <= LONGEST_NAME and any(map(str.isalpha, name)) else None
