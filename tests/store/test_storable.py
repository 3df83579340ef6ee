"""octi/store/storable.py: what any database can hold."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.errors import StoreFailed
from octi.records import Development, DevelopmentKind, Extraction, Role, SecretRecord, SessionRecord, SessionState, Turn
from octi.store.storable import key_of, owner_of, storable, storable_text
from octi.units import ItemId, Milliseconds, SessionId

ANY_TEXT = st.text(st.characters() | st.sampled_from("\0\ud83d\ude00\udfff"))
SESSION = SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=1.0)

DEVELOPMENT = Development(session=SessionId("s"), id="s", kind=DevelopmentKind.GAP, at=1.0, body="{}")
SECRET = SecretRecord(digest="s", session=None, config="{}", created_at=1.0, expires_at=2.0)
ZERO = Milliseconds(0)
TURN = Turn(session=SessionId("s"), item=ItemId("s"), position=0, role=Role.USER, text="", start_ms=ZERO, end_ms=ZERO)


@settings(deadline=None)  # shared machines are slow at times
@given(ANY_TEXT)
def test_any_text_becomes_utf8_without_nul(text: str) -> None:
    """That is what SQLite and PostgreSQL both take."""
    assert "\0" not in storable_text(text)
    storable_text(text).encode()


@settings(deadline=None)  # shared machines are slow at times
@given(ANY_TEXT)
def test_the_rest_of_the_text_stays(text: str) -> None:
    """Letter by letter, and as long as before."""
    kept = storable_text(text)
    assert len(kept) == len(text)
    assert all(new in {old, "\ufffd"} for old, new in zip(text, kept, strict=True))


def test_every_field_of_text_is_made_storable() -> None:
    """Ids and reasons as well as words."""
    row = SessionRecord(
        id=SessionId("\0"), door="\0", upstream="\0", model="\0", voice="\0", created_at=1, end_reason="\0"
    )
    kept = storable(row)
    assert isinstance(kept, SessionRecord)
    assert {kept.id, kept.door, kept.upstream, kept.model, kept.voice, kept.end_reason} == {"\ufffd"}


def test_a_row_that_fits_is_the_same_afterwards() -> None:
    """With its enums and its Nones."""
    kept = storable(SESSION.move(SessionState.LIVE))
    assert kept == SESSION.move(SessionState.LIVE)
    assert isinstance(kept, SessionRecord)
    assert (type(kept.state), type(kept.extraction)) == (SessionState, Extraction)


def test_developments_and_secrets_are_made_storable_too() -> None:
    """Their bodies, and what names them."""
    assert storable(attrs.evolve(DEVELOPMENT, body="\0")) == attrs.evolve(DEVELOPMENT, body="\ufffd")
    assert storable(attrs.evolve(SECRET, config="\0", digest="\ud83d")) == attrs.evolve(
        SECRET, config="\ufffd", digest="\ufffd"
    )
    with pytest.raises(StoreFailed, match="expires_at is not a time: inf"):
        storable(attrs.evolve(SECRET, expires_at=float("inf")))


def test_each_row_has_a_key_of_its_own() -> None:
    """However alike their ids are."""
    rows = (SESSION, TURN, DEVELOPMENT, SECRET)
    assert len({key_of(row) for row in rows}) == len(rows)
    assert key_of(TURN) == key_of(attrs.evolve(TURN, text="non", position=3))


def test_a_row_says_which_session_it_needs() -> None:
    """A session needs none, and a secret may open a new one each time."""
    assert [owner_of(row) for row in (SESSION, TURN, DEVELOPMENT, SECRET)] == [None, "s", "s", None]
    assert owner_of(attrs.evolve(SECRET, session=SessionId("t"))) == "t"


def test_a_number_that_does_not_fit_is_named() -> None:
    """The field, and what is wrong with it."""
    with pytest.raises(StoreFailed, match="created_at is not a time: nan"):
        storable(
            SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=float("nan"))
        )
