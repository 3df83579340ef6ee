"""What a provider's leg brings, handed to the relay as it comes; only the end of an answer has to wait."""

from collections.abc import Awaitable, Callable, Sequence

import attrs

from octi.realtime.events import AudioDelta, ErrorEvent, ResponseDone
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
    on_event: Callable[[], None]  # something came beside the agent's voice
    last_error: ErrorEvent | None = None  # if the event that came last was one
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
        watch, relay, more = self.relay.watch, self.relay, False
        for number, message in enumerate(messages, 1):
            timed = watch.sample()
            event = read(message, self.provider)
            if type(event) is not AudioDelta:  # nearly every event is one
                more = True
            self.last_error = event if isinstance(event, ErrorEvent) else None
            if isinstance(event, ResponseDone):
                self._end = message.data, event
                self.mail.put_back(messages[number:])
                break
            relay.from_provider(message.data, event)
            if timed:
                watch.relayed("out", timed)
        if more:
            self.on_event()
        return self._end is not None
