"""Scripts and scenarios out of their files, and complaints that say where, what, and what to do about it. Pure."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import attrs
import msgspec

from octi.errors import BadMessage
from octi.simulator.lines import Lines, json_lines, line_of, toml_lines
from octi.simulator.scenario import (
    END,
    Act,
    Branch,
    Called,
    Condition,
    EventFault,
    Expect,
    LatencyChange,
    Scenario,
    Strict,
    Turn,
    Wanted,
    index_of,
)
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
PLACE = re.compile(r" - at `(?:key` in `)?\$?([^`]*)`$")
FIELD = re.compile(r"Object (?:contains (unknown)|missing required) field `(.+)`", re.DOTALL)


def read_file(data: bytes, name: str) -> Script:
    """A script or a scenario; `name` tells which language it is in: `….toml`, else JSON.

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
        return read_tree(tree)
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
    among_events = [_is_of_events(fault) for fault in faults] if isinstance(faults, list) else []
    script = script_from({field: tree[field] for field in OF_A_SCRIPT if field in tree}, skipped=among_events)
    fields = {field: value for field, value in tree.items() if field not in OF_A_SCRIPT}
    scenario = _converted(fields, Scenario, "")
    met = tuple(
        _converted(fault, EventFault, f"faults[{index}]") for index, fault in enumerate(faults) if among_events[index]
    )
    _check(scenario, met, [index for index, is_one in enumerate(among_events) if is_one])
    if scenario.turn and script.agent:
        raise BadMessage("either turns or an agent: the turns say what the agent does", "agent")
    if not (fields or met):
        return script
    return attrs.evolve(script, scenario=scenario, mischief=met)


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
    if not (field := FIELD.fullmatch(what)):
        return BadMessage(f"{what[0].lower()}{what[1:]}", path)
    if not field[1]:
        return BadMessage(f"needs a field `{field[2]}`", path)
    table = path.rsplit(".", maxsplit=1)[-1].partition("[")[0]
    fields = TABLES.get(table, kind).__struct_fields__
    return BadMessage(f"unknown field; {_meant(field[2], fields)}", f"{path}.{field[2]}".strip("."))


def _meant(field: str, known: Any) -> str:
    near = difflib.get_close_matches(field, list(known), 1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(known))}"


# What no single field can tell


def _check(scenario: Scenario, faults: tuple[EventFault, ...], numbers: list[int]) -> None:
    _check_names(scenario.turn)
    for place, act in _acts(scenario.turn):
        _check_act(act, place, scenario.turn)
    for index, turn in enumerate(scenario.turn):
        _check_turn(turn, f"turn[{index}]")
    for index, expect in enumerate(scenario.expect):
        place = f"expect[{index}]"
        _check_which(expect.turn, f"{place}.turn", scenario.turn)
        _check_condition(expect.where, f"{place}.where")
        if expect.never and expect.within_s is not None:
            raise BadMessage("what must never be sent has no deadline; take it away", f"{place}.within_s")
    for number, fault in zip(numbers, faults, strict=True):
        _check_fault(fault, f"faults[{number}]", scenario.turn)


def _acts(turns: list[Turn]) -> Iterator[tuple[str, Act]]:
    for index, turn in enumerate(turns):
        yield f"turn[{index}]", turn
        yield from ((f"turn[{index}].branch[{number}]", branch) for number, branch in enumerate(turn.branch))


def _check_names(turns: list[Turn]) -> None:
    seen: set[str] = set()
    for index, turn in enumerate(turns):
        if turn.name in seen or turn.name == END:
            why = f"`{END}` is no turn's name" if turn.name == END else "two turns have this name"
            raise BadMessage(f"{why}; give it another", f"turn[{index}].name")
        seen |= {turn.name} - {""}


def _check_act(act: Act, place: str, turns: list[Turn]) -> None:
    if act.then and act.then != END:
        _check_which(act.then, f"{place}.then", turns)
    for number, fault in enumerate(act.faults):
        _check_fault(fault, f"{place}.faults[{number}]", turns)
        if fault.turn is not None:
            raise BadMessage("it is this turn's anyway; take it away", f"{place}.faults[{number}].turn")
    if isinstance(act, Branch):
        _check_pattern(act.hear, f"{place}.hear")
        _check_condition(act.when, f"{place}.when")


def _check_turn(turn: Turn, place: str) -> None:
    waits = [name for name in ("hear", "words", "silence_s", "on") if getattr(turn, name) not in (None, [])]
    if len(waits) > 1:
        raise BadMessage(f"waits for one thing: take {' or '.join(waits)}", f"{place}.{waits[1]}")
    _check_pattern(turn.hear, f"{place}.hear")
    _check_condition(turn.when, f"{place}.when")
    if turn.when and turn.on is None:
        raise BadMessage("is about a function's output: say which with `on`", f"{place}.when")
    if turn.heard is not None and (turn.on is not None or turn.silence_s is not None):
        raise BadMessage("nothing is said in this turn; take it away", f"{place}.heard")
    for number, branch in enumerate(turn.branch):
        if branch.when and turn.on is None:
            raise BadMessage("is about a function's output: give the turn an `on`", f"{place}.branch[{number}].when")


def _check_which(which: str | int | None, place: str, turns: list[Turn]) -> None:
    if which is not None and index_of(turns, which) is None:
        named = ", ".join(f"`{turn.name}`" for turn in turns if turn.name) or "none has a name"
        raise BadMessage(f"no such turn; there are {len(turns)}: {named}", place)


def _check_fault(fault: EventFault, place: str, turns: list[Turn]) -> None:
    _check_which(fault.turn, f"{place}.turn", turns)
    if fault.code is not msgspec.UNSET:
        closes = fault.kind in {"close", "session_end"}
        if closes != isinstance(fault.code, int):
            wanted = "a close code, a number from 1000 to 4999" if closes else "an error's code, a text"
            raise BadMessage(f"should be {wanted}", f"{place}.code")


def _check_pattern(pattern: str | None, place: str) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise BadMessage(f"not a regular expression: {error}", place) from None


def _check_condition(condition: Condition, place: str) -> None:
    for path, wanted in condition.items():
        if isinstance(wanted, Wanted):
            _check_pattern(wanted.matches, f"{place}.{path}.matches")
