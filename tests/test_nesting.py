"""JSON that is too deep or too tangled is told from the rest, at a small and bounded cost."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.nesting import DEEPEST, MOST, tangle_in

DEEP, TANGLED = f"more than {DEEPEST} levels deep", f"more than {MOST} objects and arrays"


def nested(levels: int) -> bytes:
    return b'{"a":[' * (levels // 2) + b"[" * (levels % 2) + b"1" + b"]" * (levels % 2) + b"]}" * (levels // 2)


@pytest.mark.parametrize("levels", [0, 1, DEEPEST - 1, DEEPEST])
def test_so_many_levels_may_be(levels: int) -> None:
    assert tangle_in(nested(levels)) is None


@pytest.mark.parametrize("levels", [DEEPEST + 1, DEEPEST + 2, 10_000])
def test_one_more_is_too_deep(levels: int) -> None:
    assert tangle_in(nested(levels)) == DEEP


def test_one_deep_place_among_shallow_ones_is_found() -> None:
    assert tangle_in(b"[" + b"[],{}," * 500 + nested(DEEPEST) + b",[]" * 500 + b"]") == DEEP


def test_brackets_in_strings_are_words() -> None:
    """With whatever escapes before the quote."""
    for word in (b"[" * 100, b'\\"' + b"[" * 100, b"\\\\", b'\\\\\\"' + b"{" * 100, b"\\n[" * 100):
        assert tangle_in(b'["' + word + b'","' + b"[" * 100 + b'"]') is None
    assert tangle_in(b'["\\\\",' + b"[" * 100) == DEEP


def test_a_million_brackets_are_too_many() -> None:
    """Open, closed, beside each other."""
    million = 10**6
    assert tangle_in(b"[" * million) == TANGLED
    assert tangle_in(b"[" + b"[]," * million + b"1]") == TANGLED
    assert tangle_in(b'{"a":' * million + b"1" + b"}" * million) == TANGLED


JSON = st.recursive(
    st.none() | st.integers() | st.text(alphabet='[]{}"\\a'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='[]{}"\\b'), inner, max_size=3),
    max_leaves=80,
)


def depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case list():
            return 1 + max(map(depth, value), default=0)
        case _:
            return 0


@given(JSON, st.integers(0, 80))
def test_what_it_says_is_so(value: object, wrapped: int) -> None:
    """Whatever the strings hold."""
    for _ in range(wrapped):
        value = [value]
    assert tangle_in(msgspec.json.encode(value)) == (DEEP if depth(value) > DEEPEST else None)
