"""octi/store/backlog.py: rows that wait, in order, bounded."""

import attrs

from octi.records import Row, Turn
from octi.store.backlog import NAMED, Backlog, chars_of, name_of, names_of
from tests.contract.test_store import make_development, make_secret, make_session, make_turn


def backlog(rows: int = 3, chars: int = 10_000) -> Backlog:
    return Backlog(rows, chars)


def said(waiting: Backlog) -> list[str]:
    return [row.text for row in waiting.first() if isinstance(row, Turn)]


def test_rows_wait_in_the_order_in_which_they_came() -> None:
    waiting = backlog()
    assert all(waiting.put(make_turn(number, str(number))) for number in range(3))
    assert said(waiting) == ["0", "1", "2"]
    assert waiting.first(2) == [make_turn(0, "0"), make_turn(1, "1")]
    assert len(waiting) == 3


def test_the_oldest_are_kept_when_it_is_full() -> None:
    """A session's own row finds room always."""
    waiting = backlog(rows=1)
    assert waiting.put(make_turn(0, "0"))
    assert not waiting.put(make_turn(1, "1"))
    assert waiting.put(make_session(), always=True)
    assert len(waiting) == 2


def test_a_row_takes_the_place_of_one_under_its_key() -> None:
    """Also when it is full: that costs no room."""
    waiting = backlog(rows=2)
    waiting.put(make_turn(0, "a"))
    waiting.put(make_turn(1, "b"))
    assert waiting.put(make_turn(0, "aa"))
    assert said(waiting) == ["aa", "b"]


def test_what_is_said_counts_as_well() -> None:
    """Text is what needs memory; what was dropped makes room."""
    waiting = backlog(chars=2 * chars_of(make_turn(0, "x" * 100)))
    first = make_turn(0, "x" * 100)
    assert waiting.put(first)
    assert waiting.put(make_turn(1, "x" * 100))
    assert not waiting.put(make_turn(2, "x"))
    waiting.drop([first])
    assert waiting.put(make_turn(2, "x"))


def test_dropping_a_row_leaves_the_one_that_took_its_place() -> None:
    """It came while the older one was being stored."""
    waiting, old = backlog(), make_turn(0, "old")
    waiting.put(old)
    waiting.put(make_turn(0, "new"))
    waiting.drop([old])
    assert said(waiting) == ["new"]
    waiting.drop(waiting.first())
    waiting.drop([old])
    assert len(waiting) == 0


def test_names_tell_nothing_that_was_said() -> None:
    rows: list[Row] = [make_session(), make_turn(3, "my words"), make_development(), make_secret("ab12")]
    assert names_of(rows) == ["session s", "turn s item-3", "development s d", "secret"]
    assert "my words" not in name_of(attrs.evolve(make_turn(), text="my words"))
    assert len(names_of(make_turn(number) for number in range(NAMED + 5))) == NAMED
