"""What every store promises of a search among sessions; `conftest.py` has the stores."""

import pytest

from octi.records import SessionRecord, SessionState
from octi.store import memory as memory_store
from octi.store import reads
from octi.store.base import Found, Place, Store
from octi.units import ItemId, SessionId
from tests.contract.test_store import make_session, make_turn

LIVE, ENDED = SessionState.LIVE, SessionState.ENDED


def names(found: Found) -> list[str]:
    return [session.id for session in found.sessions]


async def said(store: Store, name: str, *words: str, **changes: object) -> SessionRecord:
    """A session in which words were said."""
    session = make_session(name, **changes)
    turns = [
        make_turn(place, text, session=SessionId(name), item=ItemId(f"{name}-{place}"))
        for place, text in enumerate(words)
    ]
    await store.save([session, *turns])
    return session


async def test_a_session_is_found_by_a_word_that_was_said(store: Store) -> None:
    """Once, however often it was; in the middle of a word as well."""
    await said(store, "a", "I want a refund.", "A refund?")
    await said(store, "b", "Hello.")
    assert names(await store.search("refund", 10)) == ["a"]
    assert names(await store.search("efun", 10)) == ["a"]
    assert names(await store.search("refunds", 10)) == []


async def test_a_session_is_found_by_what_it_is_called(store: Store) -> None:
    """Its id, its user, its tenant, its key, its call, its model, and why it ended."""
    whose = {"user": "ana@example.org", "tenant": "acme", "key": "shop", "call_id": "rtc_77", "model": "gpt-x"}
    ended = make_session("4f1c-22", **whose).end(at=3.0, by="client", reason="the client left")
    await store.save([ended, make_session("other")])
    for words in ("4f1c", "ana@", "acme", "shop", "rtc_77", "gpt-x", "client left"):
        assert names(await store.search(words, 10)) == ["4f1c-22"], words


async def test_letters_may_be_small_or_capital(store: Store) -> None:
    """Those of other languages than English too, in a store that knows nothing of them."""
    await said(store, "a", "À l'École de Noël")
    for words in ("école", "ÉCOLE", "École", "NOËL", "noël"):
        assert names(await store.search(words, 10)) == ["a"], words


@pytest.mark.parametrize("words", ["100%", "a_b", "c\\d", "'; --", "x\0y"])
async def test_signs_mean_themselves(store: Store, words: str) -> None:
    """What means anything to a database finds itself alone."""
    await said(store, "a", f"It says {words} here.")
    await said(store, "b", "It says 100 axb cd x y here.")
    assert names(await store.search(words, 10)) == ["a"]


async def test_sessions_are_found_newest_first_and_in_pages(store: Store) -> None:
    """A page that is full ends at its last session; the next goes on behind it."""
    for number in range(5):
        await said(store, f"s{number}", "hello", created_at=float(number))
    first = await store.search("hello", 2)
    assert names(first) == ["s4", "s3"]
    assert first.stopped == Place(3.0, SessionId("s3"))
    second = await store.search("hello", 2, before=first.stopped)
    assert names(second) == ["s2", "s1"]
    assert await store.search("hello", 2, before=second.stopped) == Found(
        [await said(store, "s0", created_at=0.0)], None
    )


async def test_only_sessions_of_a_state_and_of_a_tenant_are_looked_through(store: Store) -> None:
    """As a page's."""
    await said(store, "live", "hello", state=LIVE, tenant="acme")
    await said(store, "ended", "hello", state=ENDED, tenant="acme")
    await said(store, "other", "hello", state=ENDED, tenant="other")
    assert names(await store.search("hello", 10, state=ENDED)) == ["other", "ended"]
    assert names(await store.search("hello", 10, state=ENDED, tenant="acme")) == ["ended"]
    assert names(await store.search("hello", 10, tenant="")) == []


async def test_a_search_stops_after_so_many_sessions_and_can_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it found: a long history is no long wait. Where it stopped tells that there is more."""
    for module in (reads, memory_store):
        monkeypatch.setattr(module, "LOOKED_THROUGH", 3)
    for number in range(7):
        await said(store, f"s{number}", "needle" if number == 1 else "hay", created_at=float(number))
    first = await store.search("needle", 10)
    assert first == Found([], Place(4.0, SessionId("s4")))
    second = await store.search("needle", 10, before=first.stopped)
    assert (names(second), second.stopped) == (["s1"], Place(1.0, SessionId("s1")))
    assert await store.search("needle", 10, before=second.stopped) == Found([], None)
