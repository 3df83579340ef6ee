"""Scripts and scenarios out of their files, and complaints that say where, what, and what to do about it. Pure."""

import difflib
import re
import tomllib
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import attrs
import msgspec

from octi.errors import BadMessage
from octi.simulator.checking import check_scenario
from octi.simulator.lines import Lines, json_lines, line_of, toml_lines
from octi.simulator.scenario import Branch, Called, EventFault, Expect, LatencyChange, Scenario, Strict, Turn, Wanted
from octi.simulator.script import Script, script_from

TABLES: dict[str, type[Strict]] = {  # by the name of the field that they stand in
    "turn": Turn,
    "branch": Branch,
    "call": Called,
    "latency": LatencyChange,
    "faults": EventFault,
    "expect": Expect,
    "when": Wanted,
    "where": Wanted,
}
OF_A_SCRIPT = ("agent", "caller", "faults")
VALUE = re.compile(r"Invalid enum value '(.*)'", re.DOTALL)
PLACE = re.compile(r" - at `(?:key` in `)?\$?([^`]*)`$")
FIELD = re.compile(r"Object (?:contains (unknown)|missing required) field `(.+)`", re.DOTALL)


def read_file(data: bytes, name: str, *, check: Callable[[Script], None] = lambda script: None) -> Script:
    """A script or a scenario; `name` tells which language it is in: `….toml`, else JSON.

    check: what else it must be like; raises BadMessage with the field at fault.

    Raises BadMessage: `booking.toml:12: turn[1].spaek: …`.
    """
    text, lines = "", {}
    try:
        text = data.decode()
        if name.endswith(".toml"):
            tree: Any = tomllib.loads(text)
            lines = toml_lines(text)
        else:
            tree = msgspec.json.decode(data)
            lines = json_lines(text)
        script = read_tree(tree)
        check(script)
        return script
    except UnicodeDecodeError as error:
        raise BadMessage(f"{name}: not UTF-8: {error}") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), (column \d+)\)| \(at end of document\)", str(error))
        line = found[1] if found and found[1] else text.count("\n") + 1
        column = f", at {found[2]}" if found and found[2] else ""
        said = str(error)[: found.start()] if found else str(error)
        raise BadMessage(f"{name}:{line}: not TOML{column}: {said}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise _not_json(name, text, error) from None
    except BadMessage as error:
        raise _placed(name, lines, error) from None


def read_text(text: str) -> Script:
    """A script or a scenario that is no file: JSON where it begins with a brace, else TOML. Raises BadMessage."""
    name = "scenario.json" if text.lstrip().startswith("{") else "scenario.toml"
    return read_file(text.encode(), name)


def _not_json(name: str, text: str, error: Exception) -> BadMessage:
    found = re.search(r"\(byte (\d+)\)", str(error))
    line = text.encode()[: int(found[1])].count(b"\n") + 1 if found else text.count("\n") + 1
    return BadMessage(f"{name}:{line}: not JSON: {error}")


def _placed(name: str, lines: Lines, error: BadMessage) -> BadMessage:
    path = error.param or ""
    line = line_of(lines, path)
    return BadMessage(f"{name}:{line or 1}: {f'{path}: ' if path else ''}{error.problem}")


def read_tree(tree: Any) -> Script:
    """What a file means. Raises BadMessage that names the field at fault."""
    if not isinstance(tree, dict):
        raise BadMessage("should be an object")
    known = {*Scenario.__struct_fields__, *OF_A_SCRIPT}
    for field in tree:
        if field not in known:
            raise BadMessage(f"unknown field; {_meant(field, known)}", field)
    faults = tree.get("faults", [])
    _check_sorts(faults)
    among_events = [_is_of_events(fault) for fault in faults] if isinstance(faults, list) else []
    script = script_from({field: tree[field] for field in OF_A_SCRIPT if field in tree}, skipped=among_events)
    fields = {field: value for field, value in tree.items() if field not in OF_A_SCRIPT}
    scenario = _converted(fields, Scenario, "")
    met = tuple(
        _converted(fault, EventFault, f"faults[{index}]") for index, fault in enumerate(faults) if among_events[index]
    )
    check_scenario(scenario, met, [index for index, is_one in enumerate(among_events) if is_one])
    if scenario.turn and script.agent:
        raise BadMessage("either turns or an agent: the turns say what the agent does", "agent[0]")
    if not (fields or met):
        return script
    return attrs.evolve(script, scenario=scenario, mischief=met)


def _check_sorts(faults: Any) -> None:
    for index, fault in enumerate(faults if isinstance(faults, list) else ()):
        if isinstance(fault, dict) and not fault.keys() & {"kind", "path"}:
            problem = "needs a `kind`, if it is about a session's events, or a `path`, if it is about requests"
            raise BadMessage(problem, f"faults[{index}]")


def _is_of_events(fault: Any) -> bool:
    return isinstance(fault, dict) and "kind" in fault and "path" not in fault


def _converted(value: Any, kind: type[Any], place: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _complaint(str(error), place, kind) from None


def _complaint(said: str, root: str, kind: type[Strict]) -> BadMessage:
    """msgspec's words, with the field's whole path and what could be meant."""
    place = PLACE.search(said)
    path = (root + place[1] if place else root).strip(".").replace("[...]", "")
    what = PLACE.sub("", said)
    if wrong := VALUE.fullmatch(what):
        table, _, last = path.rpartition(".")
        choices = _choices(get_type_hints(_table_at(table, kind))[last])
        return BadMessage(f"unknown value {wrong[1]!r}; {_meant(wrong[1], choices)}", path)
    if not (field := FIELD.fullmatch(what)):
        return BadMessage(f"{what[0].lower()}{what[1:]}", path)
    if not field[1]:
        return BadMessage(f"needs a field `{field[2]}`", path)
    fields = _table_at(path, kind).__struct_fields__
    return BadMessage(f"unknown field; {_meant(field[2], fields)}", f"{path}.{field[2]}".strip("."))


def _table_at(path: str, root: type[Strict]) -> type[Strict]:
    """What the table at a path is; `root`: one that has no name."""
    return TABLES.get(path.rpartition(".")[2].partition("[")[0], root)


def _choices(hint: Any) -> list[str]:
    """The texts that a field of this type may be."""
    return [hint] if isinstance(hint, str) else [each for part in get_args(hint) for each in _choices(part)]


def _meant(field: str, known: Any) -> str:
    near = difflib.get_close_matches(field, list(known), 1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(known))}"
