"""Everything octi raises on purpose, by whose fault it is; `error_replies` has the table that answers for it.

OctiError
├── ClientFault          the caller must change something
│   ├── BadMessage           a message that cannot be understood or is not allowed
│   ├── BadModel             a model that the client asked for, and that there is not
│   ├── BadIntent            an address that asks for what its secret does not open
│   ├── UnknownCall          a call that nobody knows, or not to this client
│   ├── BetaGone             a client that speaks the protocol of old
│   ├── BadSecret            a client secret that opens nothing, or no longer
│   ├── Forbidden            what this caller may not do
│   ├── Blocked              what was said may not be said here
│   ├── RateLimited          too much at once; knows when again
│   ├── OverBudget           what may be spent is spent
│   ├── UnknownSession       no session of that name
│   ├── SessionTaken         a session that has a client already
│   ├── SessionClosed        a session that takes no client any more
│   ├── NothingSaid          a transcript that would be needed is empty
│   ├── InProgress           what was asked for is being done already
│   └── ClientStalled        a client that does not take what it is sent
├── ProviderFault        somebody upstream
│   ├── UpstreamRefused      said no, and will say no again
│   ├── UpstreamBusy         said not now; knows when
│   ├── UpstreamLost         unreachable, gone, or silent; another try may help
│   ├── UpstreamExpired      ended a session that lasted as long as it lets one
│   ├── CallOver             a call that it knows no more
│   ├── UpstreamNonsense     answers what is not the protocol
│   └── ExtractionFailed     the model gave no profile: declined, stopped early, or answered something else
├── OperatorFault        the installation
│   ├── BadConfig            settings that cannot be used, all of them at once
│   ├── EngineMissing        a package or model of the speech engine
│   ├── EngineFailed         the engine gave up on one piece of work
│   ├── Unserved             something that this installation does not do
│   ├── LoginLost            the keys of the operator's own login
│   └── StoreFailed          a row could not be kept
├── Stopping             octi itself is going away; come back later
├── Full                 octi has as many sessions as it may; come back later
├── TooLong              a session that lasted as long as one may
├── Dismissed            somebody ended it from outside; do not come back
└── IllegalMove          a bug: a state that has no such successor
"""

from collections.abc import Sequence

import attrs

LONGEST = 1000  # characters: a complaint may repeat what somebody sent, but not all of it


def _short(text: str) -> str:
    """Without the middle of what a client named at length."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[1 - LONGEST // 2 :]}"


class OctiError(Exception):
    """Anything octi raises on purpose. `retryable`: the same call may work later."""

    retryable = False


class ClientFault(OctiError):
    """The caller must change something."""


class ProviderFault(OctiError):
    """The provider, or the way to it."""


class OperatorFault(OctiError):
    """The installation."""


@attrs.frozen
class BadMessage(ClientFault):
    """A message that cannot be understood. `param` is the field at fault, dotted, if one can be named."""

    problem: str = attrs.field(converter=_short)
    param: str | None = attrs.field(default=None, converter=attrs.converters.optional(_short))
    code: str = "invalid_value"

    def __str__(self) -> str:
        return f"{self.param}: {self.problem}" if self.param else self.problem


@attrs.frozen
class BadModel(ClientFault):
    """A model that the client named, and that whoever answers does not have, or not for this."""

    why: str
    param = "model"

    def __str__(self) -> str:
        return self.why


@attrs.frozen
class BadIntent(ClientFault):
    """An address that asks for another kind of session than its secret, its call or its session is."""

    why: str
    param = "intent"

    def __str__(self) -> str:
        return self.why


@attrs.frozen
class UnknownCall(ClientFault):
    """A call that a client wants to listen to, and that the provider does not know, or not to this client."""

    why: str
    param = "call_id"

    def __str__(self) -> str:
        return self.why


class BetaGone(ClientFault):
    """A client that asks for the shapes of the Realtime API's beta."""

    def __str__(self) -> str:
        return "The Realtime Beta API is no longer supported."  # the provider's own words


@attrs.frozen
class BadSecret(ClientFault):
    """A client secret that opens nothing. Which it was is not said."""

    why: str = "it is not known here"

    def __str__(self) -> str:
        return f"Incorrect API key provided: {self.why}"  # the provider's own words, which its clients know


@attrs.frozen
class Forbidden(ClientFault):
    """Who asks is known, and may not. `why` says what would be needed."""

    why: str

    def __str__(self) -> str:
        return self.why


@attrs.frozen
class Blocked(ClientFault):
    """What was said may not be said here. `why`: in the words of whoever judges it."""

    why: str = "what was said is not allowed here"

    def __str__(self) -> str:
        return self.why


@attrs.frozen
class RateLimited(ClientFault):
    """More at once than a limit allows: its name, as in the settings and in the rules, and its figure in words."""

    limit: str
    most: str
    wait_s: float
    retryable = True

    def __str__(self) -> str:
        return f"the limit {self.limit} is reached ({self.most}); try again in {self.wait_s:g} s"


@attrs.frozen
class OverBudget(ClientFault):
    """What may be spent is spent: the budget, its figure in words, and in how many seconds there is a new one."""

    budget: str
    most: str
    wait_s: float | None = None

    def __str__(self) -> str:
        when = "" if self.wait_s is None else f"; there is a new one in {self.wait_s:g} s"
        return f"the budget {self.budget} is spent ({self.most}){when}"


class UnknownSession(ClientFault):
    """There is no session of that name."""

    def __str__(self) -> str:
        return "Unknown sessionId"  # the first origin's words


@attrs.frozen
class SessionTaken(ClientFault):
    """A session has one client at a time."""

    session: str
    retryable = True

    def __str__(self) -> str:
        return f"session {self.session} has a client already; end that one, or make another session"


@attrs.frozen
class SessionClosed(ClientFault):
    """A session that was closed, or that ended and cannot be taken up again."""

    session: str

    def __str__(self) -> str:
        return f"session {self.session} is over; make another one"


class NothingSaid(ClientFault):
    """A profile was asked for, and nobody has said anything."""

    def __str__(self) -> str:
        return "No transcript available for extraction"  # the first origin's words


@attrs.frozen
class InProgress(ClientFault):
    """It is being done already, for somebody else."""

    what: str
    retryable = True

    def __str__(self) -> str:
        return f"{self.what} already in progress"  # "Renew …": the first origin's words


@attrs.frozen
class ClientStalled(ClientFault):
    """A client that took nothing for `seconds`; or, if that is 0, less than it was sent."""

    waiting_bytes: int
    seconds: float

    def __str__(self) -> str:
        if not self.seconds:
            return f"the client is too slow: {self.waiting_bytes} bytes are waiting"
        return f"the client took nothing for {self.seconds:g} s with {self.waiting_bytes} bytes waiting"


@attrs.frozen
class UpstreamRefused(ProviderFault):
    """The provider said no: wrong key, unknown model, a setting it does not take."""

    provider: str
    why: str
    status: int | None = None
    code: str | None = None

    def __str__(self) -> str:
        status = f" (HTTP {self.status})" if self.status else ""
        return f"{self.provider} refused the session{status}: {self.why}"


@attrs.frozen
class UpstreamBusy(ProviderFault):
    """The provider limits how often it may be asked. `wait_s` is its own word."""

    provider: str
    why: str
    wait_s: float
    retryable = True

    def __str__(self) -> str:
        return f"{self.provider} is at its limit, again in {self.wait_s:g} s: {self.why}"


@attrs.frozen
class UpstreamLost(ProviderFault):
    """The provider cannot be reached, left, or fell silent."""

    provider: str
    why: str
    code: int | None = None  # the close code it gave, if it gave one
    retryable = True

    def __str__(self) -> str:
        return f"{self.provider} is not there: {self.why}"


@attrs.frozen
class UpstreamExpired(ProviderFault):
    """The provider ended a session that lasted as long as one may there."""

    provider: str
    why: str
    retryable = True

    def __str__(self) -> str:
        return self.why  # the provider's own words


@attrs.frozen
class CallOver(ProviderFault):
    """The provider knows a call no more: its user left, or it was hung up."""

    provider: str

    def __str__(self) -> str:
        return "the call is over"


@attrs.frozen
class UpstreamNonsense(ProviderFault):
    """The provider answers what is not the protocol."""

    provider: str
    seen: str

    def __str__(self) -> str:
        return f"{self.provider} does not speak the Realtime protocol: {self.seen}"


@attrs.frozen
class ExtractionFailed(ProviderFault):
    """The provider answered, and there is no profile in it. `code`: refusal, incomplete, failed, garbled."""

    provider: str
    why: str
    code: str

    def __str__(self) -> str:
        return f"{self.provider} gave no profile ({self.code}): {self.why}"


@attrs.frozen
class BadConfig(OperatorFault):
    """Every setting that cannot be used, a line each, with secrets masked."""

    problems: Sequence[str]

    def __str__(self) -> str:
        return "\n".join(self.problems)


@attrs.frozen
class EngineMissing(OperatorFault):
    """A package or model of the embedded speech engine is missing or broken, and what mends it."""

    what: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"speech engine: {self.what} {self.problem}; {self.remedy}"


@attrs.frozen
class EngineFailed(OperatorFault):
    """The speech engine gave up on one piece of work: a worker died twice, or took too long; its model said no."""

    why: str
    retryable: bool = True

    def __str__(self) -> str:
        return f"the speech engine failed: {self.why}"


@attrs.frozen
class Unserved(OperatorFault):
    """What was asked for is not done here, and what would do it."""

    what: str

    def __str__(self) -> str:
        return self.what


@attrs.frozen
class StoreFailed(OperatorFault):
    """Rows could not be kept, or not be read. Not `retryable`: a row is at fault, and will be again."""

    why: str
    retryable: bool = True

    def __str__(self) -> str:
        return f"the store failed: {self.why}"


class LoginLost(OperatorFault):
    """The keys of the operator's own login cannot be had, so nobody knows whether a token is one of its."""

    retryable = True

    def __str__(self) -> str:
        return "who you are cannot be checked just now: the login's keys cannot be had"


class Stopping(OctiError):
    """octi is going away; another node, or this one in a moment, takes new sessions."""

    retryable = True

    def __str__(self) -> str:
        return "octi is restarting"


@attrs.frozen
class Full(OctiError):
    """Another session would make all of them late, or is more than the operator allows."""

    live: int
    retryable = True

    def __str__(self) -> str:
        return f"octi is full: {self.live} sessions are live"


@attrs.frozen
class TooLong(OctiError):
    """A session that lasted as long as one may."""

    longest_s: float

    def __str__(self) -> str:
        return f"Your session hit the maximum duration of {self.longest_s / 60:g} minutes."  # the provider's own words


@attrs.frozen
class Dismissed(OctiError):
    """Somebody ended the session from outside."""

    why: str = "ended by an operator"

    def __str__(self) -> str:
        return self.why


@attrs.frozen
class IllegalMove(OctiError):
    """A record was asked for a state that does not follow from its own. A bug."""

    what: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.what} cannot go from {self.old} to {self.new}"
