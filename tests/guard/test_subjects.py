"""octi/guard/subjects.py: for whom a caller's limits are counted."""

import pytest

from octi.guard.caller import Caller
from octi.guard.limits import SHARES
from octi.guard.subjects import network_of, subjects_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("pipe", "pipe"),
    ],
)
def test_an_address_is_whoever_can_choose_it(address: str, network: str) -> None:
    """Who has one address of IPv6 has all of its network; an IPv4 address is the same one however it came."""
    assert network_of(address) == network


def test_a_caller_counts_for_all_that_he_is_known_to_be() -> None:
    caller = Caller(tenant="acme", key="web", user="u1", address="203.0.113.7")
    assert list(subjects_of(caller)) == list(SHARES)


def test_what_a_caller_is_not_known_to_be_he_is_not_counted_for() -> None:
    """All without a name are not one."""
    assert subjects_of(Caller()) == {"per_node": True}


def test_users_of_two_tenants_are_two() -> None:
    one, other = (subjects_of(Caller(tenant=tenant, user="u1"))["per_user"] for tenant in ("a", "b"))
    assert one != other
