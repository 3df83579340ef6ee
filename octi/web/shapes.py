"""octi's records as its HTTP API shows them."""

from octi.clock import iso_time
from octi.records import SessionRecord, Turn

Shape = dict[str, object]


def session_shape(session: SessionRecord) -> Shape:
    """A session."""
    return {
        "id": session.id,
        "state": session.state.value,
        "door": session.door,
        "upstream": session.upstream,
        "model": session.model,
        "voice": session.voice,
        "createdAt": iso_time(session.created_at),
        **end_shape(session),
    }


def end_shape(session: SessionRecord) -> Shape:
    """How a session ended; nothing but null while it has not."""
    return {
        "endedAt": None if session.ended_at is None else iso_time(session.ended_at),
        "endedBy": session.ended_by,
        "endReason": session.end_reason,
    }


def turn_shape(turn: Turn) -> Shape:
    """A turn. Its times stand on the session's audio, see `octi.records.Turn`."""
    return {
        "item": turn.item,
        "role": turn.role.value,
        "text": turn.text,
        "startMs": turn.start_ms,
        "endMs": turn.end_ms,
        "interrupted": turn.interrupted,
        "position": turn.position,
    }
