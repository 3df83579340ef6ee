"""Whether a client secret opens what somebody wants to enter."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs

from octi.directory.proving import Bounds
from octi.directory.wishes import Wish
from octi.errors import BadMessage, BadSecret, SessionClosed, UnknownSession
from octi.guard.caller import Caller, Scope
from octi.records import SessionRecord
from tests.directory.scenes import Scene

STRANGER = Caller(address="192.0.2.1")  # who brings a secret, and nothing else
ANA = Caller(tenant="acme", key="jwt", user="ana", scopes=frozenset({Scope.MINT}))
BOB = attrs.evolve(ANA, user="bob")
SERVER = Caller(tenant="acme", key="backend", scopes=frozenset({Scope.SESSIONS}))
OTHER = Caller(tenant="other", key="theirs", scopes=frozenset({Scope.SESSIONS}))


async def minted(scene: Scene, record: SessionRecord | None = None, **more: Any) -> str:
    return (await scene.directory.mint(record, {}, direct=False, caller=ANA, **more)).value


async def enters(scene: Scene, secret: str | None = None, session: str | None = None, **more: Any) -> SessionRecord:
    record = await scene.directory.admit(secret, session, door="octi", **{"caller": STRANGER, **more})
    scene.live.leave(record.id)
    return record


async def refused(scene: Scene, secret: str | None, session: str | None = None, **more: Any) -> str:
    """Why, as the log has it; who knocks is told the same each time."""
    with capture_logs() as lines, pytest.raises(BadSecret) as caught:
        await enters(scene, secret, session, **more)
    assert caught.value.why == BadSecret().why
    assert scene.is_free()
    assert secret is None or secret not in str(lines)
    return lines[-1]["why"] if lines else ""


async def test_a_session_is_its_makers() -> None:
    """And what a secret opens is whoever's who had that made, whoever brings it."""
    scene = Scene()
    made = await scene.directory.make(Wish(), ANA)
    fresh = await enters(scene, await minted(scene))
    for record in (made, fresh, await scene.stored(fresh.id)):
        assert (record.tenant, record.key, record.user) == ("acme", "jwt", "ana")
    assert (await enters(scene, await minted(scene, made))).id == made.id


async def test_who_brings_no_secret_needs_to_be_somebody() -> None:
    scene = Scene()
    assert await refused(scene, None) == ""
    assert await refused(scene, "octi_sk_1") == ""
    assert (await enters(scene, caller=SERVER)).key == "backend"


async def test_a_secret_that_is_not_known_or_not_any_more_is_refused() -> None:
    scene = Scene()
    record = await scene.directory.make(Wish(), ANA)
    assert await refused(scene, "ek_nobody") == "it is not known"
    secret = await minted(scene, record)
    await scene.directory.revoke(ANA, session=record.id)
    assert await refused(scene, secret) == "it was revoked"
    late = await minted(scene, record, seconds=10)
    scene.time += 10
    assert await refused(scene, late) == "it has expired"


async def test_a_secret_for_once_opens_one_socket() -> None:
    """Of a new session as of one that is there; and not two at the same moment."""
    scene = Scene()
    for record in (None, await scene.directory.make(Wish(), ANA)):
        secret = await minted(scene, record, bounds=Bounds(once=True))
        ways: list[str] = []

        async def knock(brought: str = secret, ways: list[str] = ways) -> None:
            try:
                await enters(scene, brought)
                ways.append("in")
            except BadSecret:
                ways.append("out")

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(knock)
        assert sorted(ways) == ["in", "out", "out"]
        assert await refused(scene, secret) == "it was used, and is for once"


async def test_a_secret_for_a_page_is_for_that_page() -> None:
    """Whoever is no page, or another one, has stolen it."""
    scene = Scene()
    secret = await minted(scene, bounds=Bounds(origin="https://app.example"))
    await enters(scene, secret, origin="https://app.example")
    for origin in ("", "https://evil.example", "http://app.example"):
        assert await refused(scene, secret, origin=origin) == "it is for pages of another origin"


async def test_a_secret_is_for_its_session() -> None:
    """One that is for new sessions opens no old one."""
    scene = Scene()
    one, other = await scene.directory.make(Wish(), ANA), await scene.directory.make(Wish(), ANA)
    assert await refused(scene, await minted(scene, one), other.id) == "it is for another session"
    assert await refused(scene, await minted(scene), one.id) == "it is for new sessions"
    assert (await enters(scene, await minted(scene, one), one.id)).id == one.id


async def test_a_secret_opens_no_session_that_was_closed() -> None:
    """Its client is told that it was, and need not come back."""
    scene = Scene()
    record = await scene.directory.make(Wish(), ANA)
    secret = await minted(scene, record)
    await scene.directory.close(record.id, ANA)
    with pytest.raises(SessionClosed):
        await enters(scene, secret)


@pytest.mark.parametrize("caller", [BOB, OTHER, attrs.evolve(OTHER, tenant="")])
async def test_anothers_session_is_none(caller: Caller) -> None:
    """By whatever way; and it goes on."""
    scene = Scene()
    record = await scene.directory.make(Wish(), ANA)
    ways: list[Callable[[], Awaitable[object]]] = [
        lambda: enters(scene, None, record.id, caller=caller),
        lambda: scene.directory.find(record.id, caller),
        lambda: scene.directory.renew(record.id, caller),
        lambda: scene.directory.attach_call(record.id, "rtc_1", caller=caller),
        lambda: scene.directory.revoke(caller, session=record.id),
        lambda: scene.directory.find_for_call(None, record.id, door="call", caller=caller),
    ]
    for way in ways:
        with pytest.raises(UnknownSession):
            await way()
    assert not await scene.directory.close(record.id, caller)
    assert (await scene.directory.find(record.id, ANA)).id == record.id


async def test_a_server_of_the_tenant_enters_its_users_sessions() -> None:
    scene = Scene()
    record = await scene.directory.make(Wish(), ANA)
    assert (await enters(scene, None, record.id, caller=SERVER)).user == "ana"


async def test_a_providers_secret_has_no_bounds() -> None:
    """Rather than some that hold at octi's doors alone; it can be revoked there."""
    scene = Scene()
    with pytest.raises(BadMessage, match="the provider's"):
        await scene.directory.mint(None, {}, direct=True, caller=ANA, bounds=Bounds(once=True))
    assert scene.given.minted == []
