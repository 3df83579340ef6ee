"""What every store promises of client secrets, of which it keeps a digest."""

from typing import Any

import pytest
import trio

from octi.errors import StoreFailed
from octi.store import open_store
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


# Used, and revoked


async def test_a_secret_for_once_is_used_once(store: Store) -> None:
    """The store says who was first, and when that was."""
    await store.save([make_session(), make_secret(once=True)])
    assert await store.use_secret("ab12", 5.0)
    assert not await store.use_secret("ab12", 6.0)
    assert await store.secret("ab12") == make_secret(once=True, used_at=5.0)


async def test_of_many_who_use_a_secret_for_once_at_one_moment_one_may(store: Store) -> None:
    """However close they come."""
    await store.save([make_session(), make_secret(once=True)])
    told: list[bool] = []

    async def use() -> None:
        told.append(await store.use_secret("ab12", 5.0))

    async with trio.open_nursery() as nursery:
        for _ in range(12):
            nursery.start_soon(use)
    assert sorted(told) == [False] * 11 + [True]


async def test_of_two_octis_on_one_store_one_may_use_a_secret_for_once(outliving: str) -> None:
    """Each with connections of its own."""
    async with open_store(outliving) as one, open_store(outliving) as other:
        await one.save([make_session(), *(make_secret(f"s{number}", once=True) for number in range(8))])
        told: dict[str, list[bool]] = {}

        async def use(store: Store, name: str) -> None:
            told.setdefault(name, []).append(await store.use_secret(name, 5.0))

        async with trio.open_nursery() as nursery:
            for number in range(8):
                nursery.start_soon(use, one, f"s{number}")
                nursery.start_soon(use, other, f"s{number}")
    assert all(sorted(each) == [False, True] for each in told.values())


async def test_a_secret_for_many_times_may_be_used_many_times(store: Store) -> None:
    await store.save([make_session(), make_secret()])
    assert await store.use_secret("ab12", 5.0)
    assert await store.use_secret("ab12", 6.0)


@pytest.mark.parametrize("changes", [{"expires_at": 5.0}, {"revoked_at": 1.0}])
async def test_a_secret_that_opens_nothing_cannot_be_used(store: Store, changes: dict[str, Any]) -> None:
    """Nor can one that there is not."""
    await store.save([make_session(), make_secret(once=True, **changes)])
    assert not await store.use_secret("ab12", 5.0)
    assert not await store.use_secret("nobody's\0", 5.0)


async def test_a_session_has_its_secrets_revoked(store: Store) -> None:
    """Those that were not yet; nobody else's."""
    await store.save([make_session(), make_session("other")])
    mine = [make_secret("a"), make_secret("b"), make_secret("c", revoked_at=1.0)]
    await store.save([*mine, make_secret("d", session=SessionId("other")), make_secret("e", session=None)])
    assert await store.revoke_secrets(5.0, session=SessionId("s")) == 2
    assert [(await store.secret(name)).revoked_at for name in "abcde"] == [5.0, 5.0, 1.0, None, None]  # type: ignore[union-attr]  # they are there
    assert await store.revoke_secrets(6.0, session=SessionId("s")) == 0


async def test_one_secret_is_revoked_by_its_digest(store: Store) -> None:
    await store.save([make_session(), make_secret(), make_secret("other")])
    assert await store.revoke_secrets(5.0, digest="ab12") == 1
    assert await store.secret("ab12") == make_secret(revoked_at=5.0)
    assert await store.secret("other") == make_secret("other")
    assert await store.revoke_secrets(5.0, digest="nobody's\0") == 0


async def test_without_a_name_nothing_is_revoked(store: Store) -> None:
    """A mistake must not close every door."""
    await store.save([make_session(), make_secret()])
    assert await store.revoke_secrets(5.0) == 0
    assert await store.secret("ab12") == make_secret()


async def test_what_a_secret_is_bound_to_comes_back(store: Store) -> None:
    """And whose it is."""
    made = make_secret(tenant="acme", key="backend", user="ana", origin="https://app.example", once=True)
    await store.save([make_session(), made])
    assert await store.secret("ab12") == made


async def test_a_tenants_sessions_are_a_page_of_their_own(store: Store) -> None:
    """Those of none as well."""
    await store.save([make_session("a", tenant="acme"), make_session("b"), make_session("c", tenant="acme")])
    assert {each.id for each in await store.page(9, tenant="acme")} == {"a", "c"}
    assert {each.id for each in await store.page(9, tenant="")} == {"b"}
    assert len(await store.page(9)) == 3
    assert len(await store.page(1, tenant="acme")) == 1
