"""What the simulated agent answers: its script's steps, one for each response, and after them a fixed habit. Pure."""

import re
from collections import deque
from collections.abc import Collection, Sequence
from typing import Protocol

import attrs

from octi.engine.base import Call, Called, Say
from octi.extraction.heuristic import heuristic_findings
from octi.extraction.schema import DEFAULT_SCHEMA, Value
from octi.records import Turn
from octi.simulator.script import AgentStep, Calls, Fails, Recites, Says, Speaks

EXTRACT = "extract_profile"
NAME = re.compile(r'^- first_name: "((?:[^"\\]|\\.)+)"', re.MULTILINE)  # as octi writes a profile


@attrs.frozen(kw_only=True)
class Asked:
    """What one response has to go by. `turns`: the conversation, with words that nobody was told yet."""

    instructions: str
    turns: Sequence[Turn]
    functions: Collection[str] = ()
    tool_choice: str = "auto"  # auto, none, required, or a function's name
    outputs: Sequence[Called] = ()  # of the functions that were called


@attrs.frozen
class Play:
    """Some words, and then some calls, in one response."""

    text: str = ""
    calls: tuple[Call, ...] = ()


Plan = Say | Call | Fails | Play
UNSAID = Says("…")  # what a socket's client said when the script has no more for it


class Answering(Protocol):
    """Who decides what a simulated agent says, and what was said to it."""

    def answer(self, asked: Asked, *, scripted: bool = True) -> Plan:
        """The next response; not `scripted`: one out of band."""

    def words(self) -> Says:
        """What the next voice of a socket's client says."""


@attrs.define
class Agent:
    """One conversation's agent."""

    _steps: deque[AgentStep]
    _to_hear: deque[Says] = attrs.field(factory=deque)
    _told: dict[str, Value] = attrs.field(factory=dict)  # what was known of the user when it last extracted

    def answer(self, asked: Asked, *, scripted: bool = True) -> Plan:
        """The next response: the next step; without one, or if it is not `scripted`, what the agent does by itself."""
        if scripted and self._steps:
            return _played(self._steps.popleft(), asked.instructions)
        return self._forced(asked) or self._extraction(asked) or Say(habit(asked.instructions))

    def words(self) -> Says:
        """What the next voice of a socket's client turns out to say."""
        return self._to_hear.popleft() if self._to_hear else UNSAID

    def _forced(self, asked: Asked) -> Call | None:
        forced = next(iter(asked.functions), "") if asked.tool_choice == "required" else asked.tool_choice
        return Call(forced, {}) if forced in asked.functions else None

    def _extraction(self, asked: Asked) -> Call | None:
        """Call `extract_profile` when the user said something new for the default profile."""
        if EXTRACT not in asked.functions or asked.tool_choice == "none":
            return None
        known = {name: found.value for name, found in heuristic_findings(DEFAULT_SCHEMA, asked.turns).items()}
        if known == self._told:
            return None
        self._told = known
        return Call(EXTRACT, {})


def _played(step: AgentStep, instructions: str) -> Plan:
    match step:
        case Speaks(say=text):
            return Say(text)
        case Recites(say_from_instructions=pattern, template=template, otherwise=otherwise):
            found = re.search(pattern, instructions)
            return Say(template.replace("{0}", found[1] or "") if found else otherwise)
        case Calls(call=name, arguments=arguments):
            return Call(name, arguments)
        case Fails():
            return step


def habit(instructions: str) -> str:
    """A short answer, by the user's first name if the instructions hold it."""
    found = NAME.search(instructions)
    return f"Thank you, {found[1]}. Please go on." if found else "Thank you. Please go on."
