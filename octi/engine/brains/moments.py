"""Times and dates: said aloud, and found in what was said."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from octi.engine.brains.language import Language
from octi.engine.brains.numerals import DIGITS, read_number

ISO_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
WRITTEN_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[/.]\d\d?[/.]\d{2,4}|\d\d?/\d\d?")
WRITTEN_TIME = re.compile(r"\d\d?:\d\d(?::\d\d)?")


class Moment(NamedTuple):
    """Where a date or time stands in the tokens, from `start` up to `end`, and its date if it can be worked out."""

    start: int
    end: int
    day: date | None = None


def spoken_time(now: datetime, language: Language) -> str:
    """The time of day, for a speech synthesiser."""
    return language.clock.format(
        hour=now.hour, hour12=now.hour % 12 or 12, minute=now.minute, half=language.halves[now.hour >= 12]
    )


def spoken_date(now: datetime, language: Language) -> str:
    """The date with its weekday, for a speech synthesiser."""
    weekday, month = language.weekdays[now.weekday()], language.months[now.month - 1]
    return language.calendar.format(weekday=weekday, month=month, day=now.day, year=now.year)


def dates_in(tokens: Sequence[str], now: datetime, language: Language) -> Iterator[Moment]:
    """The dates in lower-case tokens, left to right."""
    yield from _scan(tokens, lambda at: _date_at(tokens, at, now.date(), language))


def times_in(tokens: Sequence[str], language: Language) -> Iterator[Moment]:
    """The times of day in lower-case tokens, left to right."""
    yield from _scan(tokens, lambda at: _time_at(tokens, at, language))


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
    weekdays = [name.lower() for name in language.weekdays]
    if WRITTEN_DATE.fullmatch(token):
        return Moment(at, at + 1, _iso_date(token))
    if token in language.days:
        return Moment(at, at + 1, _later(today, language.days[token]))
    if token in weekdays:
        return Moment(at, at + 1, _later(today, (weekdays.index(token) - today.weekday()) % 7 or 7))
    if token in language.nexts and (after in weekdays or after in language.spans):
        return Moment(at, at + 2)  # people do not agree which day "next Friday" is
    return _month_day(tokens, at, today, language) or _day_month(tokens, at, today, language)


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
    names = [name.lower() for name in language.months]
    return names.index(token) + 1 if token in names else 0


def _day(tokens: Sequence[str], at: int, language: Language) -> tuple[int, int] | None:
    """A day of the month, "5 th", "fifth", "twenty first" or "five", and where it ends."""
    token, after = _token(tokens, at), _token(tokens, at + 1)
    tens = language.numbers.get(token, 0)
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
    year = int(said) if re.fullmatch(r"[12]\d{3}", said) else 0
    tries = [year] if year else [today.year, today.year + 1]
    days = [found for found in (_date(year, *day) for year in tries) if found and (year or found >= today)]
    return Moment(moment.start, moment.end + bool(year), days[0] if days else None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _time_at(tokens: Sequence[str], at: int, language: Language) -> Moment | None:
    """A time of day. A bare number is one only behind "at" or before "pm"."""
    if tokens[at] in language.clock_words:
        return Moment(at, at + 1)
    end = at
    while _is_clock(tokens, end, at, language):
        end += 1
    marks = end
    while end > at and _token(tokens, end) in language.clock_marks:
        end += 1
    sure = end > marks or WRITTEN_TIME.fullmatch(tokens[at]) or _token(tokens, at - 1) in language.clock_leads
    bare = all(token in language.clock_parts for token in tokens[at:marks])
    return Moment(at, end) if sure and not bare else None


def _is_clock(tokens: Sequence[str], at: int, start: int, language: Language) -> bool:
    """Whether the token at `at` belongs to a time that began at `start`: "half past eight", "eight thirty"."""
    joins = _token(tokens, at) in language.clock_parts and at - start < 3
    goes_on = _is_digits(_token(tokens, at + 1), language) or _token(tokens, at + 1) in language.clock_parts
    return at - start < 4 and (_is_digits(_token(tokens, at), language) or (joins and goes_on))


def _is_digits(token: str, language: Language) -> bool:
    return token in language.numbers or bool(DIGITS.fullmatch(token) or WRITTEN_TIME.fullmatch(token))
