"""What is kept of a conversation, as frozen values: the session and its moves, and the turns that were said."""

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


class SessionState(StrEnum):
    """Where a session is in its life."""

    CREATED = "created"
    LIVE = "live"
    ENDED = "ended"


MOVES: Mapping[SessionState, frozenset[SessionState]] = {
    SessionState.CREATED: frozenset({SessionState.LIVE, SessionState.ENDED}),
    SessionState.LIVE: frozenset({SessionState.ENDED}),
    SessionState.ENDED: frozenset(),
}


@attrs.frozen(kw_only=True)
class SessionRecord:
    """One session as the store keeps it. Times are seconds since 1970, UTC."""

    id: SessionId
    state: SessionState = SessionState.CREATED
    door: str
    upstream: str
    model: str
    voice: str
    created_at: float
    ended_at: float | None = None
    ended_by: str | None = None  # client, provider, octi, operator
    end_reason: str | None = None  # one sentence for a person

    def move(self, to: SessionState) -> "SessionRecord":
        """This session in its next state. Raises IllegalMove where the table has no such move."""
        if to not in MOVES[self.state]:
            raise IllegalMove(self.id, self.state, to)
        return attrs.evolve(self, state=to)

    def end(self, *, at: float, by: str, reason: str) -> "SessionRecord":
        """This session, ended. Raises IllegalMove if it had ended already."""
        return attrs.evolve(self.move(SessionState.ENDED), ended_at=at, ended_by=by, end_reason=reason)


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


Row = SessionRecord | Turn
