"""Numbers in digits and in words, as a recogniser may write either."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from octi.engine.brains.language import Language, Phrase

DIGITS = re.compile(
    r"\d{1,15}(?:\.\d{1,9})?|\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,9})?"
)  # longer ones are codes, not amounts
DECIMALS = 3


class Number(NamedTuple):
    """A number and the tokens it was read from: `start` up to, not with, `end`."""

    value: Fraction
    start: int
    end: int


def numbers_in(tokens: Sequence[str], language: Language) -> Iterator[Number]:
    """Every number in lower-case tokens, left to right, with its sign."""
    at = 0
    while at < len(tokens):
        number = read_number(tokens, at, language)
        if number and at and tokens[at - 1] in language.negative:
            number = Number(-number.value, at - 1, number.end)
        if number:
            yield number
        at = number.end if number else at + 1


def read_number(tokens: Sequence[str], start: int, language: Language) -> Number | None:
    """The longest number that begins at `start`, without a sign."""
    whole = _read_whole(tokens, start, language)
    return whole and _with_fraction(whole, tokens, language)


def _read_whole(tokens: Sequence[str], start: int, language: Language) -> Number | None:
    done = Fraction(0)  # thousands and above
    group: Fraction | None = None  # what is still below a thousand
    at = start
    while at < len(tokens):
        value = _simple(tokens, at, language)
        factor = language.multipliers.get(tokens[at], 0)
        if value is not None and (group is None or _fits(group, value, tokens[at - 1 : at + 1])):
            group = value + (group or 0)
        elif factor and (group or (at == start and factor >= 100)):
            large = factor * (group or Fraction(1))
            done, group = (done + large, None) if factor >= 1000 else (done, large)
        elif not _is_joint(tokens, at, start, language):
            break
        at += 1
    return None if at == start else Number(done + (group or 0), start, at)


def _simple(tokens: Sequence[str], at: int, language: Language) -> Fraction | None:
    if DIGITS.fullmatch(tokens[at]):
        return Fraction(tokens[at].replace(",", ""))
    if tokens[at] in language.one_words and language.multipliers.get(_token(tokens, at + 1)):
        return Fraction(1)
    return Fraction(language.numbers[tokens[at]]) if tokens[at] in language.numbers else None


def _token(tokens: Sequence[str], at: int) -> str:
    return tokens[at] if at < len(tokens) else ""


def _fits(group: Fraction, value: Fraction, pair: Sequence[str]) -> bool:
    """Whether `value` continues a number: "twenty" takes "one", "hundred" takes "twenty". Digits take nothing."""
    if any(token[0].isdigit() for token in pair) or value <= 0:
        return False
    return (group >= 100 and group % 100 == 0 and value < 100) or (group % 100 >= 20 and group % 10 == 0 and value < 10)


def _is_joint(tokens: Sequence[str], at: int, start: int, language: Language) -> bool:
    large = at > start and language.multipliers.get(tokens[at - 1], 0) >= 100
    return large and tokens[at] == language.number_joint and _token(tokens, at + 1) in language.numbers


def _with_fraction(whole: Number, tokens: Sequence[str], language: Language) -> Number:
    for run, value in language.fractions.items():
        if tuple(tokens[whole.end : whole.end + len(run)]) == run:
            return Number(whole.value + Fraction(value), whole.start, whole.end + len(run))
    if tuple(tokens[whole.end : whole.end + 1]) == (language.decimal_point,):
        digits = spoken_digits(tokens[whole.end + 1 : whole.end + 7], language)
        if digits:
            return Number(whole.value + Fraction(f"0.{digits}"), whole.start, whole.end + 1 + len(digits))
    return whole


def spoken_digits(tokens: Sequence[str], language: Language) -> str:
    """Single digits said one after another, as far as they go: "five five five" is "555"."""
    digits = ""
    for at in range(len(tokens)):
        value = _simple(tokens, at, language)
        if value is None or value >= 10 or value.denominator != 1:
            break
        digits += str(value)
    return digits


def spoken_number(value: Fraction, language: Language) -> str:
    """A number for a speech synthesiser, with a word where it had to be rounded or is below zero."""
    near = round(abs(value), DECIMALS)
    about = language.replies[Phrase.ABOUT][0] + " " if near != abs(value) else ""
    sign = language.replies[Phrase.MINUS][0] + " " if value < 0 else ""
    digits = f"{near.numerator:,}" if near.denominator == 1 else f"{float(near):,.{DECIMALS}f}".rstrip("0")
    return about + sign + digits
