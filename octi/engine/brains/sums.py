"""Simple sums, said or written: words become symbols, symbols become a value."""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from octi.engine.brains.language import Language
from octi.engine.brains.numerals import read_number
from octi.engine.brains.words import apart, lowered, whole

Symbol = Fraction | str

# Dates and telephone numbers hold hyphens that are no minus: they are kept whole, and mean nothing here.
PIECE = re.compile(r"\d+(?:[-/]\d+){2,}|\d{3,}-\d{4,}|\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[-+*/^%×÷−√]")
SIGNS: Mapping[str, str] = {"×": "*", "÷": "/", "−": "-"}
LARGEST = 10**15  # beyond this nobody follows by ear
DEEPEST = 40  # operators in one sum


class _Part(NamedTuple):
    value: Fraction
    end: int
    steps: int


def solve(text: str, language: Language) -> Fraction | None:
    """The value of the first sum in a text, or None if there is none. Raises ArithmeticError if it has no value."""
    found = symbols(text, language)
    for start in range(len(found)):
        part = _expression(found, start, 0)
        if part and part.steps:
            return part.value
    return None


def symbols(text: str, language: Language) -> list[Symbol]:
    """Numbers, operators and, between them, words that are neither."""
    levelled = lowered(apart(whole(text, language), language))
    for form, in_order in language.sum_forms:
        levelled = form.sub(in_order, levelled)
    # A hyphen between letters joins a number's words.
    return list(_symbols(PIECE.findall(re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", levelled)), language))


def _symbols(pieces: Sequence[str], language: Language) -> Iterator[Symbol]:
    at = 0
    while at < len(pieces):
        run = next((run for run in language.operators if tuple(pieces[at : at + len(run)]) == run), None)
        if run:
            yield from map(_symbol, language.operators[run].split())
            at += len(run)
        elif number := read_number(pieces, at, language):
            yield number.value
            at = number.end
        else:
            yield SIGNS.get(pieces[at], pieces[at])
            at += 1


def _symbol(written: str) -> Symbol:
    return Fraction(written) if written[0].isdigit() else written


def _expression(found: Sequence[Symbol], start: int, floor: int) -> _Part | None:
    """Climbs precedence from `floor`. An operator with nothing behind it is left alone."""
    left = _operand(found, start)
    while left and left.end < len(found) and left.steps < DEEPEST:
        sign = found[left.end]
        if not isinstance(sign, str) or BINARY.get(sign, (-1,))[0] < floor:
            break
        rank, apply = BINARY[sign]
        right = _expression(found, left.end + 1, rank + 1)
        if not right:
            break
        left = _Part(_bounded(apply(left.value, right.value)), right.end, left.steps + right.steps + 1)
    return left


def _operand(found: Sequence[Symbol], start: int) -> _Part | None:
    head = found[start] if start < len(found) else ""
    if isinstance(head, Fraction):
        return _Part(head, start + 1, 0)
    inner = _operand(found, start + 1) if head in UNARY and start < DEEPEST * 5 else None
    return inner and _Part(UNARY[head](inner.value), inner.end, inner.steps + (head != "-"))


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > 64 or abs(base) > LARGEST:
        raise OverflowError(exponent)
    return Fraction(base ** int(exponent))


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise ArithmeticError(value)
    exact = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return exact if exact**2 == value else Fraction(math.sqrt(value)).limit_denominator(10**6)


def _bounded(value: Fraction) -> Fraction:
    if abs(value) > LARGEST or value.denominator > LARGEST:
        raise OverflowError(value)
    return value


BINARY: Mapping[str, tuple[int, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": (0, operator.add),
    "-": (0, operator.sub),
    "*": (1, operator.mul),
    "/": (1, operator.truediv),
    "^": (2, _power),
}
UNARY: Mapping[str, Callable[[Fraction], Fraction]] = {"-": operator.neg, "√": _root}
