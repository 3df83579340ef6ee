"""Sessions that are made, found and renewed over HTTP."""

from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.config import read_config
from octi.directory.secrets import digest
from octi.directory.wishes import Wish
from octi.errors import BadMessage, InProgress, StoreFailed, UnknownSession, UpstreamBusy
from octi.records import Extraction, SessionState
from tests.directory.scenes import TOOL, Scene, run_leg


async def test_a_session_is_made_with_its_first_instructions() -> None:
    """Both are stored when it is there."""
    scene = Scene()
    record = await scene.directory.make(Wish(instructions="Be brief.", model="m2"))
    assert await scene.directory.find(record.id) == await scene.directory.shelf.any(record.id) == record
    assert (record.state, record.resumable, record.model) == (SessionState.CREATED, True, "m2")
    assert (await scene.steering.instructions(record.id)).text == "Be kind.\n\nBe brief."


@pytest.mark.parametrize("wish", [Wish(schema="[]"), Wish(config={"audio": 5})])
async def test_a_session_that_cannot_be_is_not_made(wish: Wish) -> None:
    """Nothing is stored of it."""
    scene = Scene()
    with pytest.raises(BadMessage):
        await scene.directory.make(wish)
    assert await scene.store.sessions() == []


async def test_a_session_that_cannot_be_stored_is_not_made() -> None:
    """And the store says why."""
    scene = Scene()
    scene.store.close()
    with pytest.raises(StoreFailed):
        await scene.directory.make(Wish())


async def test_who_was_closed_is_not_found() -> None:
    """But may still be looked at; who never was cannot."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    await scene.directory.close(record.id)
    with pytest.raises(UnknownSession):
        await scene.directory.find(record.id)
    assert (await scene.directory.shelf.any(record.id)).state is SessionState.ENDED
    with pytest.raises(UnknownSession):
        await scene.directory.shelf.any("nobody")


# Secrets


async def test_a_session_s_secret_presets_what_the_session_is() -> None:
    """With its instructions, and octi's function beside its own."""
    scene = Scene()
    theirs = {"type": "function", "name": "theirs"}
    wish = Wish(voice="marin", instructions="Be brief.", extraction=Extraction.TOOL, config={"tools": [theirs]})
    await scene.directory.mint(await scene.directory.make(wish), {}, direct=True)
    (preset,) = scene.given.minted
    assert preset == {
        "type": "realtime",
        "model": "gpt-realtime",
        "audio": {
            "output": {"voice": "marin"},
            "input": {"transcription": {"model": "gpt-4o-mini-transcribe"}},
        },
        "instructions": "Be kind.\n\nBe brief.",
        "tools": [theirs, TOOL],
    }


async def test_octi_s_function_is_only_there_where_it_is_wanted() -> None:
    """Extraction on request needs none."""
    scene = Scene()
    await scene.directory.mint(await scene.directory.make(Wish(extraction=Extraction.REQUEST)), {}, direct=True)
    assert "tools" not in scene.given.minted[0]


async def test_a_secret_for_no_session_presets_what_it_is_told() -> None:
    """And what is configured, where nothing is said; no function, for nobody would answer it."""
    scene = Scene(config=read_config({"OCTI_SYSTEM_PROMPT": "Be kind."}))
    await scene.directory.mint(None, {"instructions": "Be brief."}, direct=True)
    assert scene.given.minted == [
        {
            "type": "realtime",
            "model": "gpt-realtime",
            "audio": {"output": {"voice": "alloy"}},
            "instructions": "Be kind.\n\nBe brief.",
        }
    ]


@pytest.mark.parametrize("direct", [True, False])
async def test_of_every_secret_only_the_digest_is_stored(direct: bool) -> None:
    """Whoever made it, with the session that it opens."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    bound = await scene.directory.mint(record, {}, direct=direct)
    free = await scene.directory.mint(None, {}, direct=direct, seconds=60)
    for minted, session in ((bound, record.id), (free, None)):
        kept = await scene.store.secret(digest(minted.value))
        assert kept is not None
        assert (kept.session, kept.expires_at) == (session, minted.expires_at)
    assert bound.value not in repr(scene.store) + repr(scene.directory)


async def test_a_provider_that_fails_gives_no_secret() -> None:
    """And none is stored."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    scene.given.fault = UpstreamBusy("p", "slow down", 2.0)
    with pytest.raises(UpstreamBusy):
        await scene.directory.mint(record, {}, direct=True)
    assert scene.directory.credentials.for_call(record.id) == ()


async def test_a_secret_comes_too_late_for_a_session_that_was_closed(autojump_clock: MockClock) -> None:
    """It is not handed out."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    scene.given.takes_s = 1.0

    async def mint() -> None:
        with pytest.raises(UnknownSession):
            await scene.directory.mint(record, {}, direct=True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(mint)
        await wait_all_tasks_blocked()
        await scene.directory.close(record.id)
    assert await scene.store.secret(digest("ek_provider1")) is None
    assert scene.directory.credentials.for_call(record.id) == ()


async def test_a_closed_session_s_secrets_are_not_remembered() -> None:
    """Nobody joins its calls any more."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    await scene.directory.mint(record, {}, direct=True)
    await scene.directory.close(record.id)
    assert len(scene.directory.credentials) == 0


# Renewed


async def test_a_renewed_session_knows_what_was_said() -> None:
    """A fresh secret for the same session, whose call stays."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    await scene.store.save([attrs.evolve(record, call_id="rtc_1")])
    renewed = await scene.directory.renew(record.id)
    assert (renewed.record.id, renewed.record.call_id) == (record.id, "rtc_1")
    assert renewed.instructions.text == "Be kind.\n\nUser: hello"
    assert scene.given.minted[0]["instructions"] == renewed.instructions.text
    assert scene.directory.credentials.for_call(record.id)[0] == renewed.minted.value
    assert (await scene.directory.admit(renewed.minted.value, None, door="octi")).id == record.id


async def test_a_session_is_renewed_after_a_restart() -> None:
    """All that it needs is in the store."""
    scene = Scene()
    record = await scene.directory.make(Wish(instructions="Be brief."))
    renewed = await scene.restarted().renew(record.id)
    assert renewed.instructions.text == "Be kind.\n\nBe brief.\n\nUser: hello"


async def test_a_live_session_may_be_renewed(autojump_clock: MockClock) -> None:
    """Its leg is not touched: the client leaves it when it has the next."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_leg, scene.live, scene.store, await scene.directory.admit(None, record.id, door="octi"))
        await wait_all_tasks_blocked()
        renewed = await scene.directory.renew(record.id)
        assert (renewed.record.state, len(scene.live)) == (SessionState.LIVE, 1)
        scene.live.dismiss(record.id)


async def test_a_session_is_renewed_by_one_at_a_time(autojump_clock: MockClock) -> None:
    """Who comes meanwhile is told so; other sessions are not kept waiting."""
    scene = Scene()
    one, other = [await scene.directory.make(Wish()) for _ in range(2)]
    scene.steering.takes_s = 1.0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.directory.renew, one.id)
        nursery.start_soon(scene.directory.renew, other.id)
        await wait_all_tasks_blocked()
        with pytest.raises(InProgress, match="Renew already in progress"):
            await scene.directory.renew(one.id)
    await scene.directory.renew(one.id)
    assert scene.is_free()


async def test_a_renewal_that_fails_changes_nothing(autojump_clock: MockClock) -> None:
    """The session is as it was, and may be renewed again."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    older = await scene.directory.mint(record, {}, direct=True)
    scene.given.fault = UpstreamBusy("p", "slow down", 2.0)
    with pytest.raises(UpstreamBusy):
        await scene.directory.renew(record.id)
    assert await scene.stored(record.id) == record
    assert scene.directory.credentials.for_call(record.id)[0] == older.value
    scene.given.fault = None
    assert (await scene.directory.renew(record.id)).minted.value != older.value


async def test_what_is_not_there_is_not_renewed() -> None:
    """Or is closed."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    await scene.directory.close(record.id)
    for session in (record.id, "nobody"):
        with pytest.raises(UnknownSession):
            await scene.directory.renew(session)
    assert scene.is_free()


async def test_a_session_that_is_closed_while_it_is_renewed_is_not_renewed(autojump_clock: MockClock) -> None:
    """The close does not wait for the provider."""
    scene = Scene()
    record = await scene.directory.make(Wish())
    scene.given.takes_s = 10.0
    closed: list[Any] = []

    async def close() -> None:
        await trio.sleep(1)
        closed.append((await scene.directory.close(record.id), trio.current_time()))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(close)
        with pytest.raises(UnknownSession):
            await scene.directory.renew(record.id)
    assert closed == [(True, 1.0)]
    assert scene.is_free()
