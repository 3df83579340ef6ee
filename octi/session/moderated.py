"""A door whose conversation is judged: what is said is put to hooks, and what they say of it is done. Pure.

What each verdict means: `octi.hooks`. In the mode `before` nothing is answered until it was judged, see `Gate`.
"""

from collections.abc import Callable

import attrs
import msgspec

from octi.errors import BadMessage, Blocked, OctiError
from octi.hook_config import HookConfig, HookMode, Side
from octi.hooks import acts
from octi.hooks.base import Action, Verdict
from octi.hooks.following import Following, Line, Question
from octi.hooks.gate import Gate, as_wanted, event_id_of, is_in_band, kept_of
from octi.realtime.arbiter import ACTIVE, Arbiter
from octi.realtime.events import (
    AudioDelta,
    ErrorEvent,
    ItemDeleted,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SessionUpdated,
)
from octi.realtime.reading import read_session
from octi.realtime.requests import fields_of, with_fields
from octi.realtime.steps import Steps, ToProvider
from octi.session.cutting import Cutter
from octi.session.door import Door

WORDS_S = {HookMode.BESIDE: 16.0, HookMode.BEFORE: 5.0}  # how long the words of a spoken turn are waited for
CONDEMNED_S = 3.0  # how long an answer to what was blocked may take to begin: then it is to something else


@attrs.define(eq=False)
class Pass:
    """What came of the turns that were judged since the gate was open last."""

    let: bool = False  # one may be answered
    by_voice: bool = False  # and voice detection would have had it answered
    stopped: bool = False  # one may not
    words: str = ""  # to be said instead


@attrs.define(eq=False)
class ModeratedDoor:
    """Wraps any door. ask: takes what is to be judged; `judged` takes the verdict. answers: there is an agent."""

    inner: Door
    terms: HookConfig
    ask: Callable[[Question], None]
    answers: bool = True
    attached: bool = False  # the provider itself plays to the user
    following: Following = attrs.field(init=False)
    _gate: Gate | None = attrs.field(init=False)
    _came: Pass = attrs.field(factory=Pass)
    # The user's items whose answer is to be cut off as it begins: until when, and whether another is to be asked for.
    _condemned: dict[str, tuple[float, bool]] = attrs.field(factory=dict)
    _cutter: Cutter = attrs.field(init=False)
    _written: int = 0

    def __attrs_post_init__(self) -> None:
        self.following = Following(self.terms.who, WORDS_S[self.terms.mode])
        self._cutter = Cutter(self.inner, self.following, self.attached)
        before = self.terms.mode is HookMode.BEFORE and Side.USER in self.terms.who and self.answers
        self._gate = Gate() if before else None

    @property
    def name(self) -> str:
        """See `Door.name`."""
        return self.inner.name

    @property
    def renews(self) -> bool:
        """See `Door.renews`."""
        return self.inner.renews

    @property
    def arbiter(self) -> Arbiter:
        """See `Door.arbiter`."""
        return self.inner.arbiter

    @property
    def wake_at(self) -> float | None:
        """See `Door.wake_at`."""
        gate = self._gate.wake_at if self._gate else None
        times = (self.inner.wake_at, self.following.wake_at, gate)
        return min((at for at in times if at is not None), default=None)

    def cut(self, now: float) -> Steps:
        """See `Door.cut`."""
        return self.inner.cut(now)

    def trouble(self, error: OctiError) -> Steps:
        """See `Door.trouble`."""
        return self.inner.trouble(error)

    def notice(self, text: str) -> Steps:
        """See `Door.notice`."""
        return self.inner.notice(text)

    # The leg

    def opened(self, session: msgspec.Raw) -> Steps:
        """See `Door.opened`."""
        self._forget()
        steps: Steps = []
        if self._gate:
            steps, session = self._gate.opened(session), msgspec.Raw(self._gate.shown(session))
        self.following.opened(transcribes=read_session(session).transcribes)
        return [*steps, *self.inner.opened(session)]

    def lost(self) -> None:
        """See `Door.lost`."""
        self.following.lost()
        if self._gate:
            self._gate.lost()
        self._forget()
        self.inner.lost()

    def _forget(self) -> None:
        self._condemned.clear()
        self._cutter.forget()
        self._came, self.arbiter.held = Pass(), False

    # The client

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """See `Door.from_client`. Requests for answers may be held back."""
        steps = self.inner.from_client(data, text=text, now=now)
        if self._gate is None:
            return steps
        passed: Steps = []
        for step in steps:
            passed += self._gated(self._gate, step, now) if isinstance(step, ToProvider) else [step]
        self.arbiter.held = self._gate.shut
        return passed

    def _gated(self, gate: Gate, step: ToProvider, now: float) -> Steps:
        passed, refused = gate.from_client(step, now)
        if not refused:
            return passed
        self.arbiter.unasked(event_id_of(step.data))
        return self.trouble(BadMessage("An answer is asked for already, and waits for what was said.", code=ACTIVE))

    # The provider

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """See `Door.from_provider`."""
        if isinstance(event, AudioDelta):  # nearly every event is one
            self.following.sound(event, now)
            return self.inner.from_provider(frame, event, now)
        known = self.following.lines.keys() if self._gate is None else set(self.following.lines)
        own = self.arbiter.says
        questions = self.following.fold(event, now, own=own)
        gated = [] if self._gate is None else self._notice(self._gate, frame, event, known)
        steps = [*gated, *self.inner.from_provider(*self._shown(frame, event), now), *self._follow(event, now, own=own)]
        for question in questions:
            self.ask(question)
        return steps

    def _notice(self, gate: Gate, frame: bytes, event: ServerEvent, known: object) -> Steps:
        """What comes of an event where answers wait for verdicts."""
        lines = self.following.lines
        new = lines.keys() - known if isinstance(known, set) else ()
        for line in (lines[item] for item in new if lines[item].side is Side.USER):
            gate.there(line.id, typed=not line.spoken, by_voice=line.by_voice)
        steps = [*gate.fold(event, frame), *self._open()]
        self.arbiter.held = gate.shut
        return steps

    def _shown(self, frame: bytes, event: ServerEvent) -> tuple[bytes, ServerEvent]:
        """An event as the client is shown it: as if there were no gate."""
        if not isinstance(event, SessionUpdated):
            return frame, event
        self.following.opened(transcribes=event.session.transcribes)
        if self._gate is None:
            return frame, event
        session = self._gate.shown(fields_of(frame).get("session", msgspec.Raw(b"{}")))
        wanted = as_wanted(event.session, by_itself=self._gate.by_itself)
        return with_fields(frame, {"session": msgspec.Raw(session)}), SessionUpdated(session=wanted)

    def _follow(self, event: ServerEvent, now: float, *, own: bool) -> Steps:
        match event:
            case ErrorEvent() if own and not self.arbiter.says and self.arbiter.active:
                return self._begins(self.arbiter.active, now)  # it was somebody else's: octi's was refused behind it
            case ResponseCreated(response=response) if response.in_band:
                return self._begins(response.id, now)
            case ResponseDone(response=response):
                return self._cutter.ended(response.id)
            case ItemDeleted(item_id=item) if item in self._condemned:
                line = self.following.lines.get(item)
                if line is None or not line.by_voice or self._condemned[item][1]:
                    del self._condemned[item]  # an answer that begins now is made without it
            case _:
                pass
        return []

    def _begins(self, response: str, now: float) -> Steps:
        """An answer begins. If it is to nothing but what was blocked, it is cut off."""
        own, waiting = self.arbiter.says, self.following.unanswered()
        self.following.begins(response, own=own)
        if own:
            return []
        condemned = [self._condemned.pop(line.id, (0.0, False)) for line in waiting]
        if not condemned or any(now >= until for until, _ in condemned):
            return []
        return [*self._cutter.cut(response, now), *(self.arbiter.ask() if any(again for _, again in condemned) else [])]

    def wake(self, now: float) -> Steps:
        """See `Door.wake`."""
        for question in self.following.wake(now):
            self.ask(question)
        steps: Steps = []
        if self._gate:
            self._gate.wake(now)
            steps = self._open()
        return [*steps, *self.inner.wake(now)]

    # Verdicts

    def settles(self, question: Question) -> bool:
        """Is there anything left to be judged about it?"""
        line = self._line(question)
        return line is None or not line.over

    def _line(self, question: Question) -> Line | None:
        return self.following.lines.get(question.item) if question.leg == self.following.leg else None

    def judged(self, question: Question, verdict: Verdict, now: float) -> Steps:
        """What is to be done. Nothing, where it was done, or where the conversation is another by now."""
        line = self._line(question)
        if line is None or line.over:
            return []
        if question.side is Side.AGENT:
            return self._agent_judged(line, question, verdict, now)
        line.over = True
        if self._gate:
            return self._user_judged_before(self._gate, line, verdict, now)
        return self._user_judged(line, verdict, now)

    def _user_judged(self, line: Line, verdict: Verdict, now: float) -> Steps:
        match verdict.action:
            case Action.ALLOW:
                return []
            case Action.REPLACE:
                again = self.arbiter.ask() if line.response else []
                return [*self._stop(line, now, again=True), *self._rewrite(line, "user", verdict.text), *again]
            case Action.INTERRUPT:
                return [*self._stop(line, now), *self._say(verdict, "")]
            case Action.BLOCK | Action.END:
                return [*self._stop(line, now), *_deleted(line), *self._say(verdict, self.terms.says)]

    def _user_judged_before(self, gate: Gate, line: Line, verdict: Verdict, now: float) -> Steps:
        gate.judged(line.id)
        let = verdict.action in {Action.ALLOW, Action.REPLACE}
        self._came.let |= let
        self._came.by_voice |= let and line.by_voice
        self._came.stopped |= not let
        match verdict.action:
            case Action.ALLOW:
                return self._open()
            case Action.REPLACE:
                return [*self._rewrite(line, "user", verdict.text), *self._open()]
            case Action.INTERRUPT:
                self._came.words = verdict.say or ""
                return [*self._cutter.cut(self.following.answering, now), *self._open()]
            case Action.BLOCK | Action.END:
                self._came.words = self.terms.says if verdict.say is None else verdict.say
                return [*_deleted(line), *self._open()]

    def _open(self) -> Steps:
        """If all was judged: what was held back goes on, or gives way to what is said instead."""
        if self._gate is None or self._gate.shut or not self.arbiter.held:
            return []
        held, came, self._came = self._gate.take(), self._came, Pass()
        if came.stopped and not came.let:
            return [*self._turn_down(held, came.words), *self.arbiter.release()]
        answer = came.by_voice and self._gate.by_itself and not held
        self.arbiter.held = False
        return [*map(ToProvider, held), *(self.arbiter.answer() if answer else self.arbiter.release())]

    def _turn_down(self, held: list[bytes], words: str) -> Steps:
        """Those who asked for an answer get octi's own words, or are told that there is none."""
        asked = [frame for frame in held if is_in_band(frame)]
        for frame in asked:
            self.arbiter.unasked(event_id_of(frame))
        said = self.arbiter.say(words, kept_of(asked[0]) if asked else None) if words else []
        left = [frame for frame in held if frame not in asked] if words else held
        return [*(step for _ in left for step in self.trouble(Blocked())), *said]

    def _agent_judged(self, line: Line, question: Question, verdict: Verdict, now: float) -> Steps:
        line.over = question.final or verdict.action is not Action.ALLOW
        if verdict.action is Action.ALLOW:
            return []
        if verdict.action is Action.REPLACE and not line.spoken:
            return [*self._rewrite(line, "assistant", verdict.text)]
        again = self._cutter.has_cut(line.response)  # and something was said instead
        steps = self._cutter.cut(line.response, now)
        if verdict.action is not Action.INTERRUPT:
            steps += self._cutter.delete(line.response, [line])
        words = {Action.INTERRUPT: "", Action.REPLACE: verdict.text}.get(verdict.action, self.terms.says)
        return steps if again else [*steps, *self._say(verdict, words)]

    # What is done

    def _stop(self, line: Line, now: float, *, again: bool = False) -> Steps:
        """The answer to a user's turn is cut off, or will be when it begins. What nobody heard of it is deleted."""
        if not line.response:
            self._condemned[line.id] = (now + CONDEMNED_S, again)
            return []
        return self._cutter.cut_whole(line.response, now)

    def _rewrite(self, line: Line, role: str, text: str) -> Steps:
        self._written += 1
        return [acts.written(self._written, role, text, line.id), *_deleted(line)]

    def _say(self, verdict: Verdict, otherwise: str) -> Steps:
        words = otherwise if verdict.say is None else verdict.say
        return self.arbiter.say(words) if words and self.answers else []


def _deleted(line: Line) -> Steps:
    return [] if line.gone else [acts.delete(line.id)]
