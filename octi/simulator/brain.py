"""A scenario as a brain of the embedded engine: its turns are answered by real ears and a real voice."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager

import attrs
import structlog
import trio

from octi.engine.base import Call, Called, HangUp, Line, Occasion, OpenBrain, Prompt, Say
from octi.engine.brains.words import sentences
from octi.engine.leaving import WHY
from octi.errors import BadMessage
from octi.realtime.saying import words_to_say
from octi.records import Role, Turn
from octi.simulator.actor import Actor
from octi.simulator.agent import Asked, Play
from octi.simulator.mischief import SESSION_END, TIME_UP, Close
from octi.simulator.reading import read_file
from octi.simulator.referee import Referee
from octi.simulator.report import SessionReport
from octi.simulator.scenario import Act, LatencyChange, Scenario
from octi.simulator.script import Script
from octi.units import ItemId, Milliseconds, SessionId

log = structlog.get_logger("octi.engine")

ELSEWHERE = "does nothing in the embedded engine; take it away, or play the file with `octi simulate --scenario`"


def read_scenario(data: bytes, name: str) -> Scenario:
    """A scenario that the engine can go by. Raises BadMessage: `booking.toml:12: turn[1].faults: …`."""
    scenario = read_file(data, name, check=_check).scenario
    assert scenario is not None  # _check has seen its turns
    return scenario


def _check(script: Script) -> None:
    """What is done to a wire, or asked of one, needs a wire."""
    scenario = script.scenario or Scenario()
    unserved = {
        "agent[0]": bool(script.agent),
        "caller[0]": bool(script.caller),
        "faults[0]": bool(script.faults or script.mischief),
        "expect[0]": bool(scenario.expect),
        "network": scenario.network != "none",
        "latency": scenario.latency != LatencyChange(),
    }
    for index, turn in enumerate(scenario.turn):
        unserved |= _unserved(turn, f"turn[{index}]")
        for number, branch in enumerate(turn.branch):
            unserved |= _unserved(branch, f"turn[{index}].branch[{number}]")
    for place, found in unserved.items():
        if found:
            raise BadMessage(ELSEWHERE, place)
    if not scenario.turn:
        raise BadMessage("has no turns: write one `[[turn]]` for each thing that the agent waits for")


def _unserved(act: Act, place: str) -> dict[str, bool]:
    return {f"{place}.latency": act.latency != LatencyChange(), f"{place}.faults": bool(act.faults)}


@attrs.define(eq=False)
class ScenarioBrain:
    """Answers one conversation, from the scenario's first turn on. Times: `now`, in seconds."""

    actor: Actor
    referee: Referee
    now: Callable[[], float]

    @property
    def silence_s(self) -> float | None:
        """See `Brain.silence_s`."""
        return self.actor.silence_s

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call | HangUp, None]:
        """See `Brain.answer`."""
        for piece in self._said(prompt):
            yield piece

    def _said(self, prompt: Prompt) -> list[Say | Call | HangUp]:
        if told := words_to_say(prompt.instructions):
            return [*map(Say, sentences(told))]
        if prompt.occasion is Occasion.ASIDE:
            return [*map(Say, sentences(self.actor.scenario.otherwise))]
        if prompt.occasion is Occasion.SILENCE:
            self.actor.notice_silence()
        now = self.now()
        self.referee.spoke(now - prompt.quiet_s)
        play = self.actor.answer(asked(prompt))
        code, self.actor.hang_up = self.actor.hang_up, None
        self.referee.told(now, [] if code is None else [Close(code, WHY, by="agent")])
        return [*([] if code is None else [HangUp(code)]), *pieces(play)]


def asked(prompt: Prompt) -> Asked:
    """What the user said, as far as it was understood, and what functions gave."""
    lines = [line for line in prompt.history if isinstance(line, Line) and line.role == Role.USER and line.text.strip()]
    outputs = [line for line in prompt.history if isinstance(line, Called) and line.output is not None]
    turns = [_turn(place, line) for place, line in enumerate(lines)]
    return Asked(instructions=prompt.instructions, turns=turns, outputs=outputs)


def _turn(place: int, line: Line) -> Turn:
    item, never = ItemId(line.item), Milliseconds(0)
    return Turn(
        session=SessionId(""), item=item, position=place, role=Role.USER, text=line.text, start_ms=never, end_ms=never
    )


def pieces(play: Play) -> Sequence[Say | Call]:
    """Sentence by sentence, then the calls."""
    return (*map(Say, sentences(play.text)), *play.calls)


def by_scenario(scenario: Scenario, now: Callable[[], float] = trio.current_time) -> OpenBrain:
    """Opens a brain for each conversation, and logs its verdict at the end."""

    @contextmanager
    def opened(session: str) -> Iterator[ScenarioBrain]:
        actor = Actor(scenario)
        referee = Referee(scenario, actor, session, now())
        try:
            yield ScenarioBrain(actor, referee, now)
        finally:
            tell(scenario, verdict(referee, now()))

    return opened


def verdict(referee: Referee, at: float) -> SessionReport:
    """What came of a session that has ended just now."""
    if at - referee.began > referee.scenario.limit_s:
        referee.told(at, [Close(SESSION_END, TIME_UP, by="limit")])
    referee.ended(at, "the session is over")
    return referee.report(at)


def tell(scenario: Scenario, report: SessionReport) -> None:
    """The verdict as one line, without anybody's words."""
    log.info(
        "scenario passed" if report.passed else "scenario failed",
        scenario=scenario.name,
        engine_session=report.session,
        turns_played=sum(step.state == "played" for step in report.steps),
        findings=dict(Counter(trouble.kind for trouble in report.troubles)),
        first=next((f"{trouble.kind} at {trouble.where or 'the end'}" for trouble in report.troubles), None),
        seconds=report.lasted_s,
    )
