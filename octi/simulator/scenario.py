"""What a scenario is written in: turns, what the client must do, how fast it all goes, what goes wrong. Pure."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

MOST_LETTERS, LONGEST_S, LONGEST_MS = 20_000, 86_400, 3_600_000
Words = Annotated[str, Meta(min_length=1, max_length=MOST_LETTERS)]
Seconds = Annotated[float, Meta(ge=0, le=LONGEST_S)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Duration = Annotated[float, Meta(ge=0, le=LONGEST_MS)]  # milliseconds
CloseCode = Annotated[int, Meta(ge=1000, le=4999)]
Scalar = str | int | float | bool | None

ANSWERED_WITHIN_S, LASTS_AT_MOST_S = 30.0, 300.0
OTHERWISE = "I did not expect that."


class Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table in which an unknown field is a mistake."""


class Wanted(Strict, frozen=True):
    """What a value must be like; everything that is set must hold."""

    matches: str | None = None  # a regular expression, somewhere in its text
    at_least: float | None = None
    at_most: float | None = None
    exists: bool | None = None


Condition = dict[str, Scalar | Wanted]  # by the dotted path of a value in JSON; "" is the whole


class Latency(Strict, frozen=True):
    """How fast the provider is. All in milliseconds; jitter is spread evenly on both sides."""

    first_audio_ms: Duration = 0.0  # from a response's beginning to its first delta
    delta_ms: Duration = 0.0  # between two deltas
    jitter_ms: Duration = 0.0  # on both of them
    pace: Annotated[float, Meta(ge=0, le=100)] = 0.0  # times real time; 0: in a burst
    transcript_ms: Annotated[float, Meta(ge=-LONGEST_MS, le=LONGEST_MS)] = 0.0  # of the agent's words against its voice
    heard_ms: Duration = 0.0  # from the end of the user's turn to its transcript


class LatencyChange(Strict, frozen=True):
    """Some of a Latency."""

    first_audio_ms: Duration | UnsetType = UNSET
    delta_ms: Duration | UnsetType = UNSET
    jitter_ms: Duration | UnsetType = UNSET
    pace: Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET
    transcript_ms: Annotated[float, Meta(ge=-LONGEST_MS, le=LONGEST_MS)] | UnsetType = UNSET
    heard_ms: Duration | UnsetType = UNSET


ErrorKind = Literal["error", "rate_limit", "invalid_request", "content_filter", "session_expired"]
EndKind = Literal["failed", "incomplete", "cancelled"]
LegKind = Literal["session_end", "close", "half_open", "stall"]
FrameKind = Literal["lost", "doubled", "reordered", "unknown", "malformed", "oversize", "empty_audio", "wrong_rate"]
Network = Literal["none", "lan", "wifi", "4g", "3g", "satellite"]


class EventFault(Strict, frozen=True):
    """What goes wrong among the events of a session, where all of `turn`, `event`, `on`, `at_s`, … hold at once."""

    kind: ErrorKind | EndKind | LegKind | FrameKind | Literal["expired_secret"]
    turn: str | Annotated[int, Meta(ge=1)] | None = None  # in the answer of this turn: its name, or its number from 1
    event: Count | None = None  # at this number of the provider's events
    on: Words | None = None  # at events of this type (`*` stands for anything)
    at_s: Seconds | None = None  # from so long after the session's beginning on
    after_audio_ms: Duration | None = None  # when an answer has sounded so long
    chance: Annotated[float, Meta(gt=0, le=1)] = 1.0  # for each event
    times: Count | UnsetType = UNSET  # how often in a session; 1, or with a `chance` always
    code: CloseCode | Words | UnsetType = UNSET  # of a close; or of an error
    message: Words | UnsetType = UNSET
    reason: Words | UnsetType = UNSET  # of a close; or why a response is incomplete or cancelled
    stall_s: Seconds | UnsetType = UNSET  # 2; of a connection that is half open: 60, and then it breaks
    size: Annotated[int, Meta(ge=1, le=64 << 20)] = 17 << 20  # of an oversize event, in bytes
    rate_hz: Annotated[int, Meta(ge=1000, le=192_000)] = 16_000  # that a voice has, whatever was declared


class Called(Strict, frozen=True):
    """A function call that the agent makes."""

    name: Words
    arguments: dict[str, Any] = {}


class Act(Strict, frozen=True):
    """What the agent does: says, then calls."""

    say: str = ""
    call: Called | list[Called] | None = None
    hang_up: bool | CloseCode = False
    then: str = ""  # the turn that is next; `end`: none; "": the one that follows
    latency: LatencyChange = LatencyChange()
    faults: list[EventFault] = []


class Branch(Act, frozen=True):
    """What it does instead, if a function's output is like that, or such words are heard."""

    when: Condition = {}
    hear: str | None = None


class Turn(Act, frozen=True):
    """What the client must do, and what the agent does then. None of hear, words, silence_s, on: any response is."""

    name: str = ""
    hear: str | None = None  # a regular expression, somewhere in the words; "": anything
    words: list[Words] = []  # all of them, in any order
    silence_s: Seconds | None = None  # nothing for so long
    on: Words | None = None  # the output of this function
    when: Condition = {}  # and it is like that
    heard: Words | None = None  # what the user's audio is taken for
    within_s: Seconds | None = None
    optional: bool = False
    branch: list[Branch] = []


class Expect(Strict, frozen=True):
    """An event that the client must send, or never. `turn`: while that turn is awaited."""

    send: Words  # a type; `*` stands for anything
    where: Condition = {}
    turn: str | Annotated[int, Meta(ge=1)] | None = None
    within_s: Seconds | None = None  # of the session's beginning, or of the turn's
    times: Count = 1  # at least
    never: bool = False


class Scenario(Strict, frozen=True):
    """One conversation as it must go."""

    name: str = "scenario"
    seed: int = 0
    network: Network = "none"
    latency: LatencyChange = LatencyChange()
    within_s: Seconds = ANSWERED_WITHIN_S  # for the client to do what a turn waits for
    limit_s: Seconds = LASTS_AT_MOST_S
    otherwise: Words = OTHERWISE  # what the agent says to what no turn expects
    refusals: Literal["fail", "allow"] = "fail"  # an event of the client's that is refused
    turn: list[Turn] = []
    expect: list[Expect] = []


END = "end"  # of `then`


def label(turns: list[Turn], index: int) -> str:
    """How a turn is called: by its name, else its number."""
    return turns[index].name or str(index + 1)


def index_of(turns: list[Turn], which: str | int) -> int | None:
    """Where a turn is, by its name, or its number from 1."""
    if isinstance(which, int):
        return which - 1 if 1 <= which <= len(turns) else None
    return next((index for index, turn in enumerate(turns) if turn.name == which), None)
