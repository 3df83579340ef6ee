"""One cell of the matrix: played to its end, and what was seen."""

from collections.abc import Iterator, Sequence

import attrs
import trio

from octi.records import SessionRecord, Turn
from tests.proofs.matrix.caller import Caller, Dialect
from tests.proofs.matrix.faults import Fault, Happening
from tests.proofs.matrix.moments import Arrival, Moment
from tests.proofs.matrix.stage import SESSION, Stage, set_stage

WATCHED_S = 120.0  # longer than any outcome takes to show
ANSWER_S = 15.0
LONGEST_S = 600.0  # virtual, for a whole cell
ENDING_S = 10.0  # a goodbye to each side, and the recorder's last 5 s


@attrs.frozen(kw_only=True)
class Seen:
    """What came of one fault."""

    status: int  # of the client's upgrade; 0: never answered
    close: int | None  # that the client was closed with; None: it lives
    errors: Sequence[str]  # that it was told since
    ready: int  # how often a fresh conversation began since
    lives: bool
    took_s: float  # from the fault to the end, if it has one
    record: SessionRecord
    turns: Sequence[Turn]
    next_turns: Sequence[Turn]  # that the next session added
    leaks: Sequence[str]


async def play(fault: Fault, happening: Happening, moment: Moment, dialect: Dialect) -> Seen:
    """Come to the moment, have it happen, and see how it goes on."""
    with trio.fail_after(LONGEST_S):
        return await _play(fault, happening, moment, dialect)


async def _play(fault: Fault, happening: Happening, moment: Moment, dialect: Dialect) -> Seen:
    async with set_stage(dialect) as stage:
        arrival = Arrival(stage, fault.side)
        await arrival.come_to(moment)
        ready = stage.caller.count(dialect.ready)
        stage.strike()
        await happening(stage, moment)
        await arrival.go_on_from(moment)
        lives = await see_whether_it_lives(stage)
        caller, took_s = stage.caller, stage.over_at - stage.struck_at
        stage.net.is_away = False
        stage.store.heal()
        await trio.testing.wait_all_tasks_blocked()
        record, turns = await kept(stage)
        added = await next_session(stage, moment)
        return Seen(
            status=caller.status,
            close=None if lives else caller.close,
            errors=caller.problems(stage.told_before),
            ready=caller.count(dialect.ready) - ready,
            lives=lives,
            took_s=took_s,
            record=record,
            turns=turns,
            next_turns=added[len(turns) :],
            leaks=list(leaks(stage)),
        )


async def kept(stage: Stage) -> tuple[SessionRecord, list[Turn]]:
    """What is stored of the session."""
    record = await stage.store.kept.session(SESSION)
    assert record is not None
    return record, await stage.store.kept.turns(SESSION)


async def see_whether_it_lives(stage: Stage) -> bool:
    """Wait for the end; if none comes, the session must still answer, and then end when its client leaves."""
    if await has_ended(stage, WATCHED_S):
        return False
    lives = await answers(stage.caller, "Are you still there?")
    await stage.caller.hang_up()
    assert await has_ended(stage, ENDING_S), "the session does not end"
    return lives


async def has_ended(stage: Stage, within_s: float) -> bool:
    with trio.move_on_after(within_s):
        await stage.over.wait()
    return stage.over.is_set()


async def answers(caller: Caller, text: str) -> bool:
    """Is a typed question answered?"""
    with trio.move_on_after(ANSWER_S):
        before = caller.count(caller.dialect.answered)
        await caller.type(text)
        return await caller.wait(caller.dialect.answered, more_than=before)
    return False


async def next_session(stage: Stage, moment: Moment) -> list[Turn]:
    """octi is well: the same session is taken up again, and answers. All its turns."""
    if moment is Moment.DRAINING:
        stage.services = stage.assembled()
    stage.begin()
    stage.dial()
    with trio.fail_after(ANSWER_S):
        assert await stage.caller.wait(stage.dialect.ready), f"the next session does not begin: {stage.caller.status}"
    assert await answers(stage.caller, "Hello"), "the next session does not answer"
    await trio.sleep(1.0)
    await stage.caller.hang_up()
    assert await has_ended(stage, ENDING_S), "the next session does not end"
    _, turns = await kept(stage)
    return turns


def leaks(stage: Stage) -> Iterator[str]:
    """What octi left behind."""
    yield from (f"a task: {task.name}" for task in stage.octi.child_tasks)
    yield from ("a client's socket" for end in stage.ends if not end.closed)
    yield from ("a provider's socket" for end in stage.net.ends if not end.closed)
    if len(stage.services.live):
        yield "a live session"
