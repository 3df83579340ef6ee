"""Records as the HTTP API shows them: names and kinds, to the letter."""

from octi.records import Role, SessionRecord, Turn
from octi.units import ItemId, Milliseconds, SessionId
from octi.web.shapes import end_shape, session_shape, turn_shape

SESSION = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1795287060.5)


def test_a_session_has_exactly_the_promised_fields() -> None:
    """Times as JavaScript writes them, null for what is not yet."""
    assert session_shape(SESSION) == {
        "id": "s",
        "state": "created",
        "door": "octi",
        "upstream": "u",
        "model": "m",
        "voice": "v",
        "createdAt": "2026-11-21T18:51:00.500Z",
        "endedAt": None,
        "endedBy": None,
        "endReason": None,
    }


def test_an_ended_session_says_how() -> None:
    """When, who and why."""
    ended = SESSION.end(at=1795287090.0, by="client", reason="gone")
    how = {"endedAt": "2026-11-21T18:51:30.000Z", "endedBy": "client", "endReason": "gone"}
    assert end_shape(ended) == how
    assert session_shape(ended) == {**session_shape(SESSION), "state": "ended", **how}


def test_a_turn_has_exactly_the_promised_fields() -> None:
    """Its session is in the path."""
    turn = Turn(
        session=SessionId("s"),
        item=ItemId("i"),
        position=3,
        role=Role.ASSISTANT,
        text="Où ça ?",
        start_ms=Milliseconds(5),
        end_ms=Milliseconds(900),
        interrupted=True,
    )
    assert turn_shape(turn) == {
        "item": "i",
        "role": "assistant",
        "text": "Où ça ?",
        "startMs": 5,
        "endMs": 900,
        "interrupted": True,
        "position": 3,
    }
