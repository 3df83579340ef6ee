"""Who may be connected at once, and who makes room."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.crowd import Crowd, Place

ANN, BEN = "192.0.2.1", "192.0.2.2"


def entered(crowd: Crowd, address: str = "") -> Place:
    place = crowd.enter(address)
    assert place is not None
    return place


def is_sent_away(place: Place) -> bool:
    return place.scope.cancel_called


async def test_whoever_has_asked_for_longest_makes_room() -> None:
    """A pause begins its time anew: who was served lately is not the first to go."""
    crowd = Crowd(most=3)
    first, second, third = (entered(crowd) for _ in range(3))
    first.is_served()
    first.asks()
    entered(crowd)
    assert [is_sent_away(each) for each in (first, second, third)] == [False, True, False]
    assert (len(crowd), crowd.displaced) == (3, 1)


async def test_whoever_is_served_stays() -> None:
    """Then there is no place for the newcomer, until somebody leaves."""
    crowd = Crowd(most=1)
    served = entered(crowd)
    with served.taken():
        served.is_served()
        assert crowd.enter() is None
        assert not is_sent_away(served)
        assert crowd.refused == 1
    assert crowd.enter() is not None


async def test_one_address_drives_away_only_its_own() -> None:
    """And nobody else's newcomers are refused for it."""
    crowd = Crowd(most=10, most_each=2)
    old, other = entered(crowd, ANN), entered(crowd, BEN)
    served = entered(crowd, ANN)
    served.is_served()
    newer = entered(crowd, ANN)
    assert [is_sent_away(each) for each in (old, other, served)] == [True, False, False]
    newer.is_served()
    assert crowd.enter(ANN) is None
    assert crowd.enter(BEN) is not None


async def test_a_site_is_one_address() -> None:
    """Of IPv6 its owner has as many as he likes; an IPv4 address that came over it is itself."""
    crowd = Crowd(most_each=1)
    entered(crowd, "2001:db8:0:1::1").is_served()
    assert crowd.enter("2001:db8:0:1:ffff::9") is None
    assert crowd.enter("2001:db8:0:2::1") is not None
    entered(crowd, "::ffff:192.0.2.1").is_served()
    assert crowd.enter(ANN) is None


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.1.2.3", "", "a unix socket"]
)
async def test_proxies_and_this_machine_have_no_bound_of_their_own(address: str) -> None:
    """Many clients stand behind one address; in all they are bounded."""
    crowd = Crowd(most=100, most_each=1, spared=[ip_network("10.0.0.0/8")])
    for _ in range(100):
        entered(crowd, address).is_served()
    assert crowd.enter(address) is None


async def test_without_bounds_nobody_makes_room() -> None:
    crowd = Crowd()
    places = [entered(crowd, ANN) for _ in range(1000)]
    assert not any(map(is_sent_away, places))


async def test_room_can_be_made_for_other_reasons() -> None:
    """As when the machine has no descriptors left."""
    crowd = Crowd()
    assert not crowd.make_room()
    place = entered(crowd)
    assert crowd.make_room()
    assert is_sent_away(place)
    place.asks()  # it is too late
    assert (len(crowd), crowd.asking) == (0, 0)


Move = tuple[str, int]


@given(st.lists(st.tuples(st.sampled_from(["enter", "asks", "is_served", "leaves"]), st.integers(0, 7)), max_size=80))
def test_the_bounds_hold_whatever_happens(moves: list[Move]) -> None:
    """And its books agree with each other."""
    crowd, places = Crowd(most=6, most_each=4), list[Place]()
    for move, which in moves:
        if move == "enter":
            place = crowd.enter((ANN, BEN)[which % 2])
            places += [place] if place else []
        elif places:
            getattr(crowd, move)(places[which % len(places)])
        assert len(crowd) <= 6
        assert crowd.asking <= len(crowd)
        of_each = [sum(place.source == source for place in crowd._all) for source in (ANN, BEN)]
        assert max(of_each) <= 4
        assert [crowd._each[ANN], crowd._each[BEN]] == of_each
        assert sum(map(len, crowd._asking_of.values())) == crowd.asking
