"""What is kept of a conversation, as frozen values: the session and its moves, what was said, what came of it."""

from collections.abc import Mapping
from enum import StrEnum

import attrs

from octi.errors import IllegalMove
from octi.units import ItemId, Milliseconds, SessionId


class Role(StrEnum):
    """Who said a turn."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class Transcription(StrEnum):
    """What became of the words of what a user spoke."""

    DONE = "done"
    AWAITED = "awaited"
    FAILED = "failed"  # the provider could not write them down
    MISSING = "missing"  # they never came
    OFF = "off"  # nobody was asked for them


class SessionState(StrEnum):
    """Where a session is in its life."""

    CREATED = "created"
    LIVE = "live"
    ENDED = "ended"


class Extraction(StrEnum):
    """When a session's profile is extracted, besides whenever somebody asks for it."""

    REQUEST = "request"
    TOOL = "tool"  # when the model calls `extract_profile`
    TURNS = "turns"  # after each of the user's turns


MOVES: Mapping[SessionState, frozenset[SessionState]] = {
    SessionState.CREATED: frozenset({SessionState.LIVE, SessionState.ENDED}),
    SessionState.LIVE: frozenset({SessionState.ENDED}),
    SessionState.ENDED: frozenset(),
}
# A session that was made over HTTP outlives its legs: until it is closed, another leg may take it up again.
RESUMED: Mapping[SessionState, frozenset[SessionState]] = {**MOVES, SessionState.ENDED: frozenset({SessionState.LIVE})}


@attrs.frozen(kw_only=True)
class SessionRecord:
    """One session as the store keeps it. Times are seconds since 1970, UTC."""

    id: SessionId
    state: SessionState = SessionState.CREATED
    door: str
    upstream: str
    model: str
    voice: str  # "": it writes, and does not speak
    language: str = ""  # as ISO 639-1 has it; "": whatever is spoken
    config: str = "{}"  # JSON: the session object that it was made with, in the provider's shape
    extraction: Extraction = Extraction.REQUEST
    schema: str = ""  # JSON Schema of its profile; "": the default one
    call_id: str | None = None  # the provider's WebRTC call
    usage: str = "{}"  # JSON: what the provider counted, see `octi.realtime.usage`
    resumable: bool = False  # another leg may take it up again; no longer once it was closed
    tenant: str = ""  # whose it is, see `octi.guard.caller`; "": the operator's own
    key: str = ""  # the name of what its maker proved himself with; "": nobody was asked
    user: str = ""  # for whom, as the operator's own login calls him; "": not known
    created_at: float
    ended_at: float | None = None
    ended_by: str | None = None  # client, provider, octi, operator
    end_reason: str | None = None  # one sentence for a person

    def move(self, to: SessionState) -> "SessionRecord":
        """This session in its next state. Raises IllegalMove where the table has no such move."""
        if to not in (RESUMED if self.resumable else MOVES)[self.state]:
            raise IllegalMove(self.id, self.state, to)
        return attrs.evolve(self, state=to, ended_at=None, ended_by=None, end_reason=None)

    def end(self, *, at: float, by: str, reason: str) -> "SessionRecord":
        """This session, ended. Raises IllegalMove if it had ended already."""
        return attrs.evolve(self.move(SessionState.ENDED), ended_at=at, ended_by=by, end_reason=reason)

    def closed(self) -> "SessionRecord":
        """This session, never to be taken up again once it has ended."""
        return attrs.evolve(self, resumable=False)


@attrs.frozen(kw_only=True)
class Turn:
    """What one side said, as far as the other could hear it.

    `position` orders a session's turns (dense from 0). `start_ms` and `end_ms` stand on the session's audio timeline:
    the audio that the client had sent, in milliseconds; an agent's turn starts where the client's audio stood when its
    first sound was passed on, and ends as many milliseconds later as were heard of it. A typed turn starts and ends at
    one point.
    """

    session: SessionId
    item: ItemId
    position: int
    role: Role
    text: str
    start_ms: Milliseconds
    end_ms: Milliseconds
    interrupted: bool = False
    said_at: float | None = None  # when octi first knew of it: seconds since 1970, UTC
    generated: str | None = None  # all that the agent said; None: it was all heard, and is `text`
    sent: str | None = None  # what of it the client was sent; None: that was heard, and is `text`
    transcription: Transcription | None = None  # None: nobody spoke it to be written down


class CallStatus(StrEnum):
    """What became of a function's call."""

    COMPLETED = "completed"  # it was made; `output` tells whether it was answered
    INCOMPLETE = "incomplete"  # it was cut off, and nobody should run it
    FAILED = "failed"  # the provider ran it itself, in vain


@attrs.frozen(kw_only=True)
class FunctionCall:
    """A function that the agent called in the conversation, and what it was answered. No turn: nobody said it.

    `position` orders a session's calls (dense from 0); so many of its turns as `turns_before` says stand before it.
    """

    session: SessionId
    item: ItemId
    position: int
    turns_before: int
    call_id: str
    name: str  # "": the call itself was not heard, only its answer
    arguments: str  # JSON as the model wrote it, perhaps not whole
    output: str | None = None  # None: nobody has answered
    status: CallStatus = CallStatus.COMPLETED
    response: str | None = None  # the `UsageRecord.id` of the response that made it
    own: bool = False  # octi itself runs it
    cut: bool = False  # arguments or output were longer than is kept
    called_at: float | None = None  # when octi first knew of it: seconds since 1970, UTC


class UsageKind(StrEnum):
    """What the provider bills apart."""

    RESPONSE = "response"
    TRANSCRIPTION = "transcription"
    EXTRACTION = "extraction"  # what a model took that read the profile
    AUDIO = "audio"  # no bill of the provider's: how much audio there was in a day, where that has a budget


@attrs.frozen(kw_only=True)
class UsageRecord:
    """What the provider counted for one response, for the transcription of one turn, or for one extraction."""

    session: SessionId
    kind: UsageKind
    id: str  # the response's, or the turn's item; of audio: its day
    status: str  # as the provider says; "unfinished": octi did not hear its end
    reason: str | None = None  # why it ended so, in a word of the provider's
    out_of_band: bool = False  # no part of the conversation, and so no turn
    model: str = ""
    usage: str = "{}"  # JSON: numbers, nested as the provider nests them; "{}": it told none
    output: str = "[]"  # JSON: what an out-of-band response said or called
    counted_at: float | None = None  # when octi first knew of it: seconds since 1970, UTC
    cost: str = ""  # in the price table's currency, as a decimal number; "": it has no price


class DevelopmentKind(StrEnum):
    """What came of a conversation, besides its turns."""

    PROFILE = "profile"
    INSTRUCTIONS = "instructions"
    GAP = "gap"  # octi could not listen for a while: something may be missing
    VERDICT = "verdict"  # what a hook said of a turn, where that was not allowed as it was
    RECORDING = "recording"  # its sound is not, or no longer, there as it was heard


@attrs.frozen(kw_only=True)
class Development:
    """One step in a session's profile or instructions, or a gap in its transcript. Never changed once it is kept."""

    session: SessionId
    id: str  # a UUID's hex
    kind: DevelopmentKind
    at: float  # seconds since 1970, UTC
    body: str  # JSON


@attrs.frozen(kw_only=True)
class SecretRecord:
    """A client secret, without the secret. Times are seconds since 1970, UTC."""

    digest: str  # SHA-256 of it, hex
    session: SessionId | None  # the session that it opens; None: a new one each time
    config: str  # JSON: the session object that it presets, in the provider's shape
    tenant: str = ""  # of whoever had it made, as the two below: its sessions are theirs
    key: str = ""
    user: str = ""
    origin: str = ""  # of the only web page that may use it; "": any that may speak to octi
    once: bool = False  # it opens one socket, and no other
    used_at: float | None = None  # when it did; of one that may open several not told
    revoked_at: float | None = None
    created_at: float
    expires_at: float

    def opens(self, at: float) -> bool:
        """May it open something, at that time?"""
        return self.closed_by(at) is None

    def closed_by(self, at: float) -> str | None:
        """Why it opens nothing, at that time; None: it does. For the log: a stranger is not told."""
        if self.revoked_at is not None:
            return "it was revoked"
        if self.expires_at <= at:
            return "it has expired"
        return "it was used, and is for once" if self.once and self.used_at is not None else None


Told = Turn | FunctionCall | UsageRecord  # what a ledger tells
Row = SessionRecord | Told | Development | SecretRecord
