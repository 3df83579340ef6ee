"""A session's functions: run one after the other, answered once, in the conversation that called them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import msgspec
import trio
from trio.testing import MockClock

from octi.realtime.arbiter import TOOL_ASK
from octi.realtime.events import Item, Response
from octi.realtime.steps import Step, Steps, ToProvider
from octi.records import SessionRecord
from octi.session.tools import BUSY, MOST_WAITING, NoTools, Tools
from octi.session.watch import Watch
from octi.units import SessionId

RECORD = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1.0)
ASK = ToProvider(b'{"type":"response.create"}')


@attrs.define(eq=False)
class SlowBox:
    """Functions that take a second each."""

    called: list[tuple[float, str, str]] = attrs.field(factory=list)
    heard_at: list[float] = attrs.field(factory=list)
    told: list[str] = attrs.field(factory=list)
    over_for: list[str] = attrs.field(factory=list)

    def declarations(self, session: SessionRecord) -> Sequence[dict[str, Any]]:
        return [{"type": "function", "name": "f"}]

    async def call(self, session: SessionId, name: str, arguments: str) -> str:
        self.called.append((trio.current_time(), name, arguments))
        await trio.sleep(1)
        return f'{{"ok":true,"n":{len(self.called)}}}'

    async def heard(self, session: SessionRecord) -> None:
        self.heard_at.append(trio.current_time())
        await trio.sleep(1)

    async def instructed(self, session: SessionRecord, text: str) -> str | None:
        self.told.append(text)
        return f"{text} And note this."

    def over(self, session: SessionRecord) -> None:
        self.over_for.append(session.id)


@attrs.define(eq=False)
class Session:
    """Tools at work, and what they had to say."""

    box: SlowBox = attrs.field(factory=SlowBox)
    said: list[Step] = attrs.field(factory=list)
    asked_for: list[str] = attrs.field(factory=list)
    steered: list[str] = attrs.field(factory=list)
    conversation: int = 1
    tools: Tools = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tools = Tools(
            self.box, RECORD, self.said.extend, self._ask, self.steered.append, lambda: self.conversation, Watch(RECORD)
        )

    def _ask(self, event_id: str) -> Steps:
        self.asked_for.append(event_id)
        return [ASK]

    def outputs(self) -> list[tuple[str, str]]:
        """The calls that were answered, and with what."""
        events = [msgspec.json.decode(step.data) for step in self.said if isinstance(step, ToProvider)]
        items = [event["item"] for event in events if event["type"] == "conversation.item.create"]
        return [(item["call_id"], item["output"]) for item in items]


@asynccontextmanager
async def working() -> AsyncIterator[Session]:
    """A session whose tools run until the block ends."""
    session = Session()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(session.tools.run_calls)
        nursery.start_soon(session.tools.run_hearing)
        yield session
        nursery.cancel_scope.cancel()


def calling(*calls: tuple[str, str], response: str = "r") -> Response:
    """A response that ended with calls: a function's name, and the call's id."""
    output = [
        Item(id=f"i_{call}", type="function_call", status="completed", name=name, call_id=call, arguments="{}")
        for name, call in calls
    ]
    return Response(response, "completed", output=output)


async def test_a_call_is_answered_and_then_the_model_goes_on(autojump_clock: MockClock) -> None:
    """The output under the call's id, and one request for an answer behind it."""
    async with working() as session:
        session.tools.take(calling(("f", "call_1")))
        await trio.sleep(5)
    assert session.outputs() == [("call_1", '{"ok":true,"n":1}')]
    assert session.said[-1] is ASK
    assert session.asked_for == [TOOL_ASK]


async def test_of_several_calls_all_are_answered_before_the_model_goes_on(autojump_clock: MockClock) -> None:
    """One request for an answer, behind the last."""
    async with working() as session:
        session.tools.take(calling(("f", "call_1"), ("f", "call_2")))
        await trio.sleep(5)
    assert [call for call, _ in session.outputs()] == ["call_1", "call_2"]
    assert [at for at, _, _ in session.box.called] == [0, 1]
    assert session.said.count(ASK) == 1
    assert session.said[-1] is ASK


async def test_where_the_client_answers_a_call_as_well_it_asks_for_the_answer(autojump_clock: MockClock) -> None:
    """octi answers its own call and leaves the rest to the client."""
    async with working() as session:
        session.tools.take(calling(("f", "call_1"), ("book_table", "call_2")))
        await trio.sleep(5)
    assert [call for call, _ in session.outputs()] == ["call_1"]
    assert session.asked_for == []


async def test_calls_of_the_clients_own_are_none_of_octis(autojump_clock: MockClock) -> None:
    """Nothing is run, nothing is said."""
    async with working() as session:
        session.tools.take(calling(("book_table", "call_1")))
        await trio.sleep(5)
    assert session.said == []
    assert session.box.called == []


async def test_a_call_whose_conversation_is_gone_is_not_answered(autojump_clock: MockClock) -> None:
    """The next conversation does not know it."""
    async with working() as session:
        session.tools.take(calling(("f", "call_1")))
        await trio.sleep(0.5)
        session.conversation += 1
        await trio.sleep(5)
    assert session.said == []


async def test_too_many_calls_at_once_are_told_so(autojump_clock: MockClock) -> None:
    """The line is bounded; who does not fit is answered at once."""
    async with working() as session:
        session.tools.take(calling(*(("f", f"call_{number}") for number in range(MOST_WAITING + 2))))
        assert session.outputs() == [(f"call_{MOST_WAITING}", BUSY), (f"call_{MOST_WAITING + 1}", BUSY)]
        await trio.sleep(60)
    assert len(session.outputs()) == MOST_WAITING + 2


async def test_words_that_come_while_it_works_are_heard_once_more_after(autojump_clock: MockClock) -> None:
    """However many turns came meanwhile: whoever hears reads the whole transcript."""
    async with working() as session:
        session.tools.hear()
        await trio.sleep(0.5)
        session.tools.hear()
        session.tools.hear()
        await trio.sleep(5)
    assert session.box.heard_at == [0, 1]


async def test_of_a_clients_instructions_the_last_count(autojump_clock: MockClock) -> None:
    """They replace each other."""
    async with working() as session:
        session.tools.instruct("a")
        session.tools.instruct("b")
        await trio.sleep(1)
        session.tools.instruct("c")
        await trio.sleep(1)
    assert session.box.told == ["b", "c"]
    assert session.steered == ["b And note this.", "c And note this."]


async def test_a_session_without_functions_declares_none() -> None:
    """And answers nothing but that it is busy, should it ever be asked."""
    box = NoTools()
    assert list(box.declarations(RECORD)) == []
    assert await box.call(RECORD.id, "f", "{}") == BUSY
    await box.heard(RECORD)
    assert await box.instructed(RECORD, "x") is None


async def test_a_function_that_octi_did_not_declare_is_the_clients(autojump_clock: MockClock) -> None:
    """Even if it bears the name of one of octi's: two answers to one call would be one too many."""

    @attrs.define(eq=False)
    class Undeclared(SlowBox):
        def declarations(self, session: SessionRecord) -> Sequence[dict[str, Any]]:
            return []

    session = Session(Undeclared())
    item = Item(id="i1", type="function_call", status="completed", name="f", call_id="c1", arguments="{}")
    session.tools.take(Response(id="r1", status="completed", output=[item]))
    with trio.move_on_after(5):
        await session.tools.run_calls()
    assert session.box.called == []
    assert session.outputs() == []
