"""octi/realtime/telling.py: which turns are news. `test_ledger.py` has it in conversations."""

from octi.realtime.entry import Entry
from octi.realtime.order import Order
from octi.realtime.telling import Telling
from octi.records import Role
from octi.units import ItemId, SessionId


def said(order: Order, item: str, previous: str | None = None) -> Entry:
    entry = Entry(item, ItemId(item), role=Role.USER, words=item.upper(), done=True)
    order.add(entry)
    order.put(entry, previous)
    return entry


def test_a_turn_is_told_once_and_again_when_it_changed() -> None:
    order, telling = Order(), Telling(SessionId("s"))
    entry = said(order, "a")
    assert [turn.text for turn in telling.tell(order, entry)] == ["A"]
    assert telling.tell(order, entry) == ()
    entry.settle_words("B")
    assert [(turn.text, turn.position) for turn in telling.tell(order, entry)] == [("B", 0)]


def test_who_is_moved_is_told_again() -> None:
    order, telling = Order(), Telling(SessionId("s"))
    telling.tell(order, said(order, "a"))
    telling.tell(order, said(order, "c", "a"))
    told = telling.tell(order, said(order, "b", "a"))
    assert [(turn.item, turn.position) for turn in told] == [("b", 1), ("c", 2)]
    assert telling.turns == 3


def test_positions_go_on_behind_an_earlier_leg() -> None:
    order, telling = Order(), Telling(SessionId("s"))
    telling.tell(order, said(order, "a"))
    telling.go_on()
    later = Order()
    assert [turn.position for turn in telling.tell(later, said(later, "b"))] == [1]
    assert (telling.first, telling.turns) == (1, 2)


def test_positions_go_on_behind_an_earlier_life() -> None:
    order, telling = Order(), Telling(SessionId("s"))
    telling.go_on(7)
    assert [turn.position for turn in telling.tell(order, said(order, "a"))] == [7]


def test_what_is_not_said_yet_is_not_told() -> None:
    order, telling = Order(), Telling(SessionId("s"))
    entry = said(order, "a")
    entry.done = False
    assert (telling.tell(order, entry), telling.tell_all(order), telling.turns) == ((), (), 0)
