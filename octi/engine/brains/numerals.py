"""Numbers in digits and in words, as a recogniser may write either."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from octi.engine.brains.language import Language, Phrase

DIGITS = re.compile(r"\d{1,15}(?:[.,]\d{1,9})?")  # longer ones are codes, not amounts
DECIMALS = 3
LONGEST_RUN = 4  # words of a number below a hundred: quatre-vingt-dix-neuf


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
        if number and _is_negative(tokens, at, language):
            number = Number(-number.value, at - 1, number.end)
        if number:
            yield number
        at = number.end if number else at + 1


def _is_negative(tokens: Sequence[str], at: int, language: Language) -> bool:
    return at > 0 and tokens[at - 1] in language.negative and not (at > 1 and tokens[at - 2] in language.hedges)


def is_weak(number: Number, tokens: Sequence[str], language: Language) -> bool:
    """Whether it may well be no number at all: French "une" is an article too."""
    return number.end - number.start == 1 and tokens[number.start] in language.weak_numbers


def read_number(tokens: Sequence[str], start: int, language: Language) -> Number | None:
    """The longest number that begins at `start`, without a sign."""
    whole = _read_whole(tokens, start, language)
    return whole and _with_fraction(whole, tokens, language)


def _read_whole(tokens: Sequence[str], start: int, language: Language) -> Number | None:
    done = Fraction(0)  # thousands and above
    group: Fraction | None = None  # what is still below a thousand
    at = start
    while at < len(tokens):
        simple = _simple(tokens, at, language)
        factor = language.multipliers.get(tokens[at], 0)
        if simple and (group is None or _fits(group, simple.value, tokens[at - 1 : at + 1])):
            group, at = simple.value + (group or 0), simple.end
        elif factor and (group or (factor >= 100 and (at == start or (done and factor < 1000)))):
            large = factor * (group or Fraction(1))
            done, group = (done + large, None) if factor >= 1000 else (done, large)
            at += 1
        elif _is_joint(tokens, at, start, language):
            at += 1
        else:
            break
    return None if at == start else Number(done + (group or 0), start, at)


def _simple(tokens: Sequence[str], at: int, language: Language) -> Number | None:
    """Digits, or words below a hundred, as many as there are."""
    if is_digits(tokens[at], language):
        return Number(Fraction(tokens[at].replace(language.decimal_mark, ".")), at, at + 1)
    if tokens[at] in language.one_words and language.multipliers.get(_token(tokens, at + 1)):
        return Number(Fraction(1), at, at + 1)
    runs = (tuple(tokens[at : at + length]) for length in range(LONGEST_RUN, 0, -1))
    known = next((run for run in runs if run in language.numbers), None)
    return Number(Fraction(language.numbers[known]), at, at + len(known)) if known else None


def is_digits(token: str, language: Language) -> bool:
    """Whether it is an amount in digits. Only one mark of the two may stand in it: the language's own, or a point."""
    return bool(DIGITS.fullmatch(token)) and ("," not in token or language.decimal_mark == ",")


def _token(tokens: Sequence[str], at: int) -> str:
    return tokens[at] if at < len(tokens) else ""


def _fits(group: Fraction, value: Fraction, pair: Sequence[str]) -> bool:
    """Whether `value` continues a number: "twenty" takes "one", "hundred" takes "twenty". Digits take nothing."""
    if any(token[0].isdigit() for token in pair) or value <= 0:
        return False
    return (group >= 100 and group % 100 == 0 and value < 100) or (group % 100 >= 20 and group % 10 == 0 and value < 10)


def _is_joint(tokens: Sequence[str], at: int, start: int, language: Language) -> bool:
    large = at > start and language.multipliers.get(tokens[at - 1], 0) >= 100
    return large and tokens[at] == language.number_joint and (_token(tokens, at + 1),) in language.numbers


def _with_fraction(whole: Number, tokens: Sequence[str], language: Language) -> Number:
    for run, value in language.fractions.items():
        if tuple(tokens[whole.end : whole.end + len(run)]) == run:
            return Number(whole.value + Fraction(value), whole.start, whole.end + len(run))
    if tuple(tokens[whole.end : whole.end + 1]) == (language.decimal_point,):
        digits, words = spoken_digits(tokens[whole.end + 1 : whole.end + 7], language)
        if digits:
            return Number(whole.value + Fraction(f"0.{digits[:9]}"), whole.start, whole.end + 1 + words)
    return whole


def spoken_digits(tokens: Sequence[str], language: Language) -> tuple[str, int]:
    """Digits said one after another, as far as they go, and of how many words: "five five five" is "555", of 3."""
    digits, at = "", 0
    while at < len(tokens):
        number = _simple(tokens, at, language)
        if tokens[at].isdecimal():
            digits += tokens[at]
        elif number and number.value < language.digits_below and number.value.denominator == 1:
            digits += str(number.value)
        else:
            break
        at = number.end if number else at + 1
    return digits, at


def spoken_number(value: Fraction, language: Language) -> str:
    """A number for a speech synthesiser, with a word where it had to be rounded or is below zero."""
    near = round(abs(value), DECIMALS)
    about = language.replies[Phrase.ABOUT][0] + " " if near != abs(value) else ""
    sign = language.replies[Phrase.MINUS][0] + " " if value < 0 else ""
    digits = f"{near.numerator:,}" if near.denominator == 1 else f"{float(near):,.{DECIMALS}f}".rstrip("0")
    marks = {",": language.thousands_mark, ".": language.decimal_mark}
    return about + sign + "".join(marks.get(digit, digit) for digit in digits)
