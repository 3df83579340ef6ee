"""A client's sideband to a simulated call, in memory on virtual time."""

import pytest
from trio.testing import MockClock

from octi.errors import CallOver, OctiError, UnknownCall, UpstreamLost, UpstreamRefused
from octi.upstream.call import Call
from octi.upstream.joined import Joined
from tests.providers import QUIET, net_to
from tests.upstream.test_call import EXPIRES


async def test_a_call_that_the_provider_does_not_know_is_unknown(autojump_clock: MockClock) -> None:
    """With its own words."""
    async with net_to(QUIET, judge=False) as net:
        joined = Joined(Call(net.upstream(), "rtc_none", [None]))
        with pytest.raises(UnknownCall) as last:
            async with joined.open("m"):
                pass
    assert (joined.name, "call" in str(last.value)) == ("simulated", True)


async def test_a_key_that_is_refused_says_nothing_of_the_call(autojump_clock: MockClock) -> None:
    """It is octi's, or has expired."""
    async with net_to(EXPIRES) as net:
        call = Call(net.upstream(), net.ring().id, [None])
        async with Joined(call).open("m"):
            pass
        with pytest.raises(UpstreamRefused) as last:
            async with Joined(call).open("m"):
                pass
    assert last.value.status == 401


@pytest.mark.parametrize(("code", "means"), [(1000, CallOver), (1001, UpstreamLost), (None, UpstreamLost)])
async def test_a_sideband_that_is_closed_normally_tells_the_end_of_the_call(
    code: int | None, means: type[OctiError], autojump_clock: MockClock
) -> None:
    """Any other close is a lost one."""
    async with net_to(QUIET) as net:
        joined = Joined(Call(net.upstream(), net.ring().id, [None]))
        with pytest.raises(means):
            async with joined.open("m"):
                raise UpstreamLost("p", "closed", code)
