"""Looking into an event: a place in it, and what should stand there. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs

Event = Mapping[str, Any]

MISSING = object()
LONGEST = 80  # characters of a text that a report shows
_STEP = re.compile(r"[^.\[\]]+")


@attrs.frozen
class Broken(Exception):
    """A rule is broken: why, and the event that shows it. Never leaves this package."""

    why: str
    event: Event | None = None


def expect(right: bool, why: str, event: Event | None = None) -> None:
    """Raises Broken unless it is right."""
    if not right:
        raise Broken(why, event)


def at(event: Event, path: str) -> Any:
    """What stands at a place: `response.output[0].id`. Raises Broken where there is no such place."""
    value = find(event, path)
    expect(value is not MISSING, f"there is no `{path}`", event)
    return value


def find(event: Any, path: str) -> Any:
    """What stands at a place; MISSING if there is none."""
    value = event
    for step in _STEP.findall(path):
        match value:
            case Mapping() if step in value:
                value = value[step]
            case list() if step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            case _:
                return MISSING
    return value


def same(event: Event, path: str, wanted: object) -> None:
    """Raises Broken unless that stands there. An object may have more fields than are wanted."""
    value = at(event, path)
    expect(_fits(value, wanted), f"`{path}` should be {shown(wanted)}, not {shown(value)}", event)


def _fits(value: Any, wanted: Any) -> bool:
    match value, wanted:
        case Mapping(), Mapping():
            return all(name in value and _fits(value[name], each) for name, each in wanted.items())
        case list(), list():
            return len(value) == len(wanted) and all(map(_fits, value, wanted))
        case _:
            return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def among(event: Event, path: str, choices: Collection[object]) -> None:
    """Raises Broken unless one of these stands there."""
    value = at(event, path)
    right = any(value == choice for choice in choices)
    expect(right, f"`{path}` should be one of {', '.join(map(shown, choices))}, not {shown(value)}", event)


def text(event: Event, path: str) -> str:
    """The text that stands there. Raises Broken if it is none, or empty."""
    value = at(event, path)
    expect(isinstance(value, str) and bool(value), f"`{path}` should be a text, not {shown(value)}", event)
    return str(value)


def whole(event: Event, path: str) -> int:
    """The whole number that stands there. Raises Broken if it is none, or negative."""
    value = at(event, path)
    right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    expect(right, f"`{path}` should be a whole number of at least 0, not {shown(value)}", event)
    return int(value)


def has(event: Event, path: str, names: Collection[str]) -> None:
    """Raises Broken unless an object stands there that has all these fields."""
    value = at(event, path)
    expect(isinstance(value, Mapping), f"`{path}` should be an object, not {shown(value)}", event)
    lacking = [name for name in names if name not in value]
    expect(not lacking, f"`{path}` lacks {', '.join(f'`{name}`' for name in lacking)}", event)


def begins(event: Event, path: str, prefix: str) -> None:
    """Raises Broken unless a text stands there that begins so."""
    value = text(event, path)
    expect(value.startswith(prefix), f"`{path}` should begin {shown(prefix)}, not {shown(value)}", event)


def shown(value: object) -> str:
    """A value as a report shows it."""
    said = repr(value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def shortened(value: Any) -> Any:
    """JSON whose long texts are cut: audio, above all."""
    match value:
        case Mapping():
            return {name: shortened(each) for name, each in value.items()}
        case list():
            return [shortened(each) for each in value]
        case str() if len(value) > LONGEST * 3:
            return f"{value[:LONGEST]}… ({len(value)} characters)"
        case _:
            return value


def leaves(value: Any, path: str = "") -> list[tuple[str, str, Any]]:
    """Every value in JSON that is no object and no list, with its path and the name of its field."""
    found: list[tuple[str, str, Any]] = []
    _gather(value, path, "", found.append)
    return found


def _gather(value: Any, path: str, name: str, note: Callable[[tuple[str, str, Any]], None]) -> None:
    match value:
        case Mapping():
            for key, each in value.items():
                _gather(each, f"{path}.{key}".strip("."), str(key), note)
        case list():
            for index, each in enumerate(value):
                _gather(each, f"{path}[{index}]", name, note)
        case _:
            note((path, name, value))
