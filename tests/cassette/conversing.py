"""Sessions with a simulator in memory, on virtual time, that are recorded, retold, and played again."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import attrs
import msgspec
import trio

from octi.cassette.reading import Cassette
from octi.cassette.recording import recording
from octi.cassette.renaming import event_in
from octi.testing.memory import in_memory
from octi.websocket.base import Leg, LegClosed
from tests.cassette.tapes import only, reel
from tests.engine.wire import Event
from tests.simulator.talking import RESPOND, output_of, typed

BETWEEN_S = 5.0
PATIENCE_S = 40.0


@attrs.define
class Client:
    """Types, gives functions their outputs (words that begin with a brace), and waits for a while each time."""

    leg: Leg
    heard: list[str] = attrs.field(factory=list)  # the types of what came; and how it ended
    _call: str = ""

    async def converse(self, words: Sequence[str]) -> None:
        """Say all of it, unless the provider leaves."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._listen, nursery.cancel_scope)
            for each in words:
                await trio.sleep(BETWEEN_S)
                self._say(output_of(self._call, each) if each.startswith("{") else typed(each))
                self._say(RESPOND)
            await trio.sleep(PATIENCE_S)
            nursery.cancel_scope.cancel()

    def _say(self, event: Event) -> None:
        self.leg.send(msgspec.json.encode(event))

    async def _listen(self, over: trio.CancelScope) -> None:
        try:
            while True:
                for message in await self.leg.receive():
                    self._hear(event_in(message.data))
        except LegClosed as closed:
            self.heard.append(str(closed))
            over.cancel()

    def _hear(self, event: Event) -> None:
        self.heard.append(event.get("type", "broken"))
        if event.get("type") == "response.function_call_arguments.done":
            self._call = event["call_id"]


async def recorded(scenario: str, words: Sequence[str], shelf: Path) -> tuple[list[str], Cassette]:
    """What a client hears of a scenario, and the recording of that."""
    async with in_memory(scenario, judge=False) as provider, recording(reel(shelf)) as tape:
        with suppress(LegClosed):
            async with tape.upstream(provider).open("m") as leg:
                client = Client(leg)
                await client.converse(words)
    return client.heard, only(shelf)
