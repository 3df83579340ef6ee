"""Numbers in a folded text, in digits and in words, English and French, with the places they stand at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import attrs

from octi.extraction.wording import vocabulary

_DIGITS = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[ ,.']\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?"
    r"|\d{1,15}(?:[.,]\d{1,2}(?!\d))?)(?P<kilo>\s?k\b)?"
)
_TOKEN = re.compile(rf"(?P<digits>{_DIGITS.pattern})|[a-z]+")
_GAP = re.compile(r"[\s-]{1,3}")

_ENGLISH = vocabulary(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_ENGLISH_TENS = vocabulary("twenty thirty forty fifty sixty seventy eighty ninety")
_FRENCH = vocabulary("zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
_FRENCH_TENS = vocabulary("vingt trente quarante cinquante soixante")


@attrs.frozen
class Language:
    """The number words of a language."""

    units: Mapping[str, int]
    hundreds: frozenset[str]
    thousands: Mapping[str, int]
    joint: str  # between the parts of one number
    point: str
    tens_take_teens: tuple[int, ...] = ()  # "soixante-dix", "quatre-vingt-dix"


def _tens(words: Sequence[str]) -> dict[str, int]:
    return {word: 10 * at for at, word in enumerate(words, 2)}


ENGLISH = Language(
    {word: at for at, word in enumerate(_ENGLISH)} | _tens(_ENGLISH_TENS) | {"fourty": 40, "a": 1, "an": 1},
    frozenset({"hundred", "hundreds"}),
    {"thousand": 1000, "grand": 1000, "million": 1_000_000},
    "and",
    "point",
)
FRENCH = Language(
    {word: at for at, word in enumerate(_FRENCH)}
    | _tens(_FRENCH_TENS)
    | {"une": 1, "vingts": 20, "septante": 70, "huitante": 80, "octante": 80, "nonante": 90},
    frozenset({"cent", "cents"}),
    {"mille": 1000, "mil": 1000, "million": 1_000_000, "millions": 1_000_000},
    "et",
    "virgule",
    (60, 80),
)
ARTICLES = {"a", "an", "un", "une", "one"}


class Number(NamedTuple):
    """A number and where it stands. `is_article`: it may be no number at all ("un salaire")."""

    value: float
    start: int
    end: int
    is_article: bool = False


def numbers_in(plain: str, start: int = 0, end: int | None = None) -> Iterator[Number]:
    """The numbers of a folded text, left to right."""
    tokens = list(_TOKEN.finditer(plain, start, len(plain) if end is None else end))
    at = 0
    while at < len(tokens):
        read = max((_read(plain, tokens, at, language) for language in (ENGLISH, FRENCH)), key=lambda pair: pair[1])
        value, after = read
        if after == at:
            at += 1
            continue
        word = tokens[at].group()
        article = after == at + 1 and word in ARTICLES
        if word not in {"a", "an"} or not article:
            yield Number(value, tokens[at].start(), tokens[after - 1].end(), article)
        at = after


def _read(plain: str, tokens: Sequence[re.Match[str]], start: int, language: Language) -> tuple[float, int]:
    """The number that begins at a token, and the token behind it; the same token if there is none."""
    done, group, at = 0.0, None, start  # thousands and above; what is below a thousand; where the next part stands
    while at < len(tokens) and (at == start or _is_close(plain, tokens[at - 1], tokens[at])):
        word = tokens[at].group()
        part = None if at > start and word in {"a", "an"} else _part(tokens[at], language)
        if part is not None and _fits(group, part, tokens[at], language, at == start):
            group = _joined(group, part, language)
        elif word in language.hundreds and _takes_hundred(group, word):
            group = (group or 1) * 100
        elif word in language.thousands and (group or (group is None and (word in {"mille", "mil"}))):
            done, group = done + (group or 1) * language.thousands[word], None
        elif not _is_joint(tokens, at, group, done, language):
            break
        at += 1
    if at == start:
        return 0.0, start
    return _with_decimals(done + (group or 0), plain, tokens, at, language)


def _takes_hundred(group: float | None, word: str) -> bool:
    """Whether "hundred" may follow. "cents" alone is small money in English."""
    return word != "cents" if group is None else 0 < group < 100


def _part(token: re.Match[str], language: Language) -> float | None:
    if token["digits"]:
        return digits_value(token["digits"])
    return language.units.get(token.group())


def digits_value(written: str) -> float:
    """A number in digits: "3,000", "3.000", "3 000,50", "3.5k". A sign before three digits parts thousands."""
    kilo = written.endswith("k")
    bare = written.rstrip("k ")
    decimals = re.search(r"[.,](\d{1,2})$", bare)
    whole = re.sub(r"\D", "", bare[: decimals.start()] if decimals else bare)
    value = float(f"{whole}.{decimals[1]}" if decimals else whole)
    return value * 1000 if kilo else value


def _fits(group: float | None, part: float, token: re.Match[str], language: Language, first: bool) -> bool:
    if group is None:
        return first or not token["digits"] or (part < 1000 and not token["digits"].startswith("0"))
    if token["digits"] or token.group() in {"a", "an"} or group != int(group) or not part:
        return False
    below = group % 100
    score = part == 20 and below == 4 and language.tens_take_teens  # "quatre-vingt"
    teens = below in language.tens_take_teens and 10 <= part < 20
    return bool(
        score
        or teens
        or (below == 0 and group >= 100 and part < 100)
        or _is_unit(below, part, bool(language.tens_take_teens))
    )


def _is_unit(below: float, part: float, is_french: bool) -> bool:
    """Whether a unit follows its tens; "dix-sept" is French only."""
    return below % 10 == 0 and ((below >= 20 and part < 10) or (below == 10 and is_french and 7 <= part < 10))


def _joined(group: float | None, part: float, language: Language) -> float:
    if group and group % 100 == 4 and part == 20 and language.tens_take_teens:
        return group + 76
    return (group or 0) + part


def _is_close(plain: str, before: re.Match[str], token: re.Match[str]) -> bool:
    return bool(_GAP.fullmatch(plain, before.end(), token.start()))


def _is_joint(tokens: Sequence[re.Match[str]], at: int, group: float | None, done: float, language: Language) -> bool:
    """Whether the token joins two parts: "hundred and five", "vingt et un"."""
    follows = tokens[at + 1].group() if at + 1 < len(tokens) else ""
    if tokens[at].group() != language.joint or follows not in language.units or follows in {"a", "an"}:
        return False
    if language.tens_take_teens:
        return group is not None and group % 100 >= 20 and follows in {"un", "une", "onze"}
    return (group is not None and group >= 100) or (group is None and done >= 1000)


def _with_decimals(
    value: float, plain: str, tokens: Sequence[re.Match[str]], at: int, language: Language
) -> tuple[float, int]:
    """The number with what was said behind its point, and a thousand behind that."""
    if (
        at + 1 >= len(tokens)
        or tokens[at].group() != language.point
        or not _is_close(plain, tokens[at - 1], tokens[at])
    ):
        return value, at
    end = at + 1
    while end < len(tokens) and end - at <= 3 and 0 <= language.units.get(tokens[end].group(), -1) < 10:
        end += 1
    digits = "".join(str(language.units[token.group()]) for token in tokens[at + 1 : end])
    if not digits or "a" in {token.group() for token in tokens[at + 1 : end]}:
        return value, at
    value = float(f"{value:.0f}.{digits}")
    if end < len(tokens) and tokens[end].group() in language.thousands:
        return value * language.thousands[tokens[end].group()], end + 1
    return value, end
