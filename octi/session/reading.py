"""What a provider's leg brings, handed to the relay as it comes; only the end of an answer has to wait."""

from collections.abc import Awaitable, Callable, Sequence

import attrs

from octi.realtime.events import ResponseDone, ServerEvent
from octi.session.relay import Relay
from octi.upstream.configure import Mail, read
from octi.websocket.base import Message


@attrs.define(eq=False)
class Reading:
    """One leg, read to its end. settle: what the end of an answer waits for, before it is passed on."""

    mail: Mail
    provider: str
    relay: Relay
    settle: Callable[[], Awaitable[None]]
    on_event: Callable[[], None]
    last: ServerEvent | None = None  # the event that came last
    _end: tuple[bytes, ResponseDone] | None = None  # an answer's, which is still to be passed on

    async def run(self) -> None:
        """Read until the leg ends. Raises LegClosed; UpstreamNonsense for what is no event; what the relay raises."""
        while True:
            await self.mail.pump(self._take)
            if self._end is not None:
                (frame, done), self._end = self._end, None
                await self.settle()
                await self.relay.end_answer(frame, done)
                self.on_event()

    def _take(self, messages: Sequence[Message]) -> bool:
        """Some messages; has an answer ended, so that those behind it have to wait?"""
        watch, relay = self.relay.watch, self.relay
        for number, message in enumerate(messages, 1):
            timed = watch.sample()
            event = self.last = read(message, self.provider)
            if isinstance(event, ResponseDone):
                self._end = message.data, event
                self.mail.put_back(messages[number:])
                break
            relay.from_provider(message.data, event)
            if timed:
                watch.relayed("out", timed)
        self.on_event()
        return self._end is not None
