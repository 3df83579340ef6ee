"""Times and dates: said aloud, and found in what was said."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from octi.engine.brains.language import Language
from octi.engine.brains.numerals import read_number
from octi.engine.brains.words import lowered

ISO_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
WRITTEN_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[/.]\d\d?[/.]\d{2,4}|\d\d?/\d\d?")
DAY_FIRST = re.compile(r"(\d\d?)[/.](\d\d?)(?:[/.](\d{2,4}))?")


class Moment(NamedTuple):
    """Where a date or time stands in the tokens, from `start` up to `end`, and its date if it can be worked out."""

    start: int
    end: int
    day: date | None = None


def spoken_time(now: datetime, language: Language) -> str:
    """The time of day, for a speech synthesiser."""
    clock = language.clock if now.minute else language.clock_sharp
    return clock.format(hour=language.hours[now.hour], minute=now.minute, half=language.halves[now.hour >= 12])


def spoken_date(now: datetime, language: Language) -> str:
    """The date with its weekday, for a speech synthesiser."""
    weekday, month = language.weekdays[now.weekday()], language.months[now.month - 1]
    day = language.first if now.day == 1 else now.day
    return language.calendar.format(weekday=weekday, month=month, day=day, year=now.year)


def dates_in(tokens: Sequence[str], now: datetime, language: Language) -> Iterator[Moment]:
    """The dates in lower-case tokens, left to right."""
    yield from _scan(tokens, lambda at: _date_at(tokens, at, now.date(), language))


def times_in(tokens: Sequence[str], language: Language) -> Iterator[Moment]:
    """The times of day in lower-case tokens, left to right."""
    text = " ".join(tokens)
    for found in language.times.finditer(text):
        start, end = found.span(found.lastgroup or 0)
        yield Moment(text.count(" ", 0, start), text.count(" ", 0, end) + 1)


def _scan(tokens: Sequence[str], read: Callable[[int], Moment | None]) -> Iterator[Moment]:
    at = 0
    while at < len(tokens):
        moment = read(at)
        if moment:
            yield moment
        at = moment.end if moment else at + 1


def _token(tokens: Sequence[str], at: int) -> str:
    return tokens[at] if 0 <= at < len(tokens) else ""


def _date_at(tokens: Sequence[str], at: int, today: date, language: Language) -> Moment | None:
    token, after = tokens[at], _token(tokens, at + 1)
    weekdays = [lowered(name) for name in language.weekdays]
    if WRITTEN_DATE.fullmatch(token):
        return Moment(at, at + 1, _iso_date(token) or (_day_first(token, today) if language.day_first else None))
    for run, distance in language.days.items():
        if tuple(tokens[at : at + len(run)]) == run:
            return Moment(at, at + len(run), _later(today, distance))
    behind = after in language.nexts_behind and (token in weekdays or token in language.spans)
    if behind or (token in language.nexts and (after in weekdays or after in language.spans)):
        return Moment(at, at + 2)  # people do not agree which day "next Friday" is
    if token in weekdays:
        return _weekday(tokens, at, weekdays, today, language)
    month_first = _month_day(tokens, at, today, language) if language.month_first else None
    return month_first or _day_month(tokens, at, today, language)


def _weekday(tokens: Sequence[str], at: int, weekdays: Sequence[str], today: date, language: Language) -> Moment:
    """A weekday, or the date behind it: "Monday the fifth of May"."""
    place = at + 1 + (_token(tokens, at + 1) in language.articles)
    dated = _date_at(tokens, place, today, language) if _is_date(tokens, place, language) else None
    day = _later(today, (weekdays.index(tokens[at]) - today.weekday()) % 7 or 7)
    return dated._replace(start=at) if dated else Moment(at, at + 1, day)


def _is_date(tokens: Sequence[str], at: int, language: Language) -> bool:
    """Whether a day of a month may stand here, or a month."""
    if at >= len(tokens):
        return False
    return bool(WRITTEN_DATE.fullmatch(tokens[at]) or _day(tokens, at, language) or _month(tokens[at], language))


def _day_first(token: str, today: date) -> date | None:
    """A date like 5/10/2026 or 5/10, where the day comes first."""
    found = DAY_FIRST.fullmatch(token)
    if not found:
        return None
    day, month = int(found[1]), int(found[2])
    if found[3]:
        return _date(int(found[3]) + (2000 if len(found[3]) == 2 else 0), month, day)
    return _next_date(today, month, day)


def _iso_date(token: str) -> date | None:
    try:
        return date(*map(int, token.split("-"))) if ISO_DATE.fullmatch(token) else None
    except ValueError:
        return None


def _later(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days)
    except OverflowError:
        return None


def _month_day(tokens: Sequence[str], at: int, today: date, language: Language) -> Moment | None:
    month = _month(tokens[at], language)
    place = at + 1 + (_token(tokens, at + 1) in language.day_joints)
    day = _day(tokens, place, language) if month else None
    return day and _in_year(tokens, Moment(at, day[1]), (month, day[0]), today)


def _day_month(tokens: Sequence[str], at: int, today: date, language: Language) -> Moment | None:
    day = _day(tokens, at, language)
    place = day[1] if day else at
    while day and _token(tokens, place) in language.day_joints:
        place += 1
    month = _month(_token(tokens, place), language) if day else 0
    return _in_year(tokens, Moment(at, place + 1), (month, day[0]), today) if day and month else None


def _month(token: str, language: Language) -> int:
    names = [lowered(name) for name in language.months]
    return names.index(token) + 1 if token in names else 0


def _day(tokens: Sequence[str], at: int, language: Language) -> tuple[int, int] | None:
    """A day of the month, "5 th", "fifth", "twenty first" or "five", and where it ends."""
    token, after = _token(tokens, at), _token(tokens, at + 1)
    tens = language.numbers.get((token,), 0)
    if tens in (20, 30) and language.ordinals.get(after, 99) < 10:
        return tens + language.ordinals[after], at + 2
    if token in language.ordinals:
        return language.ordinals[token], at + 1
    number = read_number(tokens, at, language) if at < len(tokens) else None
    if not number or number.value.denominator != 1 or not 1 <= number.value <= 31:
        return None
    return int(number.value), number.end + (_token(tokens, number.end) in language.ordinal_marks)


def _in_year(tokens: Sequence[str], moment: Moment, day: tuple[int, int], today: date) -> Moment:
    """The moment with its date: in the year behind it, or else in the year that makes it next."""
    said = _token(tokens, moment.end)
    if re.fullmatch(r"[12]\d{3}", said):
        return Moment(moment.start, moment.end + 1, _date(int(said), *day))
    return Moment(moment.start, moment.end, _next_date(today, *day))


def _next_date(today: date, month: int, day: int) -> date | None:
    """This year's, or next year's if it is over."""
    tries = (_date(today.year + later, month, day) for later in (0, 1))
    return next((found for found in tries if found and found >= today), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
