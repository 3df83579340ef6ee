"""Words, written as texts: how the data of a language is put down."""

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")


def words(text: str) -> frozenset[str]:
    """A set of words, written as a text."""
    return frozenset(text.split())


def in_order(text: str) -> tuple[str, ...]:
    """Words in order, written as a text."""
    return tuple(text.split())


def runs(table: Mapping[str, Value]) -> dict[tuple[str, ...], Value]:
    """A table by runs of words, the longest first: "to the power of" is found before "to the power"."""
    return {tuple(run.split()): table[run] for run in sorted(table, key=lambda run: -len(run.split()))}


def pairs(text: str) -> dict[str, str]:
    """A table, written as a text: "key: value" on each line, or several keys before one value, with commas."""
    lines = [line.partition(":") for line in text.strip().splitlines()]
    return {key.strip(): value.strip() for keys, _, value in lines for key in keys.split(",")}
