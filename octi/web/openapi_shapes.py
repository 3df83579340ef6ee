"""What octi answers over HTTP, as classes: for `/openapi.json`. The tests hold real answers to them, field by field.

What is asked for stands at the routes themselves; here only what they read more leniently than they say.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.extraction.composer import LayerName
from octi.extraction.profile import Known
from octi.records import Extraction, Role, SessionState, Transcription
from octi.upstream.api import CALL_ID

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
UnixTime = Annotated[int, Meta(description="Seconds since 1970.")]
Cost = Annotated[str | None, Meta(description="An exact decimal, in `currency`; null where a price is not known.")]
ClientSecret = Annotated[str, Meta(description="Opens the session, or a new one: `ek_…`. Keep it out of logs.")]


class Camel(Struct, rename="camel", kw_only=True):
    """Names as octi's own routes write them."""


class Failure(Struct, kw_only=True):
    """Something went wrong."""

    error: Annotated[str, Meta(description="A sentence; a field at fault stands at its beginning.")]
    code: Annotated[str | UnsetType, Meta(description="For programs: docs/wire.md has a table of them.")] = UNSET
    detail: Annotated[str | UnsetType, Meta(description="Only from the first origin's routes.")] = UNSET


class ProviderError(Struct, kw_only=True):
    """What went wrong, in the provider's shape."""

    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None
    code: str | None


class ProviderFailure(Struct):
    """Something went wrong, in the provider's shape."""

    error: ProviderError


class Front(Struct, kw_only=True, rename={"attempt": "try"}):
    """What is here."""

    service: str
    version: str
    upstream: str
    sockets: dict[str, str]
    http: list[str]
    operators: list[str]
    post: list[str]
    attempt: str


class Health(Struct, kw_only=True):
    """Is octi alive?"""

    status: Literal["ok", "error"]
    timestamp: Time
    service: str


class Life(Struct, kw_only=True):
    """Is octi alive, and if not, what has died?"""

    status: Literal["ok", "error", "ready", "not ready"]
    problems: list[str] | UnsetType = UNSET


class Census(Struct, kw_only=True):
    """What this process holds just now."""

    tasks: dict[str, int]
    threads: dict[str, int]
    descriptors: dict[str, int] | None
    memory_bytes: int | None
    totals: dict[str, Any]
    sessions: dict[str, dict[str, Any]]
    followers: int
    parts: dict[str, dict[str, Any]]


# Sessions


class Session(Camel, kw_only=True):
    """A session."""

    id: str
    state: SessionState
    door: str
    upstream: str
    model: str
    voice: str
    language: str
    call_id: str | None
    extraction: Extraction
    usage: dict[str, Any]
    resumable: bool
    created_at: Time
    ended_at: Time | None
    ended_by: str | None
    end_reason: str | None
    recording: Annotated[bool, Meta(description="Is there sound of it, at `/sessions/{id}/audio`?")]


class SessionPage(Camel, kw_only=True):
    """A page of sessions, newest first."""

    sessions: list[Session]
    next: Annotated[str | None, Meta(description="For `after`; null on the last page.")]


class OpenedSession(Session, kw_only=True):
    """A new session, and what opens it."""

    client_secret: ClientSecret
    expires_at: UnixTime


class Layer(Struct, kw_only=True):
    """A part of what the agent is told."""

    name: LayerName
    version: int
    text: str


class Instructions(Struct, kw_only=True):
    """What the agent is told."""

    text: str
    layers: list[Layer]


Profile = Annotated[dict[str, Any], Meta(description="Each field of the schema, null where nothing is known.")]
Evidence = Annotated[dict[str, Known], Meta(description="The fields that are known, with the words behind them.")]


class ShownSession(Session, kw_only=True):
    """A session, what is known of its user, and what its agent is told."""

    profile: Profile
    evidence: Evidence
    instructions: Instructions
    cost: Cost
    currency: str


class Steered(Camel, kw_only=True):
    """What the agent is told after a change."""

    instructions: Instructions
    changed: list[LayerName]
    pushed: Annotated[bool, Meta(description="Was a live session told at once?")]


class Extracted(Steered, kw_only=True):
    """A profile, and what the agent is told of it."""

    profile: Profile
    evidence: Evidence


class Turn(Camel, kw_only=True):
    """What one side said."""

    item: str
    role: Role
    text: str
    start_ms: int
    end_ms: int
    interrupted: bool
    position: int
    said_at: Time | None
    generated: str | None
    sent: str | None
    transcription: Transcription | None


class Transcript(Camel, kw_only=True):
    """What was said."""

    turns: list[Turn]
    cursor: Annotated[str, Meta(description="For `after`: what is stored later.")]


class ProfileDevelopment(Struct, tag_field="type", tag="profile", kw_only=True):
    """Something became known of the user."""

    at: Time
    profile: dict[str, Any]
    changes: list[Any]


class InstructionsDevelopment(Struct, tag_field="type", tag="instructions", kw_only=True):
    """The agent is told something else."""

    at: Time
    changed: list[str]
    diff: str
    text: str


class GapDevelopment(Struct, tag_field="type", tag="gap", kw_only=True, rename={"since": "from", "until": "to"}):
    """octi could not listen."""

    at: Time
    since: Time
    until: Time
    why: str


class VerdictDevelopment(Struct, tag_field="type", tag="verdict", kw_only=True):
    """A hook had something against a turn."""

    at: Time
    item: str
    side: Annotated[str, Meta(description="user or agent.")]
    action: Annotated[str, Meta(description="block, replace, interrupt or end.")]
    by: Annotated[str, Meta(description="Which hook, or which rule.")]
    reason: str
    failed: Annotated[str, Meta(description="Why there was no verdict, and OCTI_HOOK_FAILS=closed held.")]


class RecordingDevelopment(Struct, tag_field="type", tag="recording", kw_only=True):
    """The session's sound is not there as it was heard."""

    at: Time
    state: Annotated[str, Meta(description="incomplete, or removed.")]
    why: str


class History(Struct):
    """How a session's profile and instructions came to be what they are."""

    history: list[
        ProfileDevelopment | InstructionsDevelopment | GapDevelopment | VerdictDevelopment | RecordingDevelopment
    ]


# The Realtime API's own


class Minted(Struct, kw_only=True):
    """A client secret, and the session that it opens."""

    value: ClientSecret
    expires_at: UnixTime
    session: dict[str, Any]


# The origins'


Named = Annotated[str, Meta(min_length=1)]


class OfSession(Camel):
    """Which session."""

    session_id: Named


class OfCall(Camel, kw_only=True):
    """Which session, and which call of the provider's."""

    session_id: Named
    call_id: Annotated[str, Meta(pattern=f"^{CALL_ID.pattern}$", description="As its `Location` header has it.")]
    client_secret: Annotated[str | UnsetType | None, Meta(description="The one that made the call.")] = UNSET


class Token(Camel, kw_only=True):
    """A client secret, and the provider's whole answer."""

    client_secret: ClientSecret
    expires_at: UnixTime
    raw: dict[str, Any]


class NewCallSession(Camel, kw_only=True):
    """A session, and what opens it."""

    session_id: str
    client_secret: ClientSecret
    expires_at: UnixTime
    call_id: str | UnsetType = UNSET


class Renewed(Camel, kw_only=True):
    """A session that goes on, what opens it, and what its agent is told."""

    session_id: str
    client_secret: ClientSecret
    expires_at: UnixTime
    instructions: str
    call_id: str | None


class Attached(Camel, kw_only=True):
    """octi listens to the call."""

    session_id: str
    call_id: str


class Revoked(Struct, kw_only=True):
    """Client secrets were revoked."""

    revoked: Annotated[int, Meta(description="How many were good until now.")]


class Closed(Camel, kw_only=True):
    """A session was closed, or there was none."""

    session_id: str
    closed: bool


class Read(Struct, kw_only=True):
    """A profile, and what the agent is told."""

    profile: Profile
    instructions: str


class SecretAlone(Struct):
    """A client secret."""

    value: ClientSecret
