"""octi/store/storable.py: what any database can hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.errors import StoreFailed
from octi.records import SessionRecord, SessionState
from octi.store.storable import storable, storable_text
from octi.units import SessionId

ANY_TEXT = st.text(st.characters() | st.sampled_from("\0\ud83d\ude00\udfff"))
SESSION = SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=1.0)


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
    assert type(kept.state) is SessionState


def test_a_number_that_does_not_fit_is_named() -> None:
    """The field, and what is wrong with it."""
    with pytest.raises(StoreFailed, match="created_at is not a time: nan"):
        storable(
            SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=float("nan"))
        )
