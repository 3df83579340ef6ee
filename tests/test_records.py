"""What is kept: a session's moves, and turns."""

import attrs
import pytest

from octi.errors import IllegalMove
from octi.records import MOVES, Role, SessionRecord, SessionState, Turn
from octi.units import ItemId, Milliseconds, SessionId

FRESH = SessionRecord(id=SessionId("s1"), door="octi", upstream="embedded", model="m", voice="alloy", created_at=1.0)
PAIRS = [(old, new) for old in SessionState for new in SessionState]


def test_a_session_begins_created() -> None:
    """And has neither ended nor a reason to."""
    assert FRESH.state is SessionState.CREATED
    assert (FRESH.ended_at, FRESH.ended_by, FRESH.end_reason) == (None, None, None)


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair[1] in MOVES[pair[0]]])
def test_a_session_moves_as_the_table_says(old: SessionState, new: SessionState) -> None:
    """Nothing else of it changes, and the old record stays what it was."""
    record = attrs.evolve(FRESH, state=old)
    assert record.move(new) == attrs.evolve(FRESH, state=new)
    assert record.state is old


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair[1] not in MOVES[pair[0]]])
def test_any_other_move_is_a_bug(old: SessionState, new: SessionState) -> None:
    with pytest.raises(IllegalMove, match=f"^s1 cannot go from {old} to {new}$"):
        attrs.evolve(FRESH, state=old).move(new)


def test_every_state_has_its_row_and_the_last_leads_nowhere() -> None:
    assert MOVES.keys() == set(SessionState)
    assert MOVES[SessionState.ENDED] == frozenset()


@pytest.mark.parametrize("state", [SessionState.CREATED, SessionState.LIVE])
def test_an_ended_session_says_when_by_whom_and_why(state: SessionState) -> None:
    """Also one that never came to life."""
    ended = attrs.evolve(FRESH, state=state).end(at=9.0, by="client", reason="the client left")
    assert ended == attrs.evolve(
        FRESH, state=SessionState.ENDED, ended_at=9.0, ended_by="client", end_reason="the client left"
    )


def test_a_session_ends_once() -> None:
    """The first to end it said why."""
    ended = FRESH.end(at=9.0, by="client", reason="left")
    with pytest.raises(IllegalMove):
        ended.end(at=10.0, by="octi", reason="stopped")


def test_what_is_kept_cannot_be_changed() -> None:
    turn = Turn(
        session=SessionId("s1"),
        item=ItemId("i1"),
        position=0,
        role=Role.USER,
        text="Hello",
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(9),
    )
    assert not turn.interrupted
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        turn.text = "Good bye"  # type: ignore[misc]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        FRESH.state = SessionState.ENDED  # type: ignore[misc]


def test_who_speaks_is_said_as_the_wire_says_it() -> None:
    assert [role.value for role in Role] == ["user", "assistant", "system"]
