"""A conversation that goes by a scenario: in its time, with its faults, and with whoever watches it. Pure."""

from collections.abc import Collection, Iterable
from typing import Any

import attrs

from octi.engine.requests import ResponseWish
from octi.simulator.actor import Actor
from octi.simulator.answer import WORD_MS, Manner
from octi.simulator.conversation import ScriptedConversation, Told
from octi.simulator.ids import Ids
from octi.simulator.mischief import DELTA, SESSION_END, TIME_UP, Close, Ending, Mischief, Out
from octi.simulator.opening import Opening
from octi.simulator.scenario import Act, EventFault, Latency, Scenario, index_of
from octi.simulator.script import Says, Script
from octi.simulator.tempo import Tempo, latency_of, seeded


@attrs.frozen
class Part:
    """What one session has of a scenario."""

    scenario: Scenario
    actor: Actor | None  # None: the script's agent answers
    mischief: Mischief

    def tempo_of_answer(self, number: int) -> Tempo:
        """How fast the answer is that was begun last. `number`: of what was drawn in this session, as below."""
        latency = self.actor.latency() if self.actor else self._usual()
        return Tempo(latency, seeded(self.scenario.seed, f"answer {number}"))

    def tempo_of_words(self, said: str, number: int) -> Tempo:
        """How fast the user's words are known."""
        latency = self.actor.latency_of_words(said) if self.actor else self._usual()
        return Tempo(latency, seeded(self.scenario.seed, f"words {number}"))

    def _usual(self) -> Latency:
        return latency_of(self.scenario.network, self.scenario.latency)


def part_of(script: Script) -> Part | None:
    """A session's part, with chance of its own; None for a script without a scenario."""
    scenario = script.scenario
    if scenario is None:
        return None
    faults: list[tuple[EventFault, Act | int | None]] = [(fault, _place(scenario, fault)) for fault in script.mischief]
    faults += _of_turns(scenario)
    chances = (seeded(scenario.seed, f"fault {number}") for number in range(len(faults)))
    actor = Actor(scenario) if scenario.turn else None
    return Part(scenario, actor, Mischief.of(faults, chances))


def _place(scenario: Scenario, fault: EventFault) -> int | None:
    return None if fault.turn is None else index_of(scenario.turn, fault.turn)


def _of_turns(scenario: Scenario) -> Iterable[tuple[EventFault, Act]]:
    for turn in scenario.turn:
        for act in (turn, *turn.branch):
            yield from ((fault, act) for fault in act.faults)


class Scene(ScriptedConversation):
    """One conversation, by a scenario."""

    def __init__(
        self, opening: Opening, ids: Ids, part: Part, script: Script, said: Iterable[Says], *, call: bool
    ) -> None:
        self.part = part
        self._endings: list[Ending] = []  # that a fault has in store for the answer under way
        self._drawn = 0
        self._time_up = False
        super().__init__(opening, ids, script.agent, said, call=call)
        if part.actor:
            self._agent = part.actor

    def pending(self) -> dict[str, float | None]:
        """Each thing by itself: it has a time of its own."""
        actor, waits = self.part.actor, self._words.waits(answering=self.active is not None)
        due: dict[str, float | None] = {f"words.{item}": seconds for item, seconds in waits.items()}
        if self._turn:
            due[f"turn.{self._clock_ms}"] = None
        for answer in self._answers:
            due[f"answer.{answer.id}.{answer.beats}"] = answer.wait_s
        if actor and actor.hang_up is not None and not self.active:
            due["hang-up"] = 0.0
        quiet = not (self._answers or self._turn or self._listener.speaking)
        if actor and actor.silence_s is not None and quiet:
            due[f"silence.{self._events}"] = actor.silence_s
        limit = {} if self._time_up else {"limit": self.part.scenario.limit_s}
        return {**due, **self.part.mischief.pending(), **limit}

    def advance(self, due: Collection[str] = ()) -> list[Out]:
        """What is due, in a fixed order; "": nothing."""
        named = [key.partition(".") for key in sorted(due)]
        if any(kind == "turn" for kind, _, _ in named):
            self._end_turn()
        for answer in list(self._answers):
            if f"answer.{answer.id}.{answer.beats}" in due and not answer.done:
                self._step(answer)
        items = [item for kind, _, item in named if kind == "words"]
        asked_for = self.settings.transcribes
        self._words.tell(self._emit, answering=self.active is not None, asked_for=asked_for, only=items)
        for key in sorted(due):
            if key.startswith("fault."):
                self._take_effects(self.part.mischief.arm(key))
        if any(kind == "silence" for kind, _, _ in named) and self.part.actor and not self.active:
            self.part.actor.notice_silence()
            self._respond(ResponseWish())
        if self.part.actor and "hang-up" in due and (code := self.part.actor.hang_up) is not None:
            self.part.actor.hang_up = None
            self._out.append(Close(code, "the agent hangs up", by="agent"))
        if "limit" in due:
            self._time_up = True
            self._out.append(Close(SESSION_END, TIME_UP, by="limit"))
        return self._taken()

    def take(self, data: bytes, *, text: bool = True) -> Told:
        """A client's event; what its sender alone is told meets the faults as well."""
        told = super().take(data, text=text)
        alone = [out for event in told.sender for out in self._met(event) if not isinstance(out, Ending)]
        return Told(told.kind, alone, told.everybody)

    def _emit(self, kind: str, **fields: Any) -> None:
        self._take_effects(self._met(self._event(kind, **fields)))

    def _met(self, event: Any) -> list[Any]:
        actor = self.part.actor
        turn, act = (actor.acting, actor.act) if actor and self.active else (None, None)
        sounds_ms = WORD_MS if event["type"] == DELTA else 0
        return self.part.mischief.meet(event, turn=turn, act=act, sounds_ms=sounds_ms)

    def _take_effects(self, effects: Iterable[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Ending):
                self._endings.append(effect)
            else:
                self._out.append(effect)

    def _taken(self) -> list[Out]:
        while self._endings:
            ending = self._endings.pop(0)
            if self.active:
                self._end(self.active, ending.status, ending.details)
        return super()._taken()

    def _timed(self, manner: Manner) -> Manner:
        tempo = self.part.tempo_of_answer(self._next_draw())
        return attrs.evolve(manner, tempo=tempo, words_ahead=round(-tempo.latency.transcript_ms / WORD_MS))

    def _heard_s(self, said: Says) -> float:
        return self.part.tempo_of_words(said.say, self._next_draw()).heard_s()

    def _next_draw(self) -> int:
        self._drawn += 1
        return self._drawn
