"""Sidebands to a simulated call, in memory on virtual time."""

import pytest
from trio.testing import MockClock

from octi.errors import CallOver, UpstreamLost, UpstreamRefused
from octi.upstream.call import Call
from tests.providers import QUIET, SIMULATED, Net, net_to

EXPIRES = """
[[faults]]
path = "/v1/realtime?call_id=*"  # the first sideband is let in

[[faults]]
path = "/v1/realtime?call_id=*"
status = 401
body = { error = { message = "Incorrect API key provided.", code = "invalid_api_key" } }
"""


def call_to(net: Net, *credentials: str | None, of: str | None = None) -> Call:
    """A call that the holder of a secret has made (None: octi), when its creator may be any of these."""
    return Call(net.upstream(), net.ring(of).id, list(credentials))


async def join(call: Call) -> None:
    """Listen to it for a moment."""
    async with call.open("m"):
        pass


def hang_up(net: Net, call: Call) -> None:
    """As its user does."""
    found = net.house.calls.find(call.call_id)
    assert found
    found.end("caller")


async def lose(call: Call) -> None:
    """Join it, and lose the sideband as a session says it."""
    with pytest.raises(UpstreamLost):
        async with call.open("m"):
            raise UpstreamLost("p", "gone")


async def test_a_call_is_joined_with_the_secret_that_made_it(autojump_clock: MockClock) -> None:
    """A provider knows a call only to its maker."""
    async with net_to(QUIET) as net:
        secret = net.mint()
        call = call_to(net, secret, None, of=secret)
        await join(call)
        await join(call)
    assert call.credentials == [secret, None]
    assert len(net.streams) == 2


async def test_a_call_without_a_secret_is_joined_with_the_key(autojump_clock: MockClock) -> None:
    """octi made it itself."""
    async with net_to(QUIET) as net:
        await join(call_to(net, None))


async def test_where_the_secret_is_refused_the_key_is_tried(autojump_clock: MockClock) -> None:
    """Who made the call is not always known: the next is tried at once, and the first not again."""
    async with net_to(QUIET) as net:
        call = call_to(net, net.mint(), None)
        await join(call)
    assert call.credentials == [None]
    assert len(net.streams) == 2


async def test_a_call_that_nobody_may_join_is_refused(autojump_clock: MockClock) -> None:
    """With the provider's words; no secret is repeated."""
    async with net_to(QUIET) as net:
        secret = net.mint()
        with pytest.raises(UpstreamRefused) as last:
            await join(call_to(net, secret, None, of=net.mint()))
    assert (last.value.status, last.value.code) == (404, "call_id_not_found")
    assert secret not in str(last.value)
    assert len(net.streams) == 2


async def test_a_call_that_was_joined_and_is_unknown_is_over(autojump_clock: MockClock) -> None:
    """Its user left while the sideband was away."""
    async with net_to(QUIET) as net:
        secret = net.mint()
        call = call_to(net, secret, None, of=secret)
        await lose(call)
        hang_up(net, call)
        with pytest.raises(CallOver):
            await join(call)


async def test_credentials_are_not_shown(autojump_clock: MockClock) -> None:
    """In a log or a traceback."""
    async with net_to(QUIET) as net:
        shown = repr(call_to(net, "ek_made_the_call"))
    assert "ek_made_the_call" not in shown
    assert str(SIMULATED.key) not in shown


async def test_a_secret_that_expired_says_nothing_of_the_call(autojump_clock: MockClock) -> None:
    """It may go on: the next credential is tried, and that one's refusal is told as what it is."""
    async with net_to(EXPIRES) as net:
        secret = net.mint()
        call = call_to(net, secret, None, of=secret)
        await lose(call)
        with pytest.raises(UpstreamRefused) as last:
            await join(call)
    assert last.value.status == 404


async def test_the_last_credential_that_expires_is_no_end_of_the_call(autojump_clock: MockClock) -> None:
    """Whoever reads how the session ended is not told that the call did."""
    async with net_to(EXPIRES) as net:
        secret = net.mint()
        call = call_to(net, secret, of=secret)
        await lose(call)
        with pytest.raises(UpstreamRefused) as after:
            await join(call)
    assert after.value.status == 401
