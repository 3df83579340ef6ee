"""Sidebands to a call, on loopback against a scripted provider."""

from collections.abc import Sequence

import pytest
import trio

from octi.errors import CallOver, OctiError, UpstreamLost, UpstreamRefused
from octi.upstream.call import Call
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.websocket.base import LegClosed
from tests.fakes import Peer
from tests.scripted_provider import Behaviour, ScriptedProvider, plays, providing, refuses

KEY, SECRET = "sk-very-secret", "ek_made_the_call"
UNKNOWN = refuses("404 Not Found", '{"error":{"message":"No such call","code":"call_id_not_found"}}')


def call_to(provider: ScriptedProvider, *credentials: str | None) -> Call:
    """A call at a provider, whose creator may be any of these."""
    dialled = Dialled(provider=compatible(KEY, provider.url), max_message_bytes=1 << 20)
    return Call(dialled, "rtc_1", list(credentials))


async def silent(peer: Peer) -> None:
    """Say nothing, until the other side leaves."""
    await peer.receive()


async def hangs_up(peer: Peer) -> None:
    """End the socket at once."""
    await peer.close(1000, "bye")


async def outcomes(call: Call, tries: int) -> Sequence[OctiError | None]:
    """What joining so often comes to; a leg that opens is read until it ends."""
    found: list[OctiError | None] = []
    for _ in range(tries):
        try:
            with trio.fail_after(10):
                async with call.open("m") as leg:
                    await leg.receive()
        except LegClosed as closed:
            found.append(closed)
        except OctiError as error:
            found.append(error)
    return found


async def lost_once(call: Call) -> None:
    """A sideband that was joined, and is lost as the session says it."""
    with pytest.raises(UpstreamLost):
        async with call.open("m"):
            raise UpstreamLost("p", "gone")


async def asked_with(*behaviours: Behaviour, credentials: Sequence[str | None]) -> list[str]:
    """The credentials that a provider sees while a call is joined twice."""
    async with providing(*behaviours) as provider:
        await outcomes(call_to(provider, *credentials), 2)
    assert all(asked.query == {"call_id": "rtc_1"} for asked in provider.asked)
    return [asked.headers["authorization"] for asked in provider.asked]


async def test_a_call_is_joined_with_the_secret_that_made_it() -> None:
    """A provider knows a call only to its maker; a secret is a bearer's whatever header the key has."""
    assert await asked_with(plays(hangs_up), credentials=[SECRET, None]) == [f"Bearer {SECRET}"] * 2


async def test_a_call_without_a_secret_is_joined_with_the_key() -> None:
    """octi made it itself."""
    assert await asked_with(plays(hangs_up), credentials=[None]) == [f"Bearer {KEY}"] * 2


async def test_where_the_secret_is_refused_the_key_is_tried() -> None:
    """Who made the call is not always known: the next is tried at once, and the first not again."""
    async with providing(UNKNOWN, plays(silent)) as provider:
        call = call_to(provider, SECRET, None)
        async with call.open("m"):
            pass
        assert call.credentials == [None]
    assert [asked.headers["authorization"] for asked in provider.asked] == [f"Bearer {SECRET}", f"Bearer {KEY}"]


async def test_a_call_that_nobody_may_join_is_refused() -> None:
    """With the provider's words; no secret is repeated."""
    async with providing(UNKNOWN) as provider:
        (last,) = await outcomes(call_to(provider, SECRET, None), 1)
    assert isinstance(last, UpstreamRefused)
    assert (last.status, last.code) == (404, "call_id_not_found")
    assert SECRET not in str(last)
    assert len(provider.asked) == 2


async def test_a_call_that_was_joined_and_is_unknown_is_over() -> None:
    """Its user left while the sideband was away."""
    async with providing(plays(silent), UNKNOWN) as provider:
        call = call_to(provider, SECRET, None)
        await lost_once(call)
        (after,) = await outcomes(call, 1)
    assert isinstance(after, CallOver)


async def test_credentials_are_not_shown() -> None:
    """In a log or a traceback."""
    async with providing(UNKNOWN) as provider:
        assert SECRET not in repr(call_to(provider, SECRET))
        assert KEY not in repr(call_to(provider, SECRET))


EXPIRED = refuses("401 Unauthorized", '{"error":{"message":"Incorrect API key provided.","code":"invalid_api_key"}}')


async def test_a_secret_that_expired_says_nothing_of_the_call() -> None:
    """It may go on: the next credential is tried, and that one's refusal is told as what it is."""
    async with providing(plays(silent), EXPIRED, UNKNOWN) as provider:
        call = call_to(provider, SECRET, None)
        await lost_once(call)
        (last,) = await outcomes(call, 1)
    assert isinstance(last, UpstreamRefused)
    assert last.status == 404


async def test_the_last_credential_that_expires_is_no_end_of_the_call() -> None:
    """Whoever reads how the session ended is not told that the call did."""
    async with providing(plays(silent), EXPIRED) as provider:
        call = call_to(provider, SECRET)
        await lost_once(call)
        (after,) = await outcomes(call, 1)
    assert isinstance(after, UpstreamRefused)
    assert after.status == 401
