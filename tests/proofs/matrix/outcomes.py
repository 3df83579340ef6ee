"""What may come of a fault: the outcomes that the matrix is written in."""

from enum import Enum

import attrs


class Flight(Enum):
    """What becomes of what was being said when the fault struck."""

    WHOLE = "it is said to its end, and kept so"
    CUT = "it is kept as far as it came, marked interrupted"
    SENT = "what octi could send counts as heard: nobody knows better"
    UNTAKEN = "what the client did not take was not heard"


@attrs.frozen(kw_only=True)
class Outcome:
    """What is seen. `says`: for the legend of the table."""

    name: str
    says: str
    ended_by: str | None = None  # None: the session goes on, and answers the next question
    reason: str = ""  # stands in the session's stored reason; `{close}`: the code that the client saw
    closes: frozenset[int | None] = frozenset({None})  # codes that the client may see; None: it sees nothing any more
    status: int = 101  # of its upgrade; 0: none is seen
    told: tuple[str, ...] = ()  # stands in each of the errors that the client is told, in order; (): it is told none
    may_be_told: bool = False  # it may be gone before it could be told
    ready: int = 0  # how many fresh conversations begin, as the client is told
    within_s: tuple[float, float] = (0.0, 3.0)  # from the fault to the end
    flight: Flight = Flight.CUT
    loses_rows: bool = False


@attrs.frozen
class NotHere:
    """A cell that makes no sense, and why."""

    why: str


@attrs.frozen
class Elsewhere:
    """A cell that another test proves, with real processes. `test`: file::function."""

    outcome: Outcome
    test: str


def codes(*seen: int | None) -> frozenset[int | None]:
    """Close codes that a client may see."""
    return frozenset(seen)


ON = Outcome(name="goes on", says="Nobody is told anything, nothing is lost.", flight=Flight.WHOLE, within_s=(0, 0))
TOLD = Outcome(
    name="told, goes on",
    says="The client is told by one `error`; else nothing happens.",
    told=("",),
    flight=Flight.WHOLE,
)
AGAIN = Outcome(
    name="again",
    says="An `error` tells of the new attempt, then comes `ready`, with a fresh conversation.",
    told=("connection to the agent lost",),
    ready=1,
)
FRESH = Outcome(
    name="fresh",
    says="The provider's own `error` is told, then comes `ready`, with a fresh conversation.",
    told=("Rate limit reached",),
    ready=1,
)
TOLD_AGAIN = Outcome(
    name="told, again",
    says="The provider's own `error` is told, then as *again*.",
    told=("maximum duration", "connection to the agent lost"),
    ready=1,
)
GONE = Outcome(
    name="ends",
    says="The session ends at once, ended by `client`.",
    ended_by="client",
    reason="the client left (closed with {close}",
    closes=codes(1006, *range(1000, 1015), *range(3000, 5000)),  # its own code, sent back
)
SILENT = Outcome(
    name="dropped, silent",
    says="Dropped when it was not heard for 60 s, ended by `client`. What was sent to it counts as heard.",
    ended_by="client",
    reason="the client was not heard for 60 s",
    within_s=(60, 85),
    flight=Flight.SENT,
)
STALLED = Outcome(
    name="dropped, stalled",
    says="Dropped 10 s after the first message, or ping, that it does not take; ended by `client`.",
    ended_by="client",
    reason="the client took nothing for 10 s",
    within_s=(10, 31),
    flight=Flight.UNTAKEN,
)


def broken(code: int) -> Outcome:
    """A client that is closed for what it sent."""
    return Outcome(
        name=str(code),
        says=f"Closed with {code}, ended by `octi`: the client broke the protocol.",
        ended_by="octi",
        reason=f"the client broke the protocol (closed with {code}",
        closes=codes(code),
    )


BROKEN_1002, BROKEN_1007, BROKEN_1009 = broken(1002), broken(1007), broken(1009)
RESTARTS = Outcome(
    name="1012",
    says="octi stops all the same: 1012 to a client that can hear it, ended by `octi`, within 5 s.",
    ended_by="octi",
    reason="octi is restarting",
    closes=codes(1012, None),
    told=("octi is restarting",),
    may_be_told=True,
    within_s=(0, 5.5),
)


def unopened(status: int, says: str, within_s: float) -> Outcome:
    """There is no session. status 0: nothing is answered."""
    name = f"HTTP {status}" if status else "nothing"
    return Outcome(name=name, says=says, status=status, ended_by="nobody", within_s=(0, within_s))


NO_SESSION = unopened(0, "There is no session; the connection is given up within 15 s.", 15.5)
BAD_REQUEST = unopened(400, "There is no session: 400 instead of the upgrade.", 6.5)
TOO_SLOW = unopened(408, "There is no session: 408, 5 s after the connection was made.", 6.5)
TOO_LARGE = unopened(431, "There is no session: 431 instead of the upgrade.", 6.5)
UNAVAILABLE = unopened(503, "There is no session: 503 instead of the upgrade.", 12.5)


def failed(
    name: str, code: int, says: str, why: str, *, within_s: float = 3.0, told: tuple[str, ...] = (), kind: str = ""
) -> Outcome:
    """The provider's doing: told by an `error`, and by the close. `kind`: how a Realtime client's error begins."""
    return Outcome(
        name=name,
        says=says,
        ended_by="provider",
        reason=why,
        closes=codes(code),
        told=(*told, f"{kind}{why}"),
        within_s=(0, within_s),
    )


SPENT = "Your session hit the maximum duration of 60 minutes."
LOST = failed(
    "1013",
    1013,
    "`error` `upstream_lost`, then close 1013, as soon as octi knows (within 85 s of silence); ended by `provider`.",
    "simulated is not there",
    within_s=85,
    kind="upstream_lost: ",
)
EXPIRED = attrs.evolve(
    failed("told, 1001", 1001, "The provider's own `error`, then close 1001; ended by `provider`.", SPENT),
    told=("session_expired",),
)
GIVEN_UP = failed(
    "1013 after 5",
    1013,
    "An `error` for each of five more attempts, then close 1013, within 70 s; ended by `provider`.",
    "cannot be reached",
    within_s=70,
    told=("again (1/5)", "again (2/5)", "again (3/5)", "again (4/5)", "again (5/5)"),
)
LIMITED = failed(
    "1013, limited",
    1013,
    "`error` `rate_limited`, then close 1013; ended by `provider`.",
    "simulated is at its limit",
    kind="rate_limited: ",
)
REFUSED = failed(
    "1011, refused",
    1011,
    "`error` with the provider's words, then close 1011; ended by `provider`.",
    "refused the session",
)
NONSENSE = failed(
    "1011, nonsense",
    1011,
    "`error` that says what was seen, then close 1011; ended by `provider`.",
    "does not speak the Realtime protocol",
)
ROW_LOST = Outcome(
    name="without it",
    says="As *goes on*; that row is lost, counted, and named in the log; all others are kept.",
    flight=Flight.WHOLE,
    loses_rows=True,
)
LATE = Outcome(
    name="late",
    says="The turn comes later, whole: another worker does the job. Nobody is told.",
    flight=Flight.WHOLE,
)
NEXT_TURN = Outcome(
    name="next turn",
    says="That turn, or its words, is told as failed; the next one works.",
    told=("the speech engine failed",),
)
