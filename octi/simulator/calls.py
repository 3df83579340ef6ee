"""Calls: conversations whose media runs elsewhere, made by an SDP offer and listened to by sidebands."""

from enum import StrEnum
from typing import Any

import attrs
import trio

from octi.simulator.caller import play_caller
from octi.simulator.ids import Ids
from octi.simulator.opening import Opening
from octi.simulator.script import Leaves, Script
from octi.simulator.stage import Stage
from octi.simulator.stages import Stages

MOST_KEPT = 1000  # calls that are over and can still be read about


class CallState(StrEnum):
    """How far a call has come."""

    LIVE = "live"
    LEFT = "left"  # the caller has vanished, and nobody was told
    OVER = "over"


@attrs.define(eq=False)
class Call:
    """One call. `ended_by`: `hang-up` (over HTTP), `caller`, `agent`, `provider`, `limit`, or nobody yet."""

    id: str
    credential: str = attrs.field(repr=False)  # that made it, and that alone lets sidebands in (peers 5.1)
    stage: Stage
    state: CallState = CallState.LIVE
    ended_by: str | None = None
    notes: list[str] = attrs.field(factory=list)  # what its script waited for in vain
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    async def run(self, script: Script) -> None:
        """Play it, until it is over."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.stage.run, name=f"simulated call {self.id}")
                nursery.start_soon(self._watch, name=f"simulated call {self.id}, its end")
                left = await play_caller(script.caller, self.stage, self.notes.append)
                if isinstance(left, Leaves):
                    await self.stage.wait_quiet()
                    self.end("caller")
                elif left:
                    self.state = CallState.LEFT  # the provider plays on, for nobody

    async def _watch(self) -> None:
        await self.stage.ended.wait()
        self.end(self.stage.ended_by)

    def end(self, by: str) -> None:
        """It is over, and its sidebands are told with 1000. A second time it does nothing."""
        if self.state is CallState.OVER:
            return
        self.state, self.ended_by = CallState.OVER, by
        self.stage.over(f"ended by {by}")
        self._scope.cancel(reason=f"ended by {by}")
        for listener in list(self.stage.listening):
            listener.dismiss(1000, "the call has ended")

    def wire(self) -> dict[str, Any]:
        """As JSON, for tests to read."""
        talk = self.stage.conversation
        return {
            "id": self.id,
            "state": str(self.state),
            "ended_by": self.ended_by,
            "sidebands": len(self.stage.listening),
            "asked": dict(self.stage.asked),
            "session": talk.settings.values,
            "instructed": list(talk.instructed),
            "items": [entry.wire() for entry in talk.items.entries],
            "transcript": talk.transcript(),
            "notes": self.notes,
        }


@attrs.define(eq=False)
class Calls:
    """All calls. They live in `nursery`."""

    nursery: trio.Nursery
    script: Script
    ids: Ids
    stages: Stages
    _calls: dict[str, Call] = attrs.field(factory=dict)

    def open(self, opening: Opening, credential: str) -> Call:
        """A new call, whose script begins at once. Raises BadMessage for an opening that cannot be."""
        stage = self.stages.open(opening, call=True)
        call = Call(self.ids.next("rtc"), credential, stage)
        self._forget()
        self._calls[call.id] = call
        self.nursery.start_soon(call.run, self.script, name=f"simulated caller {call.id}")
        return call

    def find(self, call_id: str) -> Call | None:
        """A call that is not over."""
        call = self._calls.get(call_id)
        return call if call and call.state is not CallState.OVER else None

    def find_for(self, call_id: str, credential: str) -> Call | None:
        """A call that is not over, for whoever made it."""
        call = self.find(call_id)
        return call if call and call.credential == credential else None

    def wire(self) -> list[dict[str, Any]]:
        """As JSON, oldest first."""
        return [call.wire() for call in self._calls.values()]

    def _forget(self) -> None:
        over = [call.id for call in self._calls.values() if call.state is CallState.OVER]
        for call_id in over[: max(0, len(over) - MOST_KEPT)]:
            del self._calls[call_id]
