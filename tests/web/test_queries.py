"""What a request asks for: what is understood, and what is refused by its name."""

from base64 import urlsafe_b64encode
from contextlib import suppress

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import NotFound

from octi.errors import BadMessage
from octi.guard.caller import ANYBODY, Caller, Scope
from octi.records import SessionRecord
from octi.store.base import Place
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.web.queries import count, cursor_of, known_session, one_of, place_of, revision


def session(name: str = "s", created_at: float = 1.0) -> SessionRecord:
    return SessionRecord(id=SessionId(name), door="d", upstream="u", model="m", voice="v", created_at=created_at)


async def test_an_unknown_session_is_not_found() -> None:
    """In the words that the origins' clients know."""
    store = MemoryStore()
    await store.save([session()])
    assert await known_session(store, "s", ANYBODY) == session()
    with pytest.raises(NotFound) as refused:
        await known_session(store, "t", ANYBODY)
    assert refused.value.description == "Unknown sessionId"


async def test_anothers_session_is_as_unknown_as_none() -> None:
    """Whoever guesses a name is not even told that he was right."""
    store = MemoryStore()
    await store.save([attrs.evolve(session(), tenant="acme")])
    assert (await known_session(store, "s", Caller(tenant="acme"))).id == "s"
    for name in ("s", "t"):
        with pytest.raises(NotFound) as refused:
            await known_session(store, name, Caller(tenant="other", scopes=frozenset(Scope)))
        assert refused.value.description == "Unknown sessionId"


@pytest.mark.parametrize("said", ["", "0", "201", "-1", "1.5", "ten", "٣", "1" * 19, " 1"])
def test_a_count_out_of_bounds_is_refused(said: str) -> None:
    """With its name and the bounds."""
    with pytest.raises(BadMessage, match="limit: must be a whole number from 1 to 200"):
        count(said, 200, "limit")


@pytest.mark.parametrize(("said", "meant"), [("1", 1), ("200", 200), ("007", 7)])
def test_a_count_within_its_bounds_is_taken(said: str, meant: int) -> None:
    """Both bounds included."""
    assert count(said, 200, "limit") == meant


@pytest.mark.parametrize("said", ["", "-1", "x", "1,2", "9" * 19])
def test_a_cursor_that_octi_never_gave_is_refused(said: str) -> None:
    """As for turns."""
    with pytest.raises(BadMessage, match="after: must be a cursor"):
        revision(said, "after")


def test_a_revision_is_read_back() -> None:
    """From nothing on."""
    assert [revision(said, "after") for said in ("0", "17", "9" * 18)] == [0, 17, 10**18 - 1]


def test_a_word_is_one_of_those_known() -> None:
    """Else all of them are named."""
    assert one_of("a", ["a", "b"], "word") == "a"
    with pytest.raises(BadMessage, match="word: must be one of a, b"):
        one_of("A", ["a", "b"], "word")


@given(st.text(st.characters(codec="utf-8")), st.floats(0, 1e12))
def test_a_place_survives_the_way_to_a_cursor_and_back(name: str, created_at: float) -> None:
    """To the last digit; and it needs no escaping in a query."""
    cursor = cursor_of(session(name, created_at))
    assert place_of(cursor, "after") == Place(created_at, SessionId(name))
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "====", "a" * 5, *(urlsafe_b64encode(odd).decode() for odd in (b"[1]", b'["s", 1]', b"\xff", b"NaN"))],
)
def test_a_place_that_octi_never_gave_is_refused(cursor: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(BadMessage, match="after: must be a cursor"):
        place_of(cursor, "after")


@given(st.text())
def test_any_text_is_a_place_or_refused(cursor: str) -> None:
    """Nothing else comes out of it."""
    with suppress(BadMessage):
        assert isinstance(place_of(cursor, "after"), Place)
