"""What is recognised in a text, and what stands in its place. Pure.

A text is looked through in windows, so that no expression, however it backtracks, has more than one window to do it in.
They overlap: a match is found whole wherever it stands, unless it is longer than the overlap.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, combinations
from typing import NamedTuple

import attrs

from octi.redact_config import Redacted

WINDOW = 2000  # characters; most turns are shorter
OVERLAP = 250
LONGEST = 100_000
LEFT_OUT = "[…]"
CARD_DIGITS, PHONE_DIGITS, IBAN_DIGITS = range(13, 20), range(9, 16), range(8, 33)
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
DATE = re.compile(r"(?:19|20)[0-9]{2}[-/.][0-9]{2}[-/.][0-9]{2}", re.ASCII)
NO_DIGITS = re.compile("[^0-9]+")
DOUBLED = str.maketrans("0123456789", "0246813579")  # twice the digit; of two digits, their sum
GROUP = re.compile(r"[^\s.-]+")


@attrs.frozen
class Rule:
    """A name and the expression for what is replaced by it.

    `is_one` judges a match, or groups of it, by more; only those are shown to it that have so many digits.
    """

    name: str
    pattern: re.Pattern[str]
    is_one: Callable[[str], bool] | None = None
    digits: range = range(0)


Part = tuple[int, int]


class Span(NamedTuple):
    """Where something stands in a text, and what it is."""

    start: int
    end: int
    name: str


def redacted(rules: Sequence[Rule], text: str) -> str:
    """The text with `[name]` for all that the rules recognise. Where two overlap, one mark stands for both.

    Of an endless text the end is left out: looking through it would keep everybody else waiting.
    """
    if rules and len(text) > LONGEST:
        text = text[:LONGEST] + LEFT_OUT
    done, at = list[str](), 0
    for span in _merged(span for rule in rules for span in spans(rule, text)):
        done += [text[at : span.start], f"[{span.name}]"]
        at = span.end
    return "".join([*done, text[at:]])


def spans(rule: Rule, text: str) -> Iterator[Span]:
    """All that one rule recognises, perhaps several times."""
    for start in range(0, max(1, len(text) - OVERLAP), WINDOW - OVERLAP):
        end = min(start + WINDOW, len(text))
        if rule.is_one:
            yield from (Span(*part, rule.name) for part in _judged(rule, rule.is_one, text, start, end))
        else:
            yield from (Span(*match.span(), rule.name) for match in rule.pattern.finditer(text, start, end))


def _judged(rule: Rule, is_one: Callable[[str], bool], text: str, start: int, end: int) -> Iterator[Part]:
    """Of each match the longest part, from one group to another, that is what it looks like."""
    while match := rule.pattern.search(text, start, end):
        groups = [group.span() for group in GROUP.finditer(text, *match.span())]
        if part := next((part for part in _parts(groups, text, rule.digits) if is_one(text[slice(*part)])), None):
            yield part
            start = part[1]
        else:  # one that is longer than the expression looks may begin in this match
            start = groups[max(1, len(groups) // 3)][0] if len(groups) > 1 else match.end()


def _parts(groups: Sequence[Part], text: str, digits: range) -> list[Part]:
    """From the beginning of a group to the end of one, with so many digits; the longest first."""
    counts = list(accumulate((len(NO_DIGITS.sub("", text[a:b])) for a, b in groups), initial=0))
    pairs = combinations(range(len(groups) + 1), 2)
    parts = [(groups[a][0], groups[b - 1][1]) for a, b in pairs if counts[b] - counts[a] in digits]
    return sorted(parts, key=lambda part: part[0] - part[1])


def _merged(found: Iterable[Span]) -> list[Span]:
    """In order, those that overlap as one, by the name of the first."""
    merged: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if merged and span.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def is_card(said: str) -> bool:
    """Whether the last digit of a card's number is as it must be (Luhn)."""
    digits = NO_DIGITS.sub("", said)
    counted = digits[-1::-2] + digits[-2::-2].translate(DOUBLED)
    return len(set(digits)) > 1 and sum(map(int, counted)) % 10 == 0


def is_iban(said: str) -> bool:
    """Whether this is an account's number, by its check digits (ISO 13616)."""
    packed = "".join(filter(str.isalnum, said)).upper()
    return bool(IBAN.fullmatch(packed)) and int("".join(str(int(x, 36)) for x in packed[4:] + packed[:4])) % 97 == 1


def is_phone(said: str) -> bool:
    """Whether this does not begin with a date."""
    return not DATE.match(said)


BUILT_IN: Mapping[Redacted, Rule] = {
    Redacted.EMAIL: Rule("email", re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}")),
    Redacted.IBAN: Rule(
        "iban",
        re.compile(r"\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,40}\b", re.ASCII | re.IGNORECASE),
        is_iban,
        IBAN_DIGITS,
    ),
    Redacted.CARD: Rule("card", re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){12,23}", re.ASCII), is_card, CARD_DIGITS),
    Redacted.PHONE: Rule(
        "phone",
        re.compile(r"(?<![\w.])(?:\+|\()?[0-9](?:[ ./()-]{0,3}[0-9]){8,20}(?!\w)", re.ASCII),
        is_phone,
        PHONE_DIGITS,
    ),
}
