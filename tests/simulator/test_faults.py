"""Which request meets which fault."""

import pytest

from octi.simulator.faults import Faults, matches
from octi.simulator.scenario import EventFault
from octi.simulator.script import Fault


def test_faults_are_used_up_in_their_order() -> None:
    """Each as often as it says; afterwards requests are answered."""
    first, second = Fault("/v1/responses", times=2, status=500), Fault("/v1/responses", drop=True)
    faults = Faults([first, second])
    assert [faults.next("/v1/responses") for _ in range(4)] == [first, first, second, None]


def test_a_fault_waits_for_its_own_path() -> None:
    """Others pass."""
    fault = Fault("/v1/responses", status=500)
    faults = Faults([fault])
    assert faults.next("/v1/realtime/calls") is None
    assert faults.next("/v1/responses") is fault


@pytest.mark.parametrize(
    ("pattern", "target", "meant"),
    [
        ("/v1/realtime", "/v1/realtime?model=m", True),
        ("/v1/realtime", "/v1/realtime/calls", False),
        ("/v1/realtime/calls/*/hangup", "/v1/realtime/calls/rtc_sim_1/hangup", True),
        ("/v1/realtime?call_id=*", "/v1/realtime?call_id=rtc_sim_1", True),
        ("/v1/realtime?call_id=*", "/v1/realtime?model=m", False),
        ("/v1/realtime?call_id=*", "/v1/realtime", False),
        ("*", "/v1/responses", True),
    ],
)
def test_a_pattern_means_paths_and_queries(pattern: str, target: str, meant: bool) -> None:
    """A query only where the pattern has one."""
    assert matches(pattern, target) is meant


def test_a_client_secret_is_expired_from_the_beginning() -> None:
    """As often as the scenario says; the next one is good."""
    faults = Faults((), [EventFault("expired_secret", times=2), EventFault("lost")])
    assert [faults.secret_expires() for _ in range(3)] == [True, True, False]


def test_an_expired_secret_may_be_by_chance() -> None:
    """The same chance every time."""
    drawn = [[Faults((), [EventFault("expired_secret", chance=0.5)], seed).secret_expires()] for seed in range(20)]
    assert {True, False} == {each for (each,) in drawn}
    assert drawn == [[Faults((), [EventFault("expired_secret", chance=0.5)], n).secret_expires()] for n in range(20)]
