"""The first words with a provider: wait for it, tell it who the agent is, and hear it agree."""

from collections.abc import Sequence
from typing import Any

import attrs
import msgspec
import trio

from octi.errors import (
    BadMessage,
    ProviderFault,
    UpstreamBusy,
    UpstreamExpired,
    UpstreamLost,
    UpstreamNonsense,
    UpstreamRefused,
)
from octi.observe.plain import Own
from octi.realtime.events import ErrorBody, ErrorEvent, ServerEvent, SessionCreated, SessionUpdated
from octi.realtime.rate_limits import is_rate_limit, named_wait_s
from octi.realtime.reading import read_event
from octi.upstream.base import Setup
from octi.websocket.base import BREATH, Handle, Leg, LegClosed, Message

CONFIGURE_S = 10.0
POLICY_VIOLATION = 1008  # how some say that a key or a model is not for us; others use the application's own codes
APPLICATION_CODES = 3000
EXPIRED = "session_expired"  # the code of a provider's error when a session lasted as long as one may
OURS = "octi_"  # how the ids of octi's own events begin


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

    def take(self) -> list[Message]:
        """What is unread, for somebody else to read."""
        taken, self._unread = self._unread, []
        return taken

    async def pump(self, handle: Handle) -> None:
        """Have all that comes handled, what is unread first. See `Leg.pump`."""
        while self._unread:
            breath, self._unread = self._unread[:BREATH], self._unread[BREATH:]
            if handle(breath):
                return
            await trio.lowlevel.checkpoint()
        await self.leg.pump(handle)

    def put_back(self, messages: Sequence[Message]) -> None:
        """They are read again, before those that are unread."""
        self._unread[:0] = messages


class _Envelope(msgspec.Struct):
    session: msgspec.Raw


@attrs.define(eq=False)
class Talk:
    """The first words with one provider."""

    mail: Mail
    provider: str
    attached: bool
    complaints: list[ErrorBody] = attrs.field(factory=list)
    overheard: list[Message] = attrs.field(factory=list)  # of a conversation that goes on meanwhile

    async def wait_for(self, kind: type[SessionCreated | SessionUpdated]) -> bytes:
        """The next event of a kind. Raises ProviderFault where better will not come."""
        while True:
            message = await self._next()
            event = read(message, self.provider)
            if isinstance(event, kind):
                return message.data
            if isinstance(event, ErrorEvent):
                self._complain(event.error)
            if self.attached:
                self.overheard.append(message)

    def _complain(self, error: ErrorBody) -> None:
        """An error that names an update of ours ends it; in a call that goes on, another is somebody else's affair."""
        ours = (error.event_id or "").startswith(OURS)
        if not self.attached or ours:
            self.complaints.append(error)
        if error.event_id is not None and (ours or not self.attached):
            raise fault_in(error, self.provider)

    async def _next(self) -> Message:
        """The next message; a close behind an error is that error (protocol 4.3: refusals come in band)."""
        try:
            return await self.mail.one()
        except LegClosed as closed:
            if self.complaints:
                raise fault_in(self.complaints[-1], self.provider) from None
            said = [event.error for event in map(self._read, self.overheard) if isinstance(event, ErrorEvent)]
            raise (fault_in(said[-1], self.provider) if said else lost(closed, self.provider)) from None

    def _read(self, message: Message) -> ServerEvent:
        return read(message, self.provider)


async def configure(mail: Mail, setup: Setup, provider: str) -> msgspec.Raw:
    """Bring a leg into use; the session's effective configuration, as JSON. What is overheard of a call stays unread.

    Raises UpstreamRefused, UpstreamBusy, UpstreamLost (also: no answer in 10 s), UpstreamNonsense.
    """
    talk = Talk(mail, provider, setup.attached)
    with trio.move_on_after(CONFIGURE_S):
        if not setup.attached:
            await talk.wait_for(SessionCreated)
        mail.leg.send(setup.update())
        session = _session_in(await talk.wait_for(SessionUpdated), provider)
        if more := setup.completion(_fields(session, provider)):
            mail.leg.send(more)
            session = _session_in(await talk.wait_for(SessionUpdated), provider)
        mail.put_back(talk.overheard)
        return session
    if talk.complaints:
        raise fault_in(talk.complaints[-1], provider)
    raise UpstreamLost(provider, Own(f"it did not confirm the session within {CONFIGURE_S:g} s"))


def _session_in(frame: bytes, provider: str) -> msgspec.Raw:
    try:
        return msgspec.json.decode(frame, type=_Envelope).session
    except msgspec.ValidationError as error:
        raise UpstreamNonsense(provider, f"session.updated: {error}") from None


def _fields(session: msgspec.Raw, provider: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(session, type=dict[str, Any])
    except msgspec.ValidationError as error:
        raise UpstreamNonsense(provider, f"session.updated: {error}") from None


def read(message: Message, provider: str) -> ServerEvent:
    """A provider's message as an event. Raises UpstreamNonsense."""
    if not message.text:
        raise UpstreamNonsense(provider, Own(f"a binary message of {len(message.data)} bytes"))
    try:
        return read_event(message.data)
    except BadMessage as error:
        raise UpstreamNonsense(provider, str(error)) from None


def lost(closed: LegClosed, provider: str, said: ErrorBody | None = None) -> ProviderFault:
    """What a provider's close means for the session. said: the error that was its last word, if it was one."""
    if said is not None and closed.by_peer and (said.code == EXPIRED or is_refusal(closed)):
        return fault_in(said, provider)
    if is_refusal(closed):
        return UpstreamRefused(provider, closed.reason or f"close code {closed.code}", code=str(closed.code))
    if not closed.by_peer:
        return UpstreamNonsense(provider, Own(f"{closed.reason} (closed with {closed.code})"))  # octi closed it
    goodbye = Own(f"closed with {closed.code}", f": {closed.reason}" if closed.reason else "")
    return UpstreamLost(provider, goodbye, closed.code)


def is_refusal(closed: LegClosed) -> bool:
    """Does a provider close as one that will say no again?"""
    return closed.by_peer and (closed.code >= APPLICATION_CODES or closed.code == POLICY_VIOLATION)


def fault_in(error: ErrorBody, provider: str) -> ProviderFault:
    """An error event that ends the session, as an error of ours."""
    why = error.message or error.code or "no reason given"
    if is_rate_limit(error.code, error.message):
        return UpstreamBusy(provider, why, named_wait_s(error.message))
    if error.code == EXPIRED:
        return UpstreamExpired(provider, why)
    return UpstreamRefused(provider, why, code=error.code)
