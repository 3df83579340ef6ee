"""How turns are called."""

from octi.simulator.scenario import Turn, index_of, label

TURNS = [Turn(name="a"), Turn()]


def test_a_turn_is_found_by_name_or_number() -> None:
    """Counted from one."""
    found = [index_of(TURNS, which) for which in ("a", "b", 1, 2, 0, 3)]
    assert found == [0, None, 0, 1, None, None]


def test_a_turn_without_a_name_is_its_number() -> None:
    """For people."""
    assert [label(TURNS, index) for index in (0, 1)] == ["a", "2"]
