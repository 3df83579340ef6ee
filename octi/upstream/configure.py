"""The first words with a provider: wait for it, tell it who the agent is, and hear it agree."""

import attrs
import msgspec
import trio

from octi.errors import BadMessage, ProviderFault, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.realtime.events import ErrorBody, ErrorEvent, ServerEvent, SessionCreated, SessionUpdated
from octi.realtime.rate_limits import is_rate_limit, named_wait_s
from octi.realtime.reading import read_event
from octi.upstream.base import Setup
from octi.websocket.base import Leg, LegClosed, Message

CONFIGURE_S = 10.0
POLICY_VIOLATION = 1008  # how some say that a key or a model is not for us; others use the application's own codes
APPLICATION_CODES = 3000


@attrs.define(eq=False)
class Mail:
    """What a leg has brought and nobody has read: configuring takes messages one by one, relaying takes them all."""

    leg: Leg
    _unread: list[Message] = attrs.field(factory=list)

    async def one(self) -> Message:
        """The next message. Raises LegClosed."""
        if not self._unread:
            self._unread = await self.leg.receive()
        return self._unread.pop(0)

    async def some(self) -> list[Message]:
        """The messages that are there, at least one. Raises LegClosed."""
        unread, self._unread = self._unread, []
        return unread or await self.leg.receive()


class _Envelope(msgspec.Struct):
    session: msgspec.Raw


async def configure(mail: Mail, setup: Setup, provider: str) -> msgspec.Raw:
    """Bring a fresh leg into use; the session's effective configuration, as JSON.

    Raises UpstreamRefused, UpstreamBusy, UpstreamLost (also: no answer in 10 s), UpstreamNonsense.
    """
    complaints: list[ErrorBody] = []
    with trio.move_on_after(CONFIGURE_S):
        await _wait_for(SessionCreated, mail, provider, complaints)
        mail.leg.send(setup.update())
        return _session_in(await _wait_for(SessionUpdated, mail, provider, complaints), provider)
    if complaints:
        raise fault_in(complaints[-1], provider)
    raise UpstreamLost(provider, f"it did not confirm the session within {CONFIGURE_S:g} s")


def _session_in(frame: bytes, provider: str) -> msgspec.Raw:
    try:
        return msgspec.json.decode(frame, type=_Envelope).session
    except msgspec.ValidationError as error:
        raise UpstreamNonsense(provider, f"session.updated: {error}") from None


async def _wait_for(
    kind: type[SessionCreated | SessionUpdated], mail: Mail, provider: str, complaints: list[ErrorBody]
) -> bytes:
    while True:
        message = await _next(mail, provider, complaints)
        event = read(message, provider)
        if isinstance(event, ErrorEvent):
            complaints.append(event.error)
            if event.error.event_id is not None:  # it names our update: nothing better will come
                raise fault_in(event.error, provider)
        if isinstance(event, kind):
            return message.data


async def _next(mail: Mail, provider: str, complaints: list[ErrorBody]) -> Message:
    """The next message; a close behind an error is that error (protocol 4.3: refusals come in band)."""
    try:
        return await mail.one()
    except LegClosed as closed:
        raise (fault_in(complaints[-1], provider) if complaints else lost(closed, provider)) from None


def read(message: Message, provider: str) -> ServerEvent:
    """A provider's message as an event. Raises UpstreamNonsense."""
    if not message.text:
        raise UpstreamNonsense(provider, f"a binary message of {len(message.data)} bytes")
    try:
        return read_event(message.data)
    except BadMessage as error:
        raise UpstreamNonsense(provider, str(error)) from None


def lost(closed: LegClosed, provider: str) -> ProviderFault:
    """What a provider's close means for the session."""
    if closed.by_peer and (closed.code >= APPLICATION_CODES or closed.code == POLICY_VIOLATION):
        return UpstreamRefused(provider, closed.reason or f"close code {closed.code}", code=str(closed.code))
    if not closed.by_peer:
        return UpstreamNonsense(provider, f"{closed.reason} (closed with {closed.code})")
    return UpstreamLost(provider, str(closed), closed.code)


def fault_in(error: ErrorBody, provider: str) -> ProviderFault:
    """An error event that ends the session, as an error of ours."""
    why = error.message or error.code or "no reason given"
    if is_rate_limit(error.code, error.message):
        return UpstreamBusy(provider, why, named_wait_s(error.message))
    return UpstreamRefused(provider, why, code=error.code)
