"""How a session ends: who ended it, why, and with which close code each peer is told."""

import attrs

from octi.errors import ClientFault, ClientStalled, Dismissed, OctiError, ProviderFault, Stopping, reply_to
from octi.websocket.base import LegClosed, LegStalled

GOING_AWAY = 1001
NORMAL = 1000
GONE = "the octi that ran it is gone"  # why a session ended that nobody ended


@attrs.frozen
class Ending:
    """Why a session is over. `error` is told to a client that is still there; `code` closes it."""

    by: str  # client, provider, octi, operator
    reason: str
    code: int
    error: OctiError | None = None


TOO_LONG = Ending("octi", "the session reached its maximum length", GOING_AWAY)
CANCELLED = Ending("octi", "octi was stopped", GOING_AWAY)
DISMISSED = Ending("operator", str(Dismissed()), reply_to(Dismissed()).close, Dismissed())
CLOSED = Ending("client", "closed by its client", NORMAL, Dismissed("its client closed it"))
REPLACED = Ending("octi", "its next call has come", NORMAL)
MOVED = Ending("octi", "another session listens to its call", NORMAL)
CRASHED = Ending("octi", "internal error", 1011)


def client_gone(error: LegClosed) -> Ending:
    """The client left, or was failed for what it sent."""
    if error.by_peer:
        return Ending("client", f"the client left ({error})", NORMAL)
    return Ending("octi", f"the client broke the protocol ({error})", error.code)


def client_silent(seconds: float) -> Ending:
    """The client answers no ping."""
    return Ending("client", f"the client was not heard for {seconds:g} s", NORMAL)


def idle(seconds: float) -> Ending:
    """Nobody says anything any more."""
    return Ending("octi", f"the user said nothing for {seconds:g} s", NORMAL)


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


def stopping() -> Ending:
    """octi is going away; the client may come back, and finds another node or a fresh one."""
    return failed(Stopping())
