"""octi/realtime/names.py: ids that come again in another leg."""

from octi.realtime.names import Names


def test_an_id_is_its_own_name() -> None:
    assert Names().name("a") == "a"


def test_an_id_that_an_earlier_leg_used_is_told_apart() -> None:
    """And keeps its name as long as the leg lasts."""
    names = Names()
    names.new_leg(["a"])
    assert (names.name("a"), names.name("a"), names.name("b")) == ("a@2", "a@2", "b")
    names.new_leg(["a@2"])
    assert names.name("a") == "a@3"


def test_a_name_is_never_given_twice() -> None:
    """Also where a session was taken up again, and counts its legs anew."""
    names = Names()
    names.recall(["a", "a@1"])
    assert names.name("a") == "a@2"
    names.new_leg(["a@2"])
    assert names.name("a") == "a@3"
