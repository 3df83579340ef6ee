"""The agent of a scenario: which turn the conversation is at, and what is answered there. Pure."""

import attrs

from octi.engine.base import Call, Called
from octi.records import Role
from octi.simulator.agent import UNSAID, Asked, Play
from octi.simulator.matching import has_words, hears, holds, meaning
from octi.simulator.scenario import END, Act, Branch, Latency, Scenario, Turn, index_of, label
from octi.simulator.script import Says
from octi.simulator.tempo import latency_of


@attrs.frozen
class Played:
    """A turn that the client reached, and what it did for it."""

    index: int
    heard: str
    act: Act


@attrs.frozen
class Missed:
    """What a client did that no turn waited for, and what the turn then was."""

    index: int | None  # None: the scenario was over
    heard: str


@attrs.frozen
class _News:
    """What came since the agent's last answer. `heard` None: nothing was said."""

    heard: str | None
    outputs: list[Called]
    silent: bool

    def output_of(self, function: str) -> Called | None:
        """What that function gave."""
        return next((called for called in self.outputs if called.name == function), None)

    @property
    def shown(self) -> str:
        """For a person to read."""
        return "; ".join([*filter(None, [self.heard]), *(f"{each.name}: {each.output}" for each in self.outputs)])


@attrs.define(eq=False)
class Actor:
    """Goes through a scenario's turns. `log`: what has happened, in order."""

    scenario: Scenario
    place: int | None = attrs.field(init=False)  # the turn that is waited for; None: the end
    acting: int | None = None  # the turn whose answer was begun last
    log: list[Played | Missed] = attrs.field(factory=list)
    hang_up: int | None = None  # the close code, once the answer is over
    _hears_silence: bool = False
    _known: set[str] = attrs.field(factory=set)  # items and calls that were answered

    def __attrs_post_init__(self) -> None:
        self.place = 0 if self.scenario.turn else None

    @property
    def turn(self) -> Turn | None:
        """The turn that is waited for."""
        return None if self.place is None else self.scenario.turn[self.place]

    @property
    def silence_s(self) -> float | None:
        """How long nobody must speak for the next turn; None: it waits for something else."""
        return self.turn.silence_s if self.turn else None

    @property
    def act(self) -> Act | None:
        """What the agent does in the answer that was begun last, by its turn."""
        last = self.log[-1] if self.log else None
        return last.act if isinstance(last, Played) else None

    def latency(self) -> Latency:
        """How fast the answer is that was begun last."""
        return self._latency_of(self.act)

    def latency_of_words(self, said: str) -> Latency:
        """How fast the user's words are known: by the turn that waits for them."""
        news = _News(said, [], silent=False)
        turns = (self.scenario.turn[index] for index in self._candidates())
        return self._latency_of(next((turn for turn in turns if _fits(turn, news)), None))

    def _latency_of(self, act: Act | None) -> Latency:
        changes = [self.scenario.latency, *([act.latency] if act else [])]
        return latency_of(self.scenario.network, *changes)

    def words(self) -> Says:
        """What the user's audio is taken for: the next turn's words, if it has some."""
        for index in self._candidates():
            turn = self.scenario.turn[index]
            if turn.heard or turn.words:
                return Says(turn.heard or " ".join(turn.words))
        return UNSAID

    def answer(self, asked: Asked, *, scripted: bool = True) -> Play:
        """The answer to what was asked; without a turn that fits, the scenario's `otherwise`."""
        if not scripted:
            return Play(text=self.scenario.otherwise)
        news = self._news(asked)
        for index in self._candidates():
            if _fits(self.scenario.turn[index], news):
                return self._played(index, news)
        self.log.append(Missed(self.place, news.shown))
        self.acting = None
        return Play(text=self.scenario.otherwise)

    def notice_silence(self) -> None:
        """The next answer is one to silence."""
        self._hears_silence = True

    def is_over(self) -> bool:
        """Is no turn left that a client must reach?"""
        return self.place is None or all(turn.optional for turn in self.scenario.turn[self.place :])

    def _candidates(self) -> list[int]:
        """The turn that is waited for; those after it as far as the ones before are optional."""
        found: list[int] = []
        for index in range(len(self.scenario.turn) if self.place is None else self.place, len(self.scenario.turn)):
            found.append(index)
            if not self.scenario.turn[index].optional:
                break
        return found

    def _news(self, asked: Asked) -> _News:
        """What came since the answer before."""
        said = [turn for turn in asked.turns if turn.role is Role.USER and turn.item not in self._known]
        outputs = [called for called in asked.outputs if called.call_id not in self._known]
        silent, self._hears_silence = self._hears_silence, False
        self._known |= {turn.item for turn in said} | {called.call_id for called in outputs}
        return _News(" ".join(turn.text for turn in said) if said else None, outputs, silent)

    def _played(self, index: int, news: _News) -> Play:
        turn = self.scenario.turn[index]
        act = next((branch for branch in turn.branch if _taken(branch, turn, news)), turn)
        self.log.append(Played(index, news.shown, act))
        self.acting, self.place = index, self._after(index, act, turn)
        if act.hang_up:
            self.hang_up = 1000 if act.hang_up is True else act.hang_up
        calls = act.call if isinstance(act.call, list) else [act.call] if act.call else []
        return Play(text=act.say, calls=tuple(Call(call.name, call.arguments) for call in calls))

    def _after(self, index: int, act: Act, turn: Turn) -> int | None:
        where = act.then or turn.then
        if where == END:
            return None
        following = index_of(self.scenario.turn, where) if where else index + 1
        return following if following is not None and following < len(self.scenario.turn) else None

    def label(self, index: int) -> str:
        """A turn's name, or its number."""
        return label(self.scenario.turn, index)


def _fits(turn: Turn, news: _News) -> bool:
    if turn.silence_s is not None:
        return news.silent
    if turn.on is not None:
        output = news.output_of(turn.on)
        return output is not None and holds(turn.when, meaning(output.output or ""))
    if turn.hear is None and not turn.words:
        return True
    if news.heard is None:
        return False
    if news.heard == UNSAID.say:
        return True  # a voice, and nobody says what it said
    return has_words(turn.words, news.heard) if turn.hear is None else hears(turn.hear, news.heard)


def _taken(branch: Branch, turn: Turn, news: _News) -> bool:
    if branch.hear is not None and (news.heard is None or not hears(branch.hear, news.heard)):
        return False
    output = news.output_of(turn.on) if turn.on else None
    return not branch.when or (output is not None and holds(branch.when, meaning(output.output or "")))
