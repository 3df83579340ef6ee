"""What a rule of the wire is, how a rule says that it is broken, and what comes of checking it. Pure."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from enum import StrEnum
from inspect import getdoc
from typing import Any

import attrs

from octi.conformance.values import Event


class Outcome(StrEnum):
    """What came of a rule."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"  # the server does not do what the rule is about, and need not
    SKIPPED = "skipped"  # it could not be tried here


class Need(StrEnum):
    """What a server has to have for some rules to be tried."""

    VOICE = "voice"  # it speaks
    HEARING = "hearing"  # it takes audio
    TRANSCRIPTION = "transcription"  # sessions of `?intent=transcription`


@attrs.frozen
class NotApplicable(Exception):
    """The server does not do what the rule is about, and need not. Never leaves this package."""

    why: str


@attrs.frozen(kw_only=True)
class Tape:
    """All that one socket said. `larger`: the largest frame, in bytes. `whole`: it said all that it had begun."""

    events: Sequence[Event]
    larger: int = 0
    whole: bool = True


@attrs.frozen(kw_only=True)
class Rule:
    """Something that every server keeps to. `about`: the part of the protocol that says so, in its own words."""

    name: str
    sentence: str
    about: str
    needs: Need | None = None


Trial = Callable[[Any], Awaitable[Event | None]]  # takes a `dialogue.Server`; gives the event that shows it
Judge = Callable[[Tape], Iterator[Event]]


@attrs.frozen(kw_only=True)
class Dialogue(Rule):
    """A rule that is tried: connect, do, judge. It gives the event that showed it, or raises Broken."""

    trial: Trial


@attrs.frozen(kw_only=True)
class Standing(Rule):
    """A rule for whatever is said at any time: judged over the tapes of all sockets. Gives what it looked at."""

    judge: Judge


@attrs.frozen(kw_only=True)
class Result:
    """What came of one rule. `event`: what showed it."""

    rule: Rule
    outcome: Outcome
    why: str = ""
    event: Event | None = None


def rule(about: str, needs: Need | None = None) -> Callable[[Trial], Dialogue]:
    """A rule out of the function that tries it: its name is the rule's, its docstring the rule itself."""

    def made(trial: Trial) -> Dialogue:
        return Dialogue(name=_name(trial), sentence=_sentence(trial), about=about, needs=needs, trial=trial)

    return made


def standing(about: str) -> Callable[[Judge], Standing]:
    """The same, for a rule about whatever is said."""

    def made(judge: Judge) -> Standing:
        return Standing(name=_name(judge), sentence=_sentence(judge), about=about, judge=judge)

    return made


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", "-")


def _sentence(function: Callable[..., Any]) -> str:
    return " ".join((getdoc(function) or "").split())
