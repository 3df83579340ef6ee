"""What every store promises of client secrets, of which it keeps a digest."""

import pytest

from octi.errors import StoreFailed
from octi.store.base import FORGOTTEN_S, Store
from octi.units import SessionId
from tests.contract.test_store import make_secret, make_session, make_turn


@pytest.mark.parametrize("session", ["s", None])
async def test_a_secret_comes_back_as_it_was_saved(store: Store, session: SessionId | None) -> None:
    """By its digest, for one session or for a new one each time; expired or not."""
    made = make_secret(session=session, config='{"voice":"lea"}', expires_at=10.5)
    await store.save([make_session(), made])
    assert await store.secret("ab12") == made
    assert await store.secret("AB12") is None


async def test_a_secret_saved_again_is_replaced(store: Store) -> None:
    """The key is its digest."""
    await store.save([make_session(), make_secret()])
    await store.save([make_secret(expires_at=20.0)])
    assert await store.secret("ab12") == make_secret(expires_at=20.0)


async def test_a_secret_is_no_change_of_its_session(store: Store) -> None:
    """Who follows a conversation is not told who may join."""
    await store.save([make_session(), make_secret()])
    assert await store.changes(SessionId("s")) == []


async def test_a_secret_that_expired_long_ago_is_forgotten_when_another_is_saved(store: Store) -> None:
    """More than a day before the other one was made; until then it stays, so that its owner is told that it expired."""
    later = 610.0 + FORGOTTEN_S
    await store.save([make_session(), make_secret()])
    await store.save([make_secret("on the dot", created_at=later, expires_at=later + 600)])
    assert await store.secret("ab12") == make_secret()
    await store.save([make_session("other"), make_turn()])
    assert await store.secret("ab12") == make_secret()
    await store.save([make_secret("a moment later", created_at=later + 0.5, expires_at=later + 600)])
    assert await store.secret("ab12") is None
    assert await store.secret("on the dot") is not None
    assert await store.secret("a moment later") is not None


async def test_a_save_that_fails_forgets_no_secret(store: Store) -> None:
    """All or none."""
    await store.save([make_session(), make_secret()])
    newer = make_secret("new", created_at=1000.0 + FORGOTTEN_S, expires_at=2000.0 + FORGOTTEN_S)
    with pytest.raises(StoreFailed):
        await store.save([newer, make_turn(session=SessionId("nobody"))])
    assert await store.secret("ab12") == make_secret()
