"""Watches a session go by a scenario, and says what the client did wrong. Pure: times are told to it, in seconds."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import attrs
import msgspec

from octi.simulator.actor import Actor, Missed, Played
from octi.simulator.conversation import REFUSED, Told
from octi.simulator.formats import Formats
from octi.simulator.matching import holds
from octi.simulator.mischief import DELTA, TIME_UP, Close, HalfOpen, Out
from octi.simulator.report import SessionReport, Step, Trouble
from octi.simulator.scenario import Expect, Scenario, Turn, index_of

HEARD_SOONER_MS = 250  # a client's clock and its loudspeaker are not ours


@attrs.define
class _Awaited:
    """An event that is expected: how often it came, and when it would be too late."""

    expect: Expect
    label: str
    times: int = 0
    since: float | None = None  # it is waited for since then
    told: bool = False  # that it should not have come


@attrs.define
class _Voice:
    """One item of the agent's voice, as it was sent."""

    since: float
    sent_ms: int = 0


@attrs.define(eq=False)
class Referee:
    """One session's. `actor` None: a scenario without turns, of which only what is expected is judged."""

    scenario: Scenario
    actor: Actor | None
    session: str  # its id
    began: float
    _steps: list[Step] = attrs.field(factory=list)
    _troubles: list[Trouble] = attrs.field(factory=list)
    _awaited: list[_Awaited] = attrs.field(factory=list)
    _voices: dict[str, _Voice] = attrs.field(factory=dict)
    _formats: Formats = attrs.field(factory=Formats)
    _logged: int = 0  # of the actor's log
    _since: float = attrs.field(init=False)  # when the agent last had its say
    _ended: float | None = None
    _end: str = "it goes on"
    _by_script: bool = False

    def __attrs_post_init__(self) -> None:
        self._since = self.began
        for number, expect in enumerate(self.scenario.expect, 1):
            about = expect.turn is not None
            self._awaited.append(
                _Awaited(expect, f"expect {number}: {expect.send}", since=None if about else self.began)
            )
        self._open_expectations(self.began)

    # What happens

    def sent(self, at: float, data: bytes, told: Told) -> None:
        """A client's event, and what came of it."""
        try:
            event = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            event = {}
        for out in told.sender:
            if isinstance(out, Close | HalfOpen):
                self._note_end(at, out)
        kind = str(event.get("type", "")) if isinstance(event, dict) else ""
        if told.kind == REFUSED and self.scenario.refusals == "fail":
            self._trouble(at, "refused", f"{kind or 'an event without a type'}: {_why(told.sender)}")
        for awaited in self._awaited:
            if (
                awaited.since is not None
                and fnmatchcase(kind, awaited.expect.send)
                and holds(awaited.expect.where, event)
            ):
                self._came(awaited, at)
        if kind == "conversation.item.truncate" and told.kind == kind:
            self._check_truncation(at, event)
        self._read_log(at)

    def told(self, at: float, outs: Iterable[Out]) -> None:
        """What the client is told."""
        for out in outs:
            if isinstance(out, Close | HalfOpen):
                self._note_end(at, out)
            elif isinstance(out, dict):
                self._formats.note(out)
                if out["type"] == DELTA:
                    voice = self._voices.setdefault(out["item_id"], _Voice(at))
                    voice.sent_ms += self._formats.sounds_ms(out)
                elif out["type"] == "response.done":
                    self._since = at
        self._read_log(at)

    def spoke(self, at: float) -> None:
        """The agent had its say; the client's next turn counts from here."""
        self._since = at

    def ended(self, at: float, why: str) -> None:
        """The session is over. Only the first time counts."""
        if self._ended is None:
            self._ended, self._end = at, why

    @property
    def is_over(self) -> bool:
        """Has the session ended?"""
        return self._ended is not None

    # What it means

    def _came(self, awaited: _Awaited, at: float) -> None:
        expect = awaited.expect
        awaited.times += 1
        if expect.never and not awaited.told:
            awaited.told = True
            self._trouble(at, "unexpected", f"the client sent {expect.send}, and should not have", awaited.label)
        late_s = at - (awaited.since or 0.0)
        if awaited.times == expect.times and expect.within_s is not None and late_s > expect.within_s:
            allowed = f"after {late_s:.3f} s, and {expect.within_s:g} s are allowed"
            self._trouble(at, "late", f"{expect.send} came {allowed}", awaited.label)

    def _read_log(self, at: float) -> None:
        if self.actor is None:
            return
        for entry in self.actor.log[self._logged :]:
            if isinstance(entry, Played):
                self._note_turn(entry, at)
            else:
                self._trouble(at, "unexpected", self._missed(entry), self._waiting(entry.index))
        if len(self.actor.log) > self._logged:
            self._logged = len(self.actor.log)
            self._open_expectations(at)

    def _note_turn(self, played: Played, at: float) -> None:
        turn, label = self.scenario.turn[played.index], self._waiting(played.index)
        waited_s = at - self._since
        within_s = self.scenario.within_s if turn.within_s is None else turn.within_s
        self._steps.append(Step(label, "played", played.heard, round(waited_s, 3), round(at - self.began, 3)))
        if turn.silence_s is None and waited_s > within_s:
            self._trouble(at, "late", f"came after {waited_s:.3f} s, and {within_s:g} s are allowed", label)

    def _open_expectations(self, at: float) -> None:
        """What is expected while a turn is awaited counts from here, if that turn is."""
        for awaited in self._awaited:
            if awaited.expect.turn is not None:
                here = self.actor is not None and self.actor.place == index_of(self.scenario.turn, awaited.expect.turn)
                awaited.since = (awaited.since or at) if here else None

    def _note_end(self, at: float, end: Close | HalfOpen) -> None:
        if isinstance(end, Close) and end.reason == TIME_UP:
            self._trouble(at, "late", f"the session took {self.scenario.limit_s:g} s and was not over")
        else:
            self._by_script = True

    def _check_truncation(self, at: float, event: dict[str, Any]) -> None:
        voice = self._voices.get(event["item_id"])
        if voice is None:
            return
        heard_ms = min(voice.sent_ms, (at - voice.since) * 1000 + HEARD_SOONER_MS)
        if event["audio_end_ms"] > heard_ms:
            said = f"truncated at {event['audio_end_ms']} ms, of which {heard_ms:.0f} ms at most can have been heard"
            self._trouble(at, "truncated", f"{event['item_id']}: {said}")

    def _trouble(self, at: float, kind: str, what: str, where: str = "") -> None:
        self._troubles.append(Trouble(kind, what, where, round(at - self.began, 3)))

    # The verdict

    def report(self, now: float) -> SessionReport:
        """As it stands."""
        over = self._ended if self._ended is not None else now
        lasted_s = round(over - self.began, 3)
        steps, troubles = list(self._steps), list(self._troubles)
        if self.actor and not self._by_script:
            for index in self._unplayed():
                turn, label = self.scenario.turn[index], self._waiting(index)
                steps.append(Step(label, "skipped" if turn.optional else "missing", "", 0.0, lasted_s))
            if not self.actor.is_over():
                label = self._waiting(self.actor.place)
                troubles.append(
                    Trouble("never", f"the client has never {self._wanted(self.actor.place)}", label, lasted_s)
                )
        for awaited in self._awaited:
            expect = awaited.expect
            if not expect.never and awaited.times < expect.times and not (self._by_script and expect.turn is not None):
                often = f", {awaited.times} of {expect.times} times" if expect.times > 1 else ""
                troubles.append(
                    Trouble("never", f"the client never sent {expect.send}{often}", awaited.label, lasted_s)
                )
        return SessionReport(self.session, tuple(steps), tuple(troubles), lasted_s, self._end)

    def _unplayed(self) -> range:
        place = self.actor.place if self.actor else None
        return range(len(self.scenario.turn) if place is None else place, len(self.scenario.turn))

    def _waiting(self, index: int | None) -> str:
        if index is None:
            return "end"
        name = self.scenario.turn[index].name
        return f"turn {index + 1} ({name})" if name else f"turn {index + 1}"

    def _wanted(self, index: int | None) -> str:
        return _wants(self.scenario.turn[index]) if index is not None else "stopped"

    def _missed(self, missed: Missed) -> str:
        heard = f"the client said {missed.heard!r}" if missed.heard else "the client asked for an answer"
        if missed.index is None:
            return f"{heard} when the scenario was over"
        return f"{heard}; it should have {_wants(self.scenario.turn[missed.index])}"


def _wants(turn: Turn) -> str:
    """What a turn waits for, after `has` or `should have`."""
    if turn.on is not None:
        return f"given the output of {turn.on}" + (" as `when` says" if turn.when else "")
    if turn.silence_s is not None:
        return f"kept silent for {turn.silence_s:g} s"
    if turn.words:
        return f"said {' and '.join(repr(word) for word in turn.words)}"
    if turn.hear is not None:
        return f"said something like {turn.hear!r}" if turn.hear else "said something"
    return "asked for an answer"


def _why(outs: Iterable[Out]) -> str:
    errors = [out["error"]["message"] for out in outs if isinstance(out, dict) and out["type"] == "error"]
    return "; ".join(errors) or "refused"
