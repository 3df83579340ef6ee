"""What a brain remembers: nothing but the history it is given, read again each time."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

import attrs

from octi.engine.base import Called, Line
from octi.engine.brains.language import Language
from octi.engine.brains.words import lowered

USER, AGENT, FUNCTION = "user", "assistant", "function"
LONGEST_HEARD = 1_000  # characters of one turn that are looked at: minutes of speech, and it bounds every pattern


@attrs.frozen
class Turn:
    """All that one side said before the other did. A function's turn is empty: it only stands between."""

    role: str
    text: str = ""


def turns(history: Sequence[Line | Called]) -> tuple[Turn, ...]:
    """The conversation as user, agent and functions took turns. Other roles do not talk."""
    said = [turn for entry in history if (turn := _turn(entry))]
    grouped = groupby(said, key=lambda turn: turn.role)
    return tuple(Turn(role, " ".join(" ".join(turn.text for turn in group).split())) for role, group in grouped)


def _turn(entry: Line | Called) -> Turn | None:
    if isinstance(entry, Called):
        return Turn(FUNCTION)
    if entry.role == USER:
        return Turn(USER, unicodedata.normalize("NFC", entry.text[:LONGEST_HEARD]))
    return Turn(AGENT, entry.text) if entry.role == AGENT else None


def heard(said: Sequence[Turn]) -> str:
    """What the user said since the agent spoke; "" if nothing."""
    return said[-1].text if said and said[-1].role == USER else ""


def last_answer(said: Sequence[Turn]) -> str:
    """What the agent said last; "" if nothing yet."""
    return next((turn.text for turn in reversed(said) if turn.role == AGENT and turn.text), "")


def new_results(history: Sequence[Line | Called]) -> tuple[Called, ...]:
    """The calls at the end of the history, behind which nobody has spoken yet."""
    calls: list[Called] = []
    for entry in reversed(history):
        if isinstance(entry, Called):
            calls.insert(0, entry)
        elif entry.role in (USER, AGENT):
            break
    return tuple(calls)


def user_name(said: Sequence[Turn], language: Language) -> str | None:
    """The name that the user gave last."""
    names = (name_in(turn.text, language) for turn in reversed(said) if turn.role == USER)
    return next((name for name in names if name), None)


def name_in(text: str, language: Language) -> str | None:
    """The name that a user gives in one turn."""
    return _name(text, language.user_names, language)


def agent_name(instructions: str, language: Language) -> str:
    """The name that the instructions give the agent, if it is clearly one."""
    return _name(instructions[:LONGEST_HEARD], language.agent_names, language) or language.default_name


def _name(text: str, patterns: Sequence[re.Pattern[str]], language: Language) -> str | None:
    found = (match[1] for pattern in patterns for match in pattern.finditer(text))
    name = next((name for name in found if lowered(name) not in language.not_names), None)
    if not name or not (name.islower() or name.isupper()):
        return name
    return "-".join(part.capitalize() for part in name.split("-"))
