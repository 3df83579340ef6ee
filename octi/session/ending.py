"""How a session ends: who ended it, why, and with which close code each peer is told."""

import re

import attrs

from octi.error_replies import Reply, reply_to
from octi.errors import ClientFault, ClientStalled, Dismissed, OctiError, ProviderFault, Stopping, TooLong
from octi.observe.plain import plain
from octi.upstream.configure import APPLICATION_CODES
from octi.websocket.base import LegClosed, LegStalled

GOING_AWAY = 1001
NORMAL = 1000
RESTART = reply_to(Stopping()).close  # 1012
DOTNET = re.compile(r"\.NET\b|\bazsdk-net", re.IGNORECASE)
GONE = "the octi that ran it is gone"  # why a session ended that nobody ended


@attrs.frozen
class Ending:
    """Why a session is over. `error` is told to a client that is still there; `code` closes it."""

    by: str  # client, provider, octi, operator
    reason: str
    code: int
    error: OctiError | None = None
    said: str = attrs.field(default="", kw_only=True)
    own: str = attrs.field(default="", kw_only=True)  # the reason without what the client said

    @property
    def word(self) -> str:
        """The reason as one of few words, for metrics: an error's code where there is one."""
        return self.said or (reply_to(self.error).code if self.error else "")

    @property
    def plain(self) -> str:
        """The reason without others' words, for the log."""
        return self.own or (plain(self.error) if self.error else self.reason)

    @property
    def goodbye(self) -> str:
        """What the client's leg is closed with: the reason, or as the provider names it behind its own codes."""
        return goodbye(self.error) if self.error and self.code >= APPLICATION_CODES else self.reason


def goodbye(error: OctiError) -> str:
    """An error as the reason of a close."""
    return goodbye_of(reply_to(error))


def goodbye_of(reply: Reply) -> str:
    """What a close is given as its reason."""
    return f"invalid_request_error.{reply.code}" if reply.close >= APPLICATION_CODES else reply.code


CANCELLED = Ending("octi", "octi was stopped", GOING_AWAY, said="stopped")
DISMISSED = Ending("operator", str(Dismissed()), reply_to(Dismissed()).close, Dismissed())
CLOSED = Ending("client", "closed by its client", NORMAL, Dismissed("its client closed it"))
REPLACED = Ending("octi", "its next call has come", NORMAL, said="replaced")
MOVED = Ending("octi", "another session listens to its call", NORMAL, said="moved")
CRASHED = Ending("octi", "internal error", 1011, said="internal_error")


def too_long(longest_s: float) -> Ending:
    """It lasted as long as a session may."""
    error, reason = TooLong(longest_s), "the session reached its maximum length"
    return Ending("octi", reason, reply_to(error).close, error, said="too_long", own=reason)


def client_gone(error: LegClosed) -> Ending:
    """The client left, or was failed for what it sent."""
    if error.by_peer:
        own = f"the client left (closed with {error.code})"
        return Ending("client", f"the client left ({error})", NORMAL, said="left", own=own)
    return Ending("octi", f"the client broke the protocol ({error})", error.code, said="protocol_error")


def client_silent(seconds: float) -> Ending:
    """The client answers no ping."""
    return Ending("client", f"the client was not heard for {seconds:g} s", NORMAL, said="silent")


def idle(seconds: float) -> Ending:
    """Nobody says anything any more."""
    return Ending("octi", f"the user said nothing for {seconds:g} s", NORMAL, said="idle")


def failed(error: OctiError) -> Ending:
    """An error that a session cannot go on with."""
    by = "provider" if isinstance(error, ProviderFault) else "client" if isinstance(error, ClientFault) else "octi"
    return Ending(by, str(error), reply_to(error).close, error)


def ending_for(error: OctiError) -> Ending:
    """How an error out of one of a session's tasks ends it. Legs are the client's here: the provider's are named."""
    if isinstance(error, LegClosed):
        return client_gone(error)
    if isinstance(error, LegStalled):
        return failed(ClientStalled(error.waiting_bytes, error.seconds))
    return failed(error)


def first_of(errors: BaseExceptionGroup[OctiError]) -> OctiError:
    """The first error in a group."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


def stopping(code: int = RESTART, *, told: bool = False) -> Ending:
    """octi is going away; the client may come back, and finds another node or a fresh one. told: it knows already."""
    error = Stopping()
    return Ending("octi", str(error), code, None if told else error, said=reply_to(error).code)


def restart_code(user_agent: str) -> int:
    """The close code that brings a client back when octi restarts, by what it calls itself.

    1012 (service restart) is what it is, and the official SDKs come back after it, as after 1001 (going away). But
    .NET's ClientWebSocket up to version 9 takes 1012 to 1014 for a broken protocol and throws: `IsValidCloseStatus` in
    its ManagedWebSocket knows 1000 to 1003 and 1007 to 1011. OpenAI's and Azure's SDKs for it name it.
    """
    return GOING_AWAY if DOTNET.search(user_agent) else RESTART
