"""octi/realtime/order.py: each item behind the one that it follows. `test_ledger.py` has it in conversations."""

from itertools import permutations

import pytest

from octi.realtime.entry import Entry
from octi.realtime.order import FRONT, Order
from octi.units import ItemId


def order_of(*places: tuple[str, str | None]) -> Order:
    order = Order()
    for item, previous in places:
        entry = Entry(item, ItemId(item))
        order.add(entry)
        order.put(entry, previous)
    return order


def ids(order: Order) -> str:
    return "".join(entry.id for entry in order.entries())


@pytest.mark.parametrize("places", [*permutations([("a", None), ("b", "a"), ("c", "b"), ("d", "c")])])
def test_however_items_come_they_stand_behind_each_other(places: tuple[tuple[str, str | None], ...]) -> None:
    assert ids(order_of(*places)) == "abcd"


def test_of_several_behind_one_the_latest_stands_first() -> None:
    """So the provider puts them in."""
    assert ids(order_of(("a", None), ("b", "a"), ("c", "a"))) == "acb"


def test_the_root_is_the_front() -> None:
    assert ids(order_of(("a", None), ("b", FRONT))) == "ba"


def test_an_item_goes_behind_the_deleted_ones_too() -> None:
    """The provider names the last one that it still has."""
    order = order_of(("a", None), ("b", "a"))
    order.entries()[1].deleted = True
    late = Entry("c", ItemId("c"))
    order.add(late)
    order.put(late, "a")
    assert ids(order) == "abc"


def test_who_comes_to_the_end_disturbs_nobody() -> None:
    """That is nearly everybody, and why an hour's conversation costs no more an item than its first minute."""
    order = order_of(("a", None), ("b", "a"))
    assert not order.disturbed
    late = Entry("c", ItemId("c"))
    order.add(late)
    order.put(late, "a")
    seen = [order.disturbed, ids(order), order.disturbed]
    assert seen == [True, "acb", False]


def test_items_in_a_circle_are_all_there() -> None:
    assert sorted(ids(order_of(("a", "b"), ("b", "a"), ("c", None)))) == ["a", "b", "c"]


def test_an_order_knows_who_is_in_it() -> None:
    order = order_of(("a", None))
    assert ("a" in order, "b" in order) == (True, False)
