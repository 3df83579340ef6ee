"""A session's part in content hooks: has judged what its door asks about, and carries out what comes of it."""

import uuid
from collections import deque
from collections.abc import Callable, Sequence

import attrs
import msgspec
import structlog
import trio

from octi.error_replies import reply_to
from octi.errors import Blocked
from octi.hook_config import HookKeeps, HookSees, Side
from octi.hooks.base import Action, Verdict
from octi.hooks.following import Question
from octi.hooks.judge import Judge
from octi.hooks.masking import Masking
from octi.hooks.verdicts import said_in
from octi.realtime.steps import Step
from octi.records import Development, DevelopmentKind, Role, SessionRecord, Told, Turn
from octi.session.door import Door
from octi.session.ending import Ending
from octi.session.moderated import ModeratedDoor
from octi.session.relay import Relay
from octi.session.session import Session
from octi.store.base import Redact, unredacted
from octi.units import ItemId, Milliseconds

log = structlog.get_logger("octi.session")

WORKERS = 3  # turns of one session that are judged at once
MOST_WAITING = 16  # of one session; beyond it there is no verdict
LAST_WORDS_S = 12.0  # for what the agent still says when a verdict ends the session
TOO_MUCH = "too much is asked in one session"
UNKNOWN = "nobody knows the words"


def blocked(why: str) -> Ending:
    """A hook ended the session. Its words are the client's to know, and no line's."""
    error = Blocked(why) if why else Blocked()
    return Ending("octi", str(error), reply_to(error).close, error)


@attrs.define(eq=False, kw_only=True)
class Moderating:
    """One session's. Made before its door is used: `door` is that door, moderated."""

    judge: Judge
    record: SessionRecord
    inner: Door
    now: Callable[[], float]
    answers: bool = True
    attached: bool = False
    redact: Redact = unredacted
    # Given by `join`, before anything is said in the session.
    pipe: Relay = attrs.field(init=False)
    tell: Callable[[Sequence[Step]], None] = attrs.field(init=False)
    end: Callable[[Ending], None] = attrs.field(init=False)
    stirred: trio.lowlevel.ParkingLot = attrs.field(init=False)
    door: ModeratedDoor = attrs.field(init=False)
    masking: Masking | None = attrs.field(init=False)
    strikes: int = 0
    _waiting: deque[Question] = attrs.field(factory=deque)
    _asked: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _over: Verdict | None = None
    _last: trio.Event = attrs.field(factory=trio.Event)

    def __attrs_post_init__(self) -> None:
        self.door = ModeratedDoor(self.inner, self.judge.terms, self.ask, answers=self.answers, attached=self.attached)
        self.masking = Masking() if self.judge.terms.keeps is HookKeeps.MARK else None

    def join(
        self,
        pipe: Relay,
        tell: Callable[[Sequence[Step]], None],
        end: Callable[[Ending], None],
        stirred: trio.lowlevel.ParkingLot,
    ) -> None:
        """The session that it is part of: its relay, and what it does there. stirred: whenever something came."""
        self.pipe, self.tell, self.end, self.stirred = pipe, tell, end, stirred
        if self.masking:
            pipe.mask = self.masked

    def masked(self, rows: Sequence[Told]) -> Sequence[Told]:
        """Rows on their way to be kept, and logged."""
        if self.masking is None:
            return rows
        lines, who = self.door.following.lines, self.judge.terms.who
        self.masking.follow(self.pipe.ledger.name_of(line.id) for line in lines.values() if line.side in who)
        return self.masking.masked(rows)

    def ask(self, question: Question) -> None:
        """Have something judged; of what the agent is still saying only the newest. Never waits."""
        waiting = [each for each in self._waiting if not (_same(each, question) and not each.final)]
        self._waiting = deque([*waiting, question])
        if len(self._waiting) > MOST_WAITING:
            self._settle(self._waiting.popleft(), self.judge.no_verdict(TOO_MUCH))
        self._asked.unpark()

    async def run(self) -> None:
        """Have turns judged; returns never."""
        async with trio.open_nursery() as nursery:
            for number in range(WORKERS):
                nursery.start_soon(self._work, name=f"s-{self.record.id[:8]} moderating {number}")
            await self._last.wait()
            await self._part()

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                await self._asked.park()
            question = self._waiting.popleft()
            verdict = await self._verdict(question)
            self._settle(question, verdict)

    async def _verdict(self, question: Question) -> Verdict:
        if not question.known:
            return self.judge.no_verdict(UNKNOWN)
        return await self.judge.judge(
            said_in(
                self.record,
                self.pipe.ledger.name_of(question.item),
                question.side,
                self._shown(question),
                final=question.final,
                spoken=question.spoken,
            )
        )

    def _shown(self, question: Question) -> str:
        """The words, as hooks may see them."""
        if self.judge.terms.sees is HookSees.RAW:
            return question.text
        row = self.redact(_turn(self.record, question))
        return row.text if isinstance(row, Turn) else ""

    def _settle(self, question: Question, verdict: Verdict) -> None:
        """Do what a verdict says, and keep that it was said. What is written is replaced once it is whole."""
        if verdict.action is Action.REPLACE and not question.spoken and not question.final:
            return
        settled = self.door.settles(question)
        steps = self.door.judged(question, verdict, trio.current_time())
        if settled and verdict.action is not Action.ALLOW:
            self._keep(question, verdict)
            self._strike(verdict)
        if self.masking and (question.final or verdict.action is not Action.ALLOW):
            let = verdict.action in {Action.ALLOW, Action.INTERRUPT}
            self.pipe.keep(self.masking.settle(self.pipe.ledger.name_of(question.item), let=let))
        if steps:
            self.tell(steps)

    def _keep(self, question: Question, verdict: Verdict) -> None:
        log.info("turn judged", item=question.item, side=question.side.value, action=verdict.action.value)
        body = {
            "item": self.pipe.ledger.name_of(question.item),
            "side": question.side.value,
            "action": verdict.action.value,
            "by": verdict.by,
            "reason": verdict.reason,
            "failed": verdict.failed,
        }
        text = msgspec.json.encode(body).decode()
        name, kind = uuid.uuid4().hex, DevelopmentKind.VERDICT
        self.pipe.recorder.keep([Development(session=self.record.id, id=name, kind=kind, at=self.now(), body=text)])

    def _strike(self, verdict: Verdict) -> None:
        """Count what was blocked; the session may be over."""
        self.strikes += verdict.action is Action.BLOCK
        struck_out = 0 < self.judge.terms.strikes <= self.strikes
        if (verdict.action is Action.END or struck_out) and self._over is None:
            self._over = verdict
            self._last.set()

    async def _part(self) -> None:
        """What the agent still says is heard to its end, within reason; then the session ends."""
        await trio.lowlevel.checkpoint()  # the steps of the verdict itself are on their way
        arbiter = self.door.arbiter
        with trio.move_on_after(LAST_WORDS_S):
            while arbiter.rests_at > trio.current_time():
                with trio.move_on_at(arbiter.rests_at):
                    await self.stirred.park()
        self.end(blocked(self._over.reason if self._over and not self._over.failed else ""))


def moderating(session: Session) -> Moderating | None:
    """What has a session's turns judged; None where nobody judges. It is joined to the session by its `Live`."""
    if session.judge is None:
        return None
    return Moderating(
        judge=session.judge,
        record=session.record,
        inner=session.door,
        now=session.now,
        answers=session.setup.answers,
        attached=session.setup.attached,
        redact=session.observer.redact,
    )


def _same(one: Question, other: Question) -> bool:
    return (one.leg, one.item) == (other.leg, other.item)


def _turn(record: SessionRecord, question: Question) -> Turn:
    """A question as a row, for whoever redacts rows."""
    return Turn(
        session=record.id,
        item=ItemId(question.item),
        position=0,
        role=Role.USER if question.side is Side.USER else Role.ASSISTANT,
        text=question.text,
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(0),
    )
