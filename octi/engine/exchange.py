"""One leg's events: those of the engine numbered on their way out, those of its client read on their way in."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import msgspec
import trio

from octi.engine import requests as ask
from octi.engine.complaints import error_body
from octi.errors import BadMessage
from octi.websocket.base import Leg, Message

BREATH = 16  # requests that one conversation handles before the others have their turn

Do = Callable[[ask.Request], Awaitable[None]]  # what a request asks; raises BadMessage where it cannot be


@attrs.define(eq=False)
class Exchange:
    """The events of one leg, in both directions."""

    leg: Leg
    _events: int = 0

    def emit(self, kind: str, **fields: Any) -> None:
        """Send an event."""
        self._events += 1
        event = {"type": kind, "event_id": f"event_{self._events:06d}", **fields}
        self.leg.send(msgspec.json.encode(event))

    async def serve(self, do: Do) -> None:
        """Have the client's events done, one after the other. Raises LegClosed at the end."""
        while True:
            for number, message in enumerate(await self.leg.receive(), 1):
                await self._take(message, do)
                if number % BREATH == 0:
                    await trio.lowlevel.checkpoint()

    async def _take(self, message: Message, do: Do) -> None:
        """Do what an event asks, or say what is wrong with it; the conversation goes on either way."""
        event_id = None
        try:
            if not message.text:
                raise BadMessage(
                    "Expected a text WebSocket message; binary frames are not supported.", code="invalid_event"
                )
            request = ask.read_request(message.data)
            event_id = request.event_id
            await do(request)
        except BadMessage as error:
            self.emit("error", error=error_body(error, event_id or ask.client_event_id(message.data)))
