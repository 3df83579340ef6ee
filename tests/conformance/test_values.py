"""Looking into events, and saying what is wrong with them."""

from collections.abc import Callable

import pytest

from octi.conformance.values import (
    MISSING,
    Broken,
    Event,
    among,
    at,
    begins,
    expect,
    find,
    has,
    leaves,
    same,
    shortened,
    shown,
    text,
    whole,
)

EVENT: Event = {
    "type": "error",
    "count": 2,
    "flag": True,
    "none": None,
    "item": {"id": "item_1", "content": [{"text": "Hello."}]},
}


def test_a_place_is_found_by_its_path() -> None:
    """Through objects and lists; where there is none, that is said."""
    assert at(EVENT, "item.content[0].text") == "Hello."
    assert find(EVENT, "item.content[1].text") is MISSING
    assert find(EVENT, "item.id.more") is MISSING
    assert find(EVENT, "none") is None


@pytest.mark.parametrize(
    ("check", "why"),
    [
        (lambda: at(EVENT, "item.name"), "there is no `item.name`"),
        (lambda: same(EVENT, "count", 3), "`count` should be 3, not 2"),
        (lambda: same(EVENT, "flag", 1), "`flag` should be 1, not True"),
        (lambda: same(EVENT, "item.content", []), "`item.content` should be [], not [{'text': 'Hello.'}]"),
        (
            lambda: same(EVENT, "item.content[0]", {"a": 1}),
            "`item.content[0]` should be {'a': 1}, not {'text': 'Hello.'}",
        ),
        (lambda: among(EVENT, "type", ("a", "b")), "`type` should be one of 'a', 'b', not 'error'"),
        (lambda: text(EVENT, "count"), "`count` should be a text, not 2"),
        (lambda: text({"name": ""}, "name"), "`name` should be a text, not ''"),
        (lambda: whole(EVENT, "flag"), "`flag` should be a whole number of at least 0, not True"),
        (lambda: whole({"ms": -1}, "ms"), "`ms` should be a whole number of at least 0, not -1"),
        (lambda: whole({"ms": 1.0}, "ms"), "`ms` should be a whole number of at least 0, not 1.0"),
        (lambda: has(EVENT, "item", ("id", "role", "status")), "`item` lacks `role`, `status`"),
        (lambda: has(EVENT, "count", ("id",)), "`count` should be an object, not 2"),
        (lambda: begins(EVENT, "type", "err!"), "`type` should begin 'err!', not 'error'"),
        (lambda: expect(False, "no"), "no"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(check: Callable[[], object], why: str) -> None:
    """With the place, what should stand there, and what does."""
    with pytest.raises(Broken) as broken:
        check()
    assert broken.value.why == why


def test_what_is_right_passes() -> None:
    """And gives what it looked at."""
    same(EVENT, "count", 2)
    same({"part": [{"text": "Hi.", "more": 1}]}, "part", [{"text": "Hi."}])  # new fields appear now and then
    among(EVENT, "none", (None, 1))
    has(EVENT, "item", ("id",))
    begins(EVENT, "type", "err")
    assert (text(EVENT, "type"), whole(EVENT, "count")) == ("error", 2)


def test_long_values_are_shown_short() -> None:
    """Audio, above all."""
    assert len(shown("x" * 1000)) < 100
    assert shortened({"delta": "x" * 1000, "few": ["x"]}) == {"delta": f"{'x' * 80}… (1000 characters)", "few": ["x"]}


def test_every_value_is_found_with_its_path() -> None:
    """A list's values have the name of the list."""
    assert leaves({"a": {"b_ms": [1, 2]}, "c": None}) == [
        ("a.b_ms[0]", "b_ms", 1),
        ("a.b_ms[1]", "b_ms", 2),
        ("c", "c", None),
    ]
