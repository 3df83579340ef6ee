"""Values with a form of their own, found among the words: choices, numbers, flags, moments, codes."""

from collections.abc import Iterable, Mapping
from itertools import chain

from octi.engine.brains import moments
from octi.engine.brains.moments import Moment
from octi.engine.brains.numerals import Number, is_weak, numbers_in, spoken_digits
from octi.engine.brains.schema import Param, allows
from octi.engine.brains.utterance import Found, Utterance
from octi.engine.brains.words import runs, spaced, stems

NEAR = 2  # words between a number and the parameter's name


def find_choice(param: Param, said: Utterance) -> Found | None:
    """One of the values that the schema lists. The longest first: "very large" before "large"."""
    by_length = sorted(param.choices, key=lambda choice: -len(spaced(str(choice)).split()))
    return next((found for choice in by_length if (found := _one_choice(choice, said))), None)


def _one_choice(choice: object, said: Utterance) -> Found | None:
    same: Iterable[range]
    if isinstance(choice, int | float) and not isinstance(choice, bool):
        same = (range(*number[1:]) for number in _free_numbers(said) if number.value == choice)
    elif len(str(choice)) == 1:  # the grade A is not the article
        same = runs((str(choice),), said.tokens)
    else:
        same = runs(stems(spaced(str(choice)), said.language), said.stems)
    return next((Found(choice, frozenset(places)) for places in same if said.is_free(places)), None)


def _free_numbers(said: Utterance) -> list[Number]:
    return [number for number in numbers_in(said.lower, said.language) if said.is_free(range(*number[1:]))]


def find_number(param: Param, said: Utterance) -> Found | None:
    """The number beside a word of the parameter's name, or else the first one that its schema allows."""
    numbers = [number for number in _free_numbers(said) if allows(param, number.value)]
    near = [number for number in numbers if _is_near(number, param, said)]
    sure = [number for number in numbers if not is_weak(number, said.lower, said.language)]
    best = next((number for number in (*(one for one in near if one in sure), *near, *sure)), None)
    return best and _number_found(best, _after(best, param, said))


def find_any_number(param: Param, said: Utterance) -> Found | None:
    """The same in a reply, where "une" is a number."""
    first = next((number for number in _free_numbers(said) if allows(param, number.value)), None)
    return find_number(param, said) or (first and _number_found(first, first.end))


def _after(number: Number, param: Param, said: Utterance) -> int:
    """The end of a number with the word behind it, if that is the parameter's own: "four people"."""
    named = stems(spaced(param.name), said.language)
    return number.end + (number.end < len(said.stems) and said.stems[number.end] in named)


def _is_near(number: Number, param: Param, said: Utterance) -> bool:
    named = frozenset(stems(spaced(param.name), said.language))
    return not named.isdisjoint(said.stems[max(number.start - NEAR, 0) : number.end + NEAR])


def _number_found(number: Number, end: int) -> Found:
    value = int(number.value) if number.value.denominator == 1 else float(number.value)
    return Found(value, frozenset(range(number.start, end)))


def find_flag(param: Param, said: Utterance) -> Found | None:
    """Whether the parameter's own words were said, and not close behind a "no" or "without"."""
    if param.hints & said.language.switch_hints:
        return _word_in(said, said.language.switches)
    named = frozenset(stems(spaced(param.name), said.language))
    for place, word in enumerate(said.stems):
        if word in named and said.is_content(place):
            wanted = said.language.negations.isdisjoint(said.lower[max(place - 3, 0) : place])
            return Found(wanted, frozenset({place}))
    return None


def find_yes(param: Param, said: Utterance) -> Found | None:
    """Yes or no, or else what `find_flag` finds."""
    return _word_in(said, said.language.answers) or find_flag(param, said)


def _word_in(said: Utterance, table: Mapping[str, bool]) -> Found | None:
    places = (place for place, word in enumerate(said.lower) if word in table and said.is_free((place,)))
    return next((Found(table[said.lower[place]], frozenset({place})) for place in places), None)


def find_moment(param: Param, said: Utterance) -> Found | None:
    """A date, a time, or both, as they were said; a date in ISO 8601 where the schema's format is a date."""
    days = [day for day in moments.dates_in(said.lower, said.now, said.language) if said.is_free(range(*day[:2]))]
    times = [time for time in moments.times_in(said.lower, said.language) if said.is_free(range(*time[:2]))]
    if param.format == "date":
        return next((Found(day.day.isoformat(), frozenset(range(*day[:2]))) for day in days if day.day), None)
    wanted = _wanted(param, said, days[:1], times[:1])
    places = frozenset(chain.from_iterable(range(*moment[:2]) for moment in wanted))
    return said.found(places) if places else None


def _wanted(param: Param, said: Utterance, days: list[Moment], times: list[Moment]) -> list[Moment]:
    language = said.language
    if param.format == "date-time" or param.hints & language.moment_hints or is_both(param, said):
        return days + times
    return times if param.format == "time" or param.hints & language.time_hints else days


def is_both(param: Param, said: Utterance) -> bool:
    """Whether a parameter's name asks for a date and a time."""
    return bool(param.hints & said.language.date_hints and param.hints & said.language.time_hints)


def find_code(param: Param, said: Utterance) -> Found | None:
    """An address where the schema wants one, or else the first thing with digits in it, written or spelled out."""
    finds = (_code_at(place, param, said) for place in range(len(said.tokens)))
    return next((found for found in finds if found and said.is_free(found.places)), None)


def _code_at(place: int, param: Param, said: Utterance) -> Found | None:
    token = said.tokens[place]
    digits, words = spoken_digits(said.lower[place:], said.language)
    if param.format == "email" or "@" in token:
        return said.found((place,)) if "@" in token and param.format in ("email", "") else None
    if len(digits) > 1:
        return Found(digits, frozenset(range(place, place + words)))
    return said.found((place,)) if any(sign.isdigit() for sign in token) else None
