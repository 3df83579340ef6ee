"""The functions that octi itself runs for a session's agent, and what else it does between a turn and the next."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs
import msgspec
import trio

from octi.realtime.arbiter import TOOL_ASK
from octi.realtime.events import Item, Response
from octi.realtime.own_calls import calls_in, has_other_calls
from octi.realtime.steps import Step, Steps, ToProvider
from octi.records import SessionRecord
from octi.session.watch import Watch
from octi.units import SessionId

MOST_WAITING = 8  # calls; a model that asks for more at once is told that octi is busy
BUSY = '{"ok":false,"reason":"in_progress"}'


class Toolbox(Protocol):
    """What octi does for a session's agent. Nothing here raises OctiError: whoever talks is not stopped by it."""

    def declarations(self, session: SessionRecord) -> Sequence[dict[str, Any]]:
        """The functions that a session's agent may call, as the protocol declares them."""

    async def call(self, session: SessionId, name: str, arguments: str) -> str:
        """What a function gives, as the text that its caller is answered."""

    async def heard(self, session: SessionRecord) -> None:
        """The user said something."""

    async def instructed(self, session: SessionRecord, text: str) -> str | None:
        """The client gave the agent instructions of its own: what it is to be told then; None: just that."""

    def over(self, session: SessionRecord) -> None:
        """The session has ended, is stored, and nobody was told yet of what its user said last. Never waits."""


class NoTools:
    """A session that octi does nothing for."""

    def declarations(self, session: SessionRecord) -> Sequence[dict[str, Any]]:
        """See `Toolbox.declarations`."""
        return ()

    async def call(self, session: SessionId, name: str, arguments: str) -> str:
        """See `Toolbox.call`."""
        return BUSY

    async def heard(self, session: SessionRecord) -> None:
        """See `Toolbox.heard`."""

    async def instructed(self, session: SessionRecord, text: str) -> str | None:
        """See `Toolbox.instructed`."""
        return None

    def over(self, session: SessionRecord) -> None:
        """See `Toolbox.over`."""


@attrs.frozen
class Wanted:
    """A call that a response made, and what follows its answer."""

    item: Item
    conversation: int  # which of the session's; another does not know the call
    ask: bool  # nobody else answers calls of the same response, so the model is asked to go on


@attrs.define(eq=False)
class Tools:
    """Runs a session's functions, one after the other, and tells what was said."""

    box: Toolbox
    record: SessionRecord
    tell: Callable[[Sequence[Step]], None]
    ask: Callable[[str], Steps]  # for an answer, when its time has come
    steer: Callable[[str], None]  # what the agent is to be told
    conversation: Callable[[], int]
    watch: Watch
    unheard: bool = False  # the box has not been told yet of all that was said
    _names: frozenset[str] = attrs.field(init=False)  # of what was declared here: another of that name is not octi's
    _calls: list[Wanted] = attrs.field(factory=list)
    _instructions: str | None = None
    _stirred: trio.Event = attrs.field(factory=trio.Event)
    _heard: trio.Event = attrs.field(factory=trio.Event)

    def __attrs_post_init__(self) -> None:
        self._names = frozenset(tool["name"] for tool in self.box.declarations(self.record))

    def take(self, response: Response) -> None:
        """A response has ended: what it calls of octi's is to be run."""
        calls = calls_in(response, self._names)
        others = has_other_calls(response, self._names)
        for place, item in enumerate(calls, 1):
            wanted = Wanted(item, self.conversation(), ask=place == len(calls) and not others)
            if len(self._calls) < MOST_WAITING:
                self._calls.append(wanted)
                self._stirred.set()
            else:
                self._answer(wanted, BUSY)

    def hear(self) -> None:
        """The user said something."""
        self.unheard = True
        self._heard.set()

    def instruct(self, text: str) -> None:
        """The client gave instructions; of several at once the last."""
        self._instructions = text
        self._stirred.set()

    async def run_hearing(self) -> None:
        """Tell of what was said, once for all that came meanwhile; returns never."""
        while True:
            await self._heard.wait()
            self._heard = trio.Event()
            await self.box.heard(self.record)
            self.unheard = self._heard.is_set()

    async def run_calls(self) -> None:
        """Run what was called; returns never."""
        while True:
            await self._stirred.wait()
            self._stirred = trio.Event()
            await self._work()

    async def _work(self) -> None:
        if self._instructions is not None:
            text, self._instructions = self._instructions, None
            if (told := await self.box.instructed(self.record, text)) is not None:
                self.steer(told)
        while self._calls:
            wanted = self._calls[0]
            with self.watch.tool(wanted.item.name, wanted.item.call_id):
                output = await self.box.call(self.record.id, wanted.item.name, wanted.item.arguments)
            self._calls.pop(0)
            self._answer(wanted, output)

    def _answer(self, wanted: Wanted, output: str) -> None:
        """Answer a call, unless its conversation is gone."""
        if wanted.conversation != self.conversation():
            return
        item = {"type": "function_call_output", "call_id": wanted.item.call_id, "output": output}
        event = {"type": "conversation.item.create", "event_id": "octi_tool_output", "item": item}
        self.tell([ToProvider(msgspec.json.encode(event)), *(self.ask(TOOL_ASK) if wanted.ask else [])])
