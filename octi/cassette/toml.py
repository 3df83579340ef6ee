"""Values as TOML writes them. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def inline(value: Any) -> str:
    """A JSON value as TOML writes it on one line; TOML knows no null, so what is null is left out."""
    match value:
        case dict():
            return "{ " + ", ".join(pairs(value)) + " }" if value else "{}"
        case list():
            return "[" + ", ".join(inline(each) for each in value if each is not None) + "]"
        case str():
            return quoted(value)
        case _:
            return json.dumps(value)


def pairs(table: Mapping[str, Any]) -> list[str]:
    """A table's fields, a text each."""
    return [f"{key(name)} = {inline(each)}" for name, each in table.items() if each is not None]


def key(name: str) -> str:
    """A TOML key."""
    return name if PLAIN.match(name) else quoted(name)


def comment(text: str) -> str:
    """A line for people, whatever is in it."""
    return "# " + "".join(each if each.isprintable() else " " for each in text)
