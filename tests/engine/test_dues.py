"""Which turns are still to be answered."""

from octi.engine.dues import Dues
from octi.engine.items import user_voice

ONE, TWO = user_voice("one"), user_voice("two")


def test_a_turn_is_due_when_it_is_understood() -> None:
    """Not before, and once."""
    dues = Dues()
    dues.spoke(ONE)
    assert (dues.waiting, dues.due) == (True, False)
    dues.understood(ONE, answerable=True)
    assert (dues.waiting, dues.due) == (False, True)
    dues.answered()
    dues.understood(ONE, answerable=True)
    assert not dues.due


def test_noise_is_not_due_but_takes_nothing_away() -> None:
    """What was said before it is."""
    dues = Dues()
    dues.spoke(ONE)
    dues.understood(ONE, answerable=False)
    assert not (dues.waiting)
    assert not (dues.due)
    for turn in (ONE, TWO):
        dues.spoke(turn)
    dues.understood(ONE, answerable=True)
    dues.understood(TWO, answerable=False)
    assert dues.due


def test_an_answer_is_to_all_that_was_said() -> None:
    """To what is understood only later too; and nobody owes one to what nobody asked about."""
    dues = Dues()
    for turn in (ONE, TWO):
        dues.spoke(turn)
    dues.understood(ONE, answerable=True)
    dues.answered()
    dues.understood(TWO, answerable=True)
    dues.understood(user_voice("three"), answerable=True)
    assert not (dues.waiting)
    assert not (dues.due)
