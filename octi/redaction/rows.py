"""Rows without what the rules recognise: in what was said, called, answered and concluded. Pure."""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial

import attrs
import msgspec

from octi.nesting import tangle_in
from octi.records import Development, FunctionCall, Row, Turn, UsageRecord
from octi.redaction.patterns import Rule, redacted

Clean = Callable[[str], str]

# What begins as a string of JSON does: up to its end, or to where the text was cut off.
LITERAL = re.compile(r'"((?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*+)', re.DOTALL)


def redact_row(rules: Sequence[Rule], row: Row) -> Row:
    """The row, cleaned: a turn's words, a call's arguments and output, all that a development or an answer says.

    Ids, times and what a session was opened with stay as they are.
    """
    clean = partial(redacted, rules)
    match row:
        case Turn():
            return attrs.evolve(
                row, text=clean(row.text), generated=_or_none(clean, row.generated), sent=_or_none(clean, row.sent)
            )
        case FunctionCall():
            output = _or_none(partial(cleaned_json, clean), row.output)
            return attrs.evolve(row, arguments=cleaned_json(clean, row.arguments), output=output)
        case UsageRecord():
            return attrs.evolve(row, output=cleaned_json(clean, row.output))
        case Development():
            return attrs.evolve(row, body=cleaned_json(clean, row.body))
        case _:
            return row


def cleaned_json(clean: Clean, text: str) -> str:
    """JSON with all its strings cleaned; keys and numbers stay. What is no JSON, or cut off, is cleaned as text."""
    if tangle_in(text.encode(errors="replace")):
        return cleaned_text(clean, text)
    try:
        value: object = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return cleaned_text(clean, text)
    if (cleaned := _cleaned(clean, value)) == value:
        return text
    return msgspec.json.encode(cleaned).decode()


def cleaned_text(clean: Clean, text: str) -> str:
    """Text that may hold strings of JSON, cleaned. They are read first: to a rule, the n of `\\n` would be a letter."""
    return clean(LITERAL.sub(partial(_literal, clean), text) if "\\" in text else text)


def _literal(clean: Clean, match: re.Match[str]) -> str:
    try:
        said = json.loads(f'"{match[1]}"', strict=False)  # msgspec refuses line ends and halves of a pair
    except ValueError:
        return match[0]
    cleaned = clean(said)
    return match[0] if cleaned == said else json.dumps(cleaned, ensure_ascii=False)[:-1]


def _cleaned(clean: Clean, value: object) -> object:
    match value:
        case str():
            return cleaned_text(clean, value)
        case list():
            return [_cleaned(clean, each) for each in value]
        case dict():
            return {name: _cleaned(clean, each) for name, each in value.items()}
        case _:
            return value


def _or_none(clean: Clean, text: str | None) -> str | None:
    return None if text is None else clean(text)
