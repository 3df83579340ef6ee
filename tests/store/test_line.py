"""octi/store/line.py: first come, first served, and how much waits for whom."""

from octi.records import Row
from octi.store.line import Handover, Line
from tests.contract.test_store import make_turn


def handover(*numbers: int, left: bool = False) -> Handover:
    return Handover(tuple(make_turn(number) for number in numbers), left=left)


def always(row: Row) -> bool:
    return True


def counts(line: Line) -> tuple[int, int, int]:
    assert (line.left_chars == 0) == (line.left_rows == 0)
    return line.rows, line.left_rows, line.awaited_rows


def test_handovers_are_taken_from_the_head_until_there_are_enough_rows() -> None:
    """At least one, however many rows it brings."""
    line = Line()
    first, second, third = handover(1, 2), handover(3), handover(4)
    for each in (first, second, third):
        line.add(each)
    assert list(line.take(3)) == [first, second]
    assert (first.taken.is_set(), third.taken.is_set()) == (True, False)
    assert list(line.take(1)) == [third]
    assert not line
    assert list(line.take(1)) == []


def test_what_is_put_back_is_first_again_in_its_order() -> None:
    line = Line()
    for number in range(3):
        line.add(handover(number, left=True))
    taken = list(line.take(2))
    line.put_back(taken)
    assert [each.rows[0] for each in line.take_all()] == [make_turn(number) for number in range(3)]


def test_rows_are_counted_by_whether_somebody_waits_for_them() -> None:
    line, waiting = Line(), handover(1, 2)
    line.add(waiting)
    line.add(handover(3, left=True))
    assert counts(line) == (3, 1, 2)
    line.withdraw(waiting)
    assert counts(line) == (1, 1, 0)
    line.add(waiting)
    assert line.leave(waiting, always) == []
    assert counts(line) == (3, 3, 0)
    list(line.take(9))
    assert counts(line) == (0, 0, 0)


def test_who_leaves_while_its_rows_are_written_is_counted_nowhere() -> None:
    """Until they are put back."""
    line, gone = Line(), handover(1)
    line.add(gone)
    list(line.take(1))
    line.leave(gone, always)
    assert counts(line) == (0, 0, 0)
    line.put_back([gone])
    assert counts(line) == (1, 1, 0)


def test_who_leaves_the_line_leaves_its_rows_there_one_by_one() -> None:
    """In its place; but for those that do not fit, which are told."""
    line, gone = Line(), handover(1, 2, 3)
    for each in (handover(0), gone, handover(4)):
        line.add(each)
    assert line.leave(gone, lambda row: line.left_rows < 2) == [make_turn(3)]
    assert counts(line) == (4, 2, 2)
    assert [each.rows for each in line.take_all()] == [(make_turn(number),) for number in (0, 1, 2, 4)]
    assert counts(line) == (0, 0, 0)


def test_those_whose_callers_wait_can_be_taken_alone() -> None:
    """The others keep their order."""
    line = Line()
    left, waiting, later = handover(1, left=True), handover(2), handover(3, left=True)
    for each in (left, waiting, later):
        line.add(each)
    assert line.take_all(awaited=True) == [waiting]
    assert counts(line) == (2, 2, 0)
    assert line.take_all() == [left, later]
    assert counts(line) == (0, 0, 0)


def test_a_handover_can_be_taken_apart() -> None:
    """When nobody waits for it any more."""
    parts = handover(1, 2).apart()
    assert [(part.rows, part.left) for part in parts] == [((make_turn(1),), True), ((make_turn(2),), True)]
