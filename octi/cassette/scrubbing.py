"""Takes secrets out of messages before they are kept. Pure."""

import re
from typing import Any

import msgspec

HIDDEN = "***"
BEFORE = rb"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"
KEY = re.compile(BEFORE + rb"(?:sk-|ek_)[A-Za-z0-9_\-]{8,}")
BEARER = re.compile(rb"(?i)\b(bearer)(\s+)[^\s\"\\,]{8,}")
# What is no word of a language: people speak of basic questions, and nobody of basic dXNlcjpw.
BASIC = re.compile(rb"\b([Bb]asic|BASIC)(\s+)(?=[^\s\"\\,]*(?:[0-9=]|[a-z][A-Z]))[^\s\"\\,]{8,}")
FIELDS = rb"(?:proxy-)?authorization|api[-_]?key|x-api-key|client_secret|headers"
# A field's text, in JSON or in JSON that stands in a string; what is no text is hidden by `without`.
FIELD = re.compile(rb'(?i)("(?:' + FIELDS + rb')\\*"\s*:\s*\\*")([^"\\]+)')
SUSPECT = re.compile(rb'(?i)"(?:' + FIELDS + rb')"\s*:|\\u')
HIDES = re.compile("(?i)^(?:" + FIELDS.decode() + ")$")


def scrubbed(frame: bytes) -> bytes:
    """A text message without its secrets; the same if it holds none. JSON stays JSON."""
    if SUSPECT.search(frame):
        frame = _by_fields(frame)
    frame = KEY.sub(HIDDEN.encode(), frame)
    for credential in (BEARER, BASIC):
        frame = credential.sub(rb"\1\2" + HIDDEN.encode(), frame)
    return FIELD.sub(rb"\1" + HIDDEN.encode(), frame)


def _by_fields(frame: bytes) -> bytes:
    """By the names of the fields; what is no JSON, or very deep, cannot be searched so, and goes whole."""
    try:
        said = msgspec.json.decode(frame)
        clean = without(said)
        return frame if clean == said else msgspec.json.encode(clean)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b"(no JSON, and perhaps a secret in it)"


def without(said: Any) -> Any:
    """JSON values without the secrets in them."""
    match said:
        case dict():
            return {name: hidden(value) if HIDES.match(name) else without(value) for name, value in said.items()}
        case list():
            return [without(each) for each in said]
        case str():
            return KEY.sub(HIDDEN.encode(), said.encode()).decode()
        case _:
            return said


def hidden(value: Any) -> Any:
    """A secret's place: the names in it stay, so that its shape can be seen."""
    match value:
        case dict():
            return {name: hidden(each) for name, each in value.items()}
        case list():
            return [hidden(each) for each in value]
        case str():
            return HIDDEN
        case _:
            return value
