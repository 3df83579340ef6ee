"""Checks a server by the rules: a few at once, each on sockets of its own, and each in a bounded time."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

import attrs
import trio

from octi.conformance.dialogue import PUSH_TO_TALK, Server, Wire
from octi.conformance.rule import Dialogue, Judge, Need, NotApplicable, Outcome, Result, Rule, Standing, Tape
from octi.conformance.rules.buffer import CLEAR
from octi.conformance.rules.responses import answer
from octi.conformance.values import Broken, Event, at, find
from octi.conformance.voice import silence
from octi.errors import OctiError
from octi.websocket.opener import UpgradeRefused

AT_ONCE = 4  # rules that are tried at the same time
ODD = (LookupError, TypeError, AttributeError, ValueError)  # what a rule meets where a list stands for an object
STEPS = 6  # deadlines that one rule may need, one after the other

Say = Callable[[Result], None]
Lacking = Mapping[Need, str]  # what the server does not have, and how it said so


async def check(server: Server, rules: Sequence[Rule], say: Say) -> list[Result]:
    """Try all rules; what came of each, in their order. `say` is told of each in that order, as soon as it can be.

    Raises Unreachable, UpgradeRefused where there is no such server.
    """
    async with server.door() as wire:
        await greeted(wire)
    lacking = await survey(server, {rule.needs for rule in rules if rule.needs})
    told = Telling(say)
    async with trio.open_nursery() as nursery:
        waiting = iter(list(enumerate(rules)))
        for _ in range(AT_ONCE):
            nursery.start_soon(_work, server, waiting, lacking, told, name="conformance worker")
    for number, each in enumerate(rules):
        if isinstance(each, Standing):
            told.take(number, judged(each, server.tapes))
    return [told.results[number] for number in range(len(rules))]


async def greeted(wire: Wire) -> None:
    """Wait until the server has said something, be it why it says no more."""
    try:
        await wire.next()
    except Broken:
        return  # a rule tells more


async def _work(server: Server, waiting: Iterator[tuple[int, Rule]], lacking: Lacking, told: "Telling") -> None:
    for number, each in waiting:
        if isinstance(each, Dialogue):
            told.take(number, await tried(server, each, lacking))


@attrs.define(eq=False)
class Telling:
    """What came of the rules so far, told in the order of the rules."""

    say: Say
    results: dict[int, Result] = attrs.field(factory=dict)
    _next: int = 0

    def take(self, number: int, result: Result) -> None:
        """One rule's result; it is told when those before it were."""
        self.results[number] = result
        while self._next in self.results:
            self.say(self.results[self._next])
            self._next += 1


async def tried(server: Server, rule: Dialogue, lacking: Lacking) -> Result:
    """What comes of a rule that is tried."""
    if rule.needs and rule.needs in lacking:
        return Result(rule=rule, outcome=Outcome.SKIPPED, why=lacking[rule.needs])
    try:
        with trio.fail_after(server.patience_s * STEPS):
            return Result(rule=rule, outcome=Outcome.PASSED, event=await rule.trial(server))
    except NotApplicable as reason:
        return Result(rule=rule, outcome=Outcome.NOT_APPLICABLE, why=reason.why)
    except Broken as broken:
        return Result(rule=rule, outcome=Outcome.FAILED, why=broken.why, event=broken.event)
    except trio.TooSlowError:
        return Result(rule=rule, outcome=Outcome.FAILED, why=f"it took more than {server.patience_s * STEPS:g} s")
    except OctiError as error:  # the socket was not even opened
        return Result(rule=rule, outcome=Outcome.FAILED, why=str(error))
    except ODD as error:
        return _odd(rule, error)


def judged(rule: Standing, tapes: Sequence[Tape]) -> Result:
    """What comes of a rule about whatever was said."""
    seen: Event | None = None
    try:
        for tape in tapes:
            seen = _last(rule.judge, tape) or seen
    except Broken as broken:
        return Result(rule=rule, outcome=Outcome.FAILED, why=broken.why, event=broken.event)
    except ODD as error:
        return _odd(rule, error)
    if seen is None:
        return Result(rule=rule, outcome=Outcome.NOT_APPLICABLE, why="nothing of the kind was said")
    return Result(rule=rule, outcome=Outcome.PASSED, event=seen)


def _odd(rule: Rule, error: Exception) -> Result:
    why = f"an event has another shape than any that there is ({type(error).__name__}: {error})"
    return Result(rule=rule, outcome=Outcome.FAILED, why=why)


def _last(judge: Judge, tape: Tape) -> Event | None:
    seen = deque(judge(tape), maxlen=1)
    return seen[0] if seen else None


# What the server has


async def survey(server: Server, needs: Set[Need]) -> Lacking:
    """What of that the server says it does not have. One that says nothing is supposed to have it."""
    asking = {Need.VOICE: _no_voice, Need.HEARING: _no_hearing, Need.TRANSCRIPTION: _no_transcription}
    lacking: dict[Need, str] = {}
    for need in sorted(needs):
        try:
            why = await asking[need](server)
        except (Broken, *ODD):
            why = None  # the rules tell more
        if why is not None:
            lacking[need] = why
    return lacking


async def _no_voice(server: Server) -> str | None:
    async with server.session(audio=PUSH_TO_TALK) as wire:
        done = await answer(wire)
        return "the server answers in writing only" if at(done, "response.output_modalities") == ["text"] else None


async def _no_hearing(server: Server) -> str | None:
    async with server.session() as wire:
        await wire.speak(silence(200))
        await wire.send(CLEAR)
        event = await wire.next()
        return f"the server takes no audio: {find(event, 'error.message')}" if event["type"] == "error" else None


async def _no_transcription(server: Server) -> str | None:
    try:
        async with server.door({"model": None, "intent": "transcription"}) as wire:
            event = await wire.next()
    except UpgradeRefused as refused:
        return str(refused)
    if event["type"] == "error":
        return f"the server has no transcription sessions: {find(event, 'error.message')}"
    return None
