"""Days of the calendar, written or said, in English and French, as ISO dates."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from octi.extraction.numbers import Number, numbers_in
from octi.extraction.subjects import DATES, GROUPS, Subject, stem, words_of
from octi.extraction.wording import (
    Said,
    Sighting,
    Span,
    clause_around,
    is_asking,
    is_negated,
    is_of_self,
    sentences,
    vocabulary,
)

_MONTHS = (
    "january janvier jan", "february fevrier feb", "march mars mar", "april avril apr", "may mai", "june juin jun",
    "july juillet jul", "august aout aug", "september septembre sept sep", "october octobre oct",
    "november novembre nov", "december decembre dec",
)  # fmt: skip
_MONTH = {word: at for at, words in enumerate(_MONTHS, 1) for word in words.split()}
_ORDINALS = vocabulary(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINAL = {word: at for at, word in enumerate(_ORDINALS, 1)} | {"thirtieth": 30, "premier": 1, "1er": 1}
_DAY = (
    r"(?P<day>\d{1,2}(?:st|nd|rd|th|er)?|(?:twenty|thirty)[ -](?:" + "|".join(_ORDINALS[:9]) + r")|" + ""
    r"|".join(_ORDINAL)
    + r"|[a-z]+(?:[ -](?:et[ -])?[a-z]+)?)"
)  # fmt: skip
_NAMES = r"(?P<month>" + "|".join(sorted(_MONTH, key=len, reverse=True)) + r")\b\.?"
_DAY_MONTH = re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_NAMES}")
_MONTH_DAY = re.compile(rf"\b{_NAMES}\s+(?:the\s+)?{_DAY}\b")
_ISO = re.compile(r"\b(\d{4})-(\d\d?)-(\d\d?)\b")
_SLASHED = re.compile(r"\b(\d\d?)[/.-](\d\d?)[/.-](\d{4})\b")
_RELATIVE = {"today": 0, "aujourd'hui": 0, "tomorrow": 1, "demain": 1, "yesterday": -1, "hier": -1}
_RELATIVES = re.compile(r"\b(?:" + "|".join(_RELATIVE) + r")\b")
_BIRTH = frozenset(map(stem, GROUPS[5]))


def date_in(said: Said, subject: Subject) -> Sighting | None:
    """The last date of a turn that is this field's. A field that is any date takes any, unsure if it was not asked."""
    asked = subject.is_asked(said.asked) or (not subject.cues and "date" in said.asked)
    seen = [
        sighting
        for sentence in sentences(said.plain)
        for sighting in _dates(said.plain, sentence, said.day, bool(subject.cues & _BIRTH))
        if not is_asking(said.plain, sentence) and _is_meant(said.plain, sentence, sighting)
        and (asked or _is_spoken_of(said.plain, sentence, subject))
    ]  # fmt: skip
    if not seen:
        return None
    return seen[-1]._replace(unsure=seen[-1].unsure or (not asked and not subject.cues))


def _is_spoken_of(plain: str, sentence: Span, subject: Subject) -> bool:
    bare = not words_of(subject.field.name) - DATES and not subject.cues
    return bare or bool(subject.mentions(plain, *sentence)[0])


def _is_meant(plain: str, sentence: Span, sighting: Sighting) -> bool:
    clause = clause_around(plain, sentence, sighting.start)
    denied = re.sub(r"^\s*(?:no|non)\b", lambda no: " " * len(no.group()), plain[clause.start : sighting.start])
    return not is_negated(denied, 0, len(denied)) and is_of_self(plain, sentence.start, sighting.start)


def _dates(plain: str, sentence: Span, today: str, is_past: bool) -> list[Sighting]:
    found = [*_written(plain, sentence), *_named(plain, sentence, today, is_past), *_relative(plain, sentence, today)]
    return sorted(found, key=lambda sighting: (sighting.start, sighting.end))


def _written(plain: str, span: Span) -> Iterator[Sighting]:
    """ISO dates, and with slashes: the day first, unless only the month can be; unsure where both could."""
    for match in _ISO.finditer(plain, *span):
        yield from _sighting(int(match[1]), int(match[2]), int(match[3]), Span(*match.span()))
    for match in _SLASHED.finditer(plain, *span):
        one, other, year = map(int, match.groups())
        day, month = (other, one) if other > 12 else (one, other)
        doubt = max(one, other) <= 12 and one != other and "." not in match.group()
        yield from _sighting(year, month, day, Span(*match.span()), unsure=doubt)


def _named(plain: str, span: Span, today: str, is_past: bool) -> Iterator[Sighting]:
    """ "12 March 1985", "le 1er avril", "March the third". Without a year the next such day, if today is known."""
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        for match in pattern.finditer(plain, *span):
            day, start, end = _day(match)
            year, stop = _year(plain, max(end, match.end("month")), span.end)
            place = Span(min(start, match.start("month")), stop)
            if day and year:
                yield from _sighting(year, _MONTH[match["month"]], day, place)
            elif day and today and not is_past:
                yield from _next(date.fromisoformat(today), _MONTH[match["month"]], day, place)


def _day(match: re.Match[str]) -> tuple[int, int, int]:
    """The day that was said, 0 if it is none, and where it stands."""
    said, start, end = match["day"], match.start("day"), match.end("day")
    digits = re.match(r"\d+", said)
    if digits:
        return int(digits.group()), start, end
    ordinal = next((at for at in (said, *_tails(said)) if _ordinal(at)), "")
    if ordinal:
        return _ordinal(ordinal), end - len(ordinal), end
    numbers = list(numbers_in(said))
    near = numbers[0] if match.start("month") < start and numbers else numbers[-1] if numbers else Number(0, 0, 0)
    return int(near.value) if near.value % 1 == 0 else 0, start + near.start, start + near.end


def _tails(said: str) -> Sequence[str]:
    """What is left of words without the first: "the third" is "third"."""
    return [said[match.end() :] for match in re.finditer(r"[ -]", said)]


def _ordinal(said: str) -> int:
    """A day as "third" or "twenty-first", or 0."""
    tens, _, unit = said.replace("-", " ").partition(" ")
    if tens in {"twenty", "thirty"} and unit in _ORDINALS[:9]:
        return (20 if tens == "twenty" else 30) + _ORDINAL[unit]
    return _ORDINAL.get(said, 0)


def _year(plain: str, at: int, end: int) -> tuple[int, int]:
    """The year behind a day, in four digits or in words: "nineteen eighty-five", "mille neuf cent quatre-vingts"."""
    numbers = list(numbers_in(plain, at, end))
    if not numbers or not re.fullmatch(r"[\s,]*(?:in |en |de )?", plain[at : numbers[0].start]):
        return 0, at
    year, stop = numbers[0].value, numbers[0].end
    in_pairs = year in {19, 20} and len(numbers) > 1 and 10 <= numbers[1].value < 100
    if in_pairs and re.fullmatch(r"[\s-]", plain[stop : numbers[1].start]):
        year, stop = 100 * year + numbers[1].value, numbers[1].end
    return (int(year), stop) if 1900 <= year < 2100 and year % 1 == 0 else (0, at)


def _relative(plain: str, span: Span, today: str) -> Iterator[Sighting]:
    for match in _RELATIVES.finditer(plain, *span) if today else ():
        day = date.fromisoformat(today) + timedelta(_RELATIVE[match.group()])
        yield Sighting(day.isoformat(), *match.span())


def _sighting(year: int, month: int, day: int, span: Span, unsure: bool = False) -> Sequence[Sighting]:
    try:
        return [Sighting(date(year, month, day).isoformat(), *span, unsure)]
    except ValueError:
        return []


def _next(today: date, month: int, day: int, span: Span) -> Sequence[Sighting]:
    for year in (today.year, today.year + 1):
        found = _sighting(year, month, day, span, unsure=True)
        if found and str(found[0].value) >= today.isoformat():
            return found
    return []
