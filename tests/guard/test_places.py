"""octi/guard/places.py: what a client is told of where items stand."""

from octi.guard.places import Places


def chain(*items: tuple[str, str | None, bool]) -> Places:
    places = Places()
    for item, previous, seen in items:
        places.put(item, previous, seen=seen)
    return places


def test_an_item_behind_one_that_is_not_seen_stands_behind_the_last_that_is() -> None:
    places = chain(("a", None, True), ("h", "a", False), ("i", "h", False))
    assert places.seen_from("i") == "a"
    assert places.seen_from("a") == "a"
    assert places.seen_from("unknown") == "unknown"
    assert places.seen_from(None) is None


def test_where_none_before_it_is_seen_an_item_is_the_first() -> None:
    assert chain(("h", None, False), ("i", "h", False)).seen_from("i") is None


def test_an_item_that_is_put_between_counts() -> None:
    """It stands before one that is not seen."""
    places = chain(("a", None, True), ("h", "a", False), ("b", "a", True))
    assert places.seen_from("h") == "b"


def test_who_says_nothing_of_its_place_stands_behind_all() -> None:
    places = chain(("a", None, True), ("h", None, False), ("b", None, True), ("i", None, False))
    assert [places.seen_from(item) for item in ("h", "i")] == ["a", "b"]


def test_a_second_word_on_an_item_moves_nothing() -> None:
    """It is told twice, when it begins and when it is done; nor is an item its own predecessor."""
    places = chain(("h", None, False), ("h", "h", False), ("", "h", True))
    assert places.seen_from("h") is None


def test_an_item_that_is_gone_is_passed_over() -> None:
    places = chain(("a", None, True), ("b", "a", True), ("h", "b", False))
    places.lose("b")
    assert places.seen_from("h") == "a"
    assert places.is_unseen("b")


def test_a_circle_ends() -> None:
    """Whoever wrote it."""
    places = chain(("x", "y", False), ("y", "x", False))
    assert places.seen_from("y") is None
