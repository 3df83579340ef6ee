"""Whether a scenario makes sense, as far as no single field can tell. Pure."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from msgspec import UNSET

from octi.engine.requests import TYPES
from octi.errors import BadMessage
from octi.simulator.matching import normalised
from octi.simulator.mischief import ENDS, ERRORS, OF_SOUND
from octi.simulator.scenario import END, Act, Branch, Condition, EventFault, Expect, Scenario, Turn, Wanted, index_of

SENT = (*TYPES, "output_audio_buffer.clear")  # the last over a call's media alone
CLOSES = frozenset({"close", "session_end"})
SENDABLE = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
UNSAID = "nothing is said in this turn; take it away"
ONLY: Mapping[str, Collection[str]] = {  # the kinds of faults that a field means something to
    "code": {*ERRORS, *CLOSES, "failed"},
    "message": {*ERRORS, "session_end", "failed"},
    "reason": {*ENDS - {"failed"}, *CLOSES},
    "stall_s": {"stall", "half_open"},
    "size": {"oversize"},
    "rate_hz": {"wrong_rate"},
}


def check_scenario(scenario: Scenario, faults: Sequence[EventFault], numbers: Sequence[int]) -> None:
    """Raises BadMessage that names the field at fault. `numbers`: the places of the faults in their file."""
    _check_names(scenario.turn)
    for place, act in _acts(scenario.turn):
        _check_act(act, place, scenario.turn)
    for index, turn in enumerate(scenario.turn):
        _check_turn(turn, f"turn[{index}]")
    for index, expect in enumerate(scenario.expect):
        _check_expect(expect, f"expect[{index}]", scenario.turn)
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
        if fault.kind == "expired_secret":
            raise BadMessage("is of no turn; put it into [[faults]]", f"{place}.faults[{number}].kind")
    _check_code(act.hang_up, f"{place}.hang_up")
    if isinstance(act, Branch):
        if act.hear is None and not act.when:
            raise BadMessage("would always be taken; give it a `when` or a `hear`", place)
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
        raise BadMessage(UNSAID, f"{place}.heard")
    if turn.latency.heard_ms is not UNSET and (turn.on is not None or turn.silence_s is not None):
        raise BadMessage(UNSAID, f"{place}.latency.heard_ms")
    for number, word in enumerate(turn.words):
        if not normalised(word):
            raise BadMessage("has no letter, so nobody can say it", f"{place}.words[{number}]")
    for number, branch in enumerate(turn.branch):
        if branch.hear is not None and turn.silence_s is not None:
            raise BadMessage(UNSAID, f"{place}.branch[{number}].hear")
        if branch.latency.heard_ms is not UNSET:
            why = "words are known before a branch is taken; put it into the turn's own `latency`"
            raise BadMessage(why, f"{place}.branch[{number}].latency.heard_ms")
        if branch.when and turn.on is None:
            raise BadMessage("is about a function's output: give the turn an `on`", f"{place}.branch[{number}].when")


def _check_which(which: str | int | None, place: str, turns: list[Turn]) -> None:
    if which is not None and index_of(turns, which) is None:
        named = ", ".join(f"`{turn.name}`" for turn in turns if turn.name) or "none has a name"
        raise BadMessage(f"no such turn; there are {len(turns)}: {named}", place)


def _check_expect(expect: Expect, place: str, turns: list[Turn]) -> None:
    _check_which(expect.turn, f"{place}.turn", turns)
    _check_condition(expect.where, f"{place}.where")
    if not any(fnmatchcase(kind, expect.send) for kind in SENT):
        near = difflib.get_close_matches(expect.send, SENT, 1) or SENT
        raise BadMessage(f"no client sends that; there is {', '.join(near)}", f"{place}.send")
    if expect.never and (expect.within_s is not None or expect.times != 1):
        field = "times" if expect.within_s is None else "within_s"
        raise BadMessage("what must never be sent has no deadline and no number; take it away", f"{place}.{field}")


def _check_fault(fault: EventFault, place: str, turns: list[Turn]) -> None:
    _check_which(fault.turn, f"{place}.turn", turns)
    plain = EventFault(fault.kind)
    for field in fault.__struct_fields__:
        if getattr(fault, field) != getattr(plain, field) and not _is_meant(field, fault.kind):
            raise BadMessage(f"means nothing to a fault of kind `{fault.kind}`; take it away", f"{place}.{field}")
    if fault.code is not UNSET:
        closes = fault.kind in CLOSES
        if closes != isinstance(fault.code, int):
            wanted = "a close code, a number from 1000 to 4999" if closes else "an error's code, a text"
            raise BadMessage(f"should be {wanted}", f"{place}.code")
        _check_code(fault.code, f"{place}.code")


def _is_meant(field: str, kind: str) -> bool:
    if kind == "expired_secret":
        return field in {"chance", "times"}  # it is no event, and of no session
    if field == "on":
        return kind not in OF_SOUND  # they are about audio deltas
    return field not in ONLY or kind in ONLY[field]


def _check_code(code: Any, place: str) -> None:
    """1006 is none that is sent: the connection breaks."""
    if type(code) is int and code != 1006 and code not in SENDABLE:
        raise BadMessage("cannot be sent: take 1000 to 1003, 1007 to 1014 or 3000 to 4999, or 1006 to break off", place)


def _check_pattern(pattern: str | None, place: str) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise BadMessage(f"not a regular expression: {error}", place) from None


def _check_condition(condition: Condition, place: str) -> None:
    for path, wanted in condition.items():
        if isinstance(wanted, Wanted):
            _check_pattern(wanted.matches, f"{place}.{path}.matches")
