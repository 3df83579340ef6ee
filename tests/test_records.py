"""What is kept: a session's moves, turns, and what comes of them."""

import attrs
import pytest

from octi.errors import IllegalMove
from octi.records import (
    MOVES,
    RESUMED,
    Development,
    DevelopmentKind,
    Extraction,
    Role,
    SecretRecord,
    SessionRecord,
    SessionState,
    Turn,
)
from octi.units import ItemId, Milliseconds, SessionId

FRESH = SessionRecord(id=SessionId("s1"), door="octi", upstream="embedded", model="m", voice="alloy", created_at=1.0)
RESUMABLE = attrs.evolve(FRESH, resumable=True)
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


RESUMABLE = attrs.evolve(FRESH, resumable=True)


def test_a_session_that_outlives_its_legs_is_taken_up_again() -> None:
    """As if it had never ended."""
    ended = RESUMABLE.move(SessionState.LIVE).end(at=9.0, by="client", reason="left")
    again = ended.move(SessionState.LIVE)
    assert (again.state, again.ended_at, again.ended_by, again.end_reason) == (SessionState.LIVE, None, None, None)


def test_a_closed_session_is_not_taken_up_again() -> None:
    """However it was made."""
    ended = RESUMABLE.end(at=9.0, by="client", reason="closed").closed()
    with pytest.raises(IllegalMove):
        ended.move(SessionState.LIVE)


def test_a_session_that_outlives_its_legs_moves_no_other_way_than_the_rest() -> None:
    """The table for it differs in that one move."""
    differing = {state for state in SessionState if RESUMED[state] != MOVES[state]}
    assert differing == {SessionState.ENDED}
    assert RESUMED[SessionState.ENDED] == {SessionState.LIVE}


def test_every_state_has_its_row_and_the_last_leads_nowhere() -> None:
    assert MOVES.keys() == set(SessionState)
    assert MOVES[SessionState.ENDED] == frozenset()


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_session_that_can_be_taken_up_again_lives_on_after_its_end(old: SessionState, new: SessionState) -> None:
    """The one move more; whatever else is illegal stays so."""
    record = attrs.evolve(RESUMABLE, state=old)
    if new in MOVES[old] or (old, new) == (SessionState.ENDED, SessionState.LIVE):
        assert record.move(new) == attrs.evolve(RESUMABLE, state=new)
    else:
        with pytest.raises(IllegalMove):
            record.move(new)


def test_a_session_that_lives_again_has_not_ended() -> None:
    """Neither when nor why; and it may end again, for another reason."""
    again = RESUMABLE.end(at=9.0, by="client", reason="left").move(SessionState.LIVE)
    assert again == attrs.evolve(RESUMABLE, state=SessionState.LIVE)
    assert again.end(at=10.0, by="octi", reason="stopped").ended_by == "octi"


def test_a_session_that_was_closed_does_not_live_again() -> None:
    """Closed before or after its end, nothing else of it changes."""
    ended = RESUMABLE.end(at=9.0, by="operator", reason="closed")
    assert ended.closed() == attrs.evolve(ended, resumable=False)
    with pytest.raises(IllegalMove):
        ended.closed().move(SessionState.LIVE)
    assert RESUMABLE.closed().end(at=9.0, by="operator", reason="closed") == ended.closed()


def test_every_state_has_its_row_in_both_tables() -> None:
    """And a session that can be resumed can do all that another can."""
    assert RESUMED.keys() == MOVES.keys()
    assert all(MOVES[state] <= RESUMED[state] for state in SessionState)


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
    assert turn.said_at is None
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        turn.text = "Good bye"  # type: ignore[misc]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        FRESH.state = SessionState.ENDED  # type: ignore[misc]


def test_a_session_is_plain_unless_it_says_otherwise() -> None:
    """As one that a client opened by its socket."""
    plain = (FRESH.language, FRESH.config, FRESH.extraction, FRESH.schema, FRESH.call_id, FRESH.usage, FRESH.resumable)
    assert plain == ("", "{}", Extraction.REQUEST, "", None, "{}", False)


def test_what_came_of_a_conversation_cannot_be_changed_either() -> None:
    """Nor a secret, which is kept without itself."""
    came = Development(session=FRESH.id, id="d", kind=DevelopmentKind.PROFILE, at=1.0, body="{}")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        came.body = "[]"  # type: ignore[misc]  # mypy knows it too
    secret = SecretRecord(digest="ab12", session=None, config="{}", created_at=1.0, expires_at=2.0)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        secret.expires_at = 3.0  # type: ignore[misc]  # mypy knows it too


def test_words_are_kept_as_they_are_said() -> None:
    """They stand in databases and on the wire."""
    assert [when.value for when in Extraction] == ["request", "tool", "turns"]
    assert [kind.value for kind in DevelopmentKind] == ["profile", "instructions", "gap", "verdict", "recording"]


def test_who_speaks_is_said_as_the_wire_says_it() -> None:
    assert [role.value for role in Role] == ["user", "assistant", "system"]
