"""Which of the numbers that were said is a field's: by its neighbours, its unit, its period, and of whom it is said."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from octi.extraction.numbers import Number, numbers_in
from octi.extraction.profile import Known
from octi.extraction.schema import Kind
from octi.extraction.subjects import Subject
from octi.extraction.wording import (
    CORRECTION,
    Said,
    Sighting,
    Span,
    after_fillers,
    clause_around,
    folded,
    is_asking,
    is_negated,
    is_of_self,
    is_unreal,
    sentences,
)


class Period(Enum):
    """How often an amount comes, in times a year."""

    YEAR = 1
    MONTH = 12
    WEEK = 52
    DAY = 0  # days and hours worked are nobody's to guess
    HOUR = -1


_PER = r"(?:an?|per|every|each|par|/|the|l'|le|la|chaque)\s?"
_PERIODS: Mapping[Period, re.Pattern[str]] = {
    period: re.compile(pattern)
    for period, pattern in {
        Period.YEAR: rf"{_PER}(?:years?|annum|annee|an|yr)\b|\b(?:yearly|annual|annually|annuels?|annuelle"
        rf"|annuellement)\b",
        Period.MONTH: rf"{_PER}(?:months?|mois|mo)\b|\b(?:monthly|mensuels?|mensuelle|mensuellement)\b",
        Period.WEEK: rf"{_PER}(?:weeks?|semaine)\b|\b(?:weekly|hebdomadaires?)\b",
        Period.DAY: rf"{_PER}(?:days?|jour)\b|\bdaily\b",
        Period.HOUR: rf"{_PER}(?:hours?|heure)\b|\b(?:hourly|horaire|de l'heure)\b",
    }.items()
}
# What may stand behind an amount of money. Anything else is what is counted: "3 children", "40 hours".
_MONEY_END = re.compile(
    r"\s*(?:$|[,.!?;:)\n/€$£-]|(?:euros?|eur|dollars?|usd|bucks|pounds?|quid|gbp|francs?|chf|balles|k|a|an|per|par"
    r"|the|each"
    r"|every|le|l'|monthly|yearly|annually|weekly|gross|net|nets|brut|bruts|before|after|and|but|or|et|mais|ou"
    r"|or so|more"
    r"|is|in|at|as|from|now|today|roughly|about|environ|actually|these|maintenant|en|de|dans|chez|comme|chaque|tous"
    r"|mensuel"
    r"|mensuels|annuel|annuels|hebdomadaire|thank|thanks|merci|please|since|depuis|salary|income|salaire|de revenu)\b)"
)
_NONE = r"\b(?:no|not any|don't have any|without|zero|pas d'|pas de|aucun|aucune|sans)\s?$"
_AGE = re.compile(r"\b(?:i'm|i am)\s+$")


def amount_in(said: Said, subject: Subject, before: Known | None) -> Sighting | None:
    """The last number of a turn that is this field's."""
    asked = subject.is_asked(said.asked)
    seen = list(_stated(said, subject))
    if not seen and (asked or _is_corrected(said, subject, before)):
        seen = list(_answered(said, subject))
    sightings = (_sighting(said, subject, before, *one) for one in reversed(seen))
    return next((sighting for sighting in sightings if sighting), None)


def _stated(said: Said, subject: Subject) -> Iterator[tuple[Number, Span, bool]]:
    """Numbers in sentences that bring the field up, each with the words that do, and whether they only hint."""
    for sentence in sentences(said.plain):
        cues, weak = subject.mentions(said.plain, *sentence)
        likely = _numbers(said.plain, sentence, subject) if cues else []
        numbers = [number for number in likely if _is_meant(said, sentence, number)]
        near = _nearest(cues, numbers)
        if near and not is_asking(said.plain, sentence) and is_of_self(said.plain, sentence.start, near[0].start):
            cue, number = near
            yield number, Span(min(cue.start, number.start), max(cue.end, number.end)), weak
        elif not near:
            yield from _none(said, subject, cues)
            yield from _bare_age(said, sentence, subject)


def _answered(said: Said, subject: Subject) -> Iterator[tuple[Number, Span, bool]]:
    """The only number of a turn that answers a question or corrects what was said; of more, none is sure."""
    numbers = [
        (number, sentence)
        for sentence in sentences(said.plain)
        for number in _numbers(said.plain, sentence, subject)
        if not is_asking(said.plain, sentence) and _is_meant(said, sentence, number)
    ]
    plain = [pair for pair in numbers if not pair[0].is_article] or numbers
    for number, _ in plain[-1:]:
        yield number, Span(number.start, number.end), len(plain) > 1


def _numbers(plain: str, sentence: Span, subject: Subject) -> list[Number]:
    """The sentence's numbers that can be this field's; what may be an article counts only alone."""
    numbers = [
        number
        for number in numbers_in(plain, *sentence)
        if not subject.is_money or _MONEY_END.match(plain, number.end, sentence.end)
    ]
    return [number for number in numbers if not number.is_article] or numbers


def _is_meant(said: Said, sentence: Span, number: Number) -> bool:
    """Whether it is said as a fact, of the speaker: no "not", no "if", nobody else's."""
    clause = clause_around(said.plain, sentence, number.start)
    start, end = clause.start, number.start
    lead = re.match(r"\s*(?:no|non)\b", said.plain[start:end])  # "No, 3,200" and "No it's 3,200" deny what was before
    start += lead.end() if lead else 0
    if is_negated(said.plain, start, end) or is_unreal(said.plain, start, end):
        return False
    return is_of_self(said.plain, start, end)


def _nearest(cues: Sequence[Span], numbers: Sequence[Number]) -> tuple[Span, Number] | None:
    """The cue and the number that stand closest; the number behind its cue where both are as close."""
    pairs = [
        (cue, number) for cue in cues for number in numbers if not (cue.start < number.end and number.start < cue.end)
    ]
    return min(pairs, key=lambda pair: _distance(*pair), default=None)


def _distance(cue: Span, number: Number) -> tuple[int, bool]:
    behind = number.start >= cue.end
    return (number.start - cue.end if behind else cue.start - number.end), not behind


def _none(said: Said, subject: Subject, cues: Sequence[Span]) -> Iterator[tuple[Number, Span, bool]]:
    """ "No children" is 0 children. Of money it is not said like that."""
    for cue in cues if not subject.is_money else ():
        denied = re.search(_NONE, said.plain[max(cue.start - 20, 0) : cue.start])
        if denied:
            start = max(cue.start - 20, 0) + denied.start()
            yield Number(0, start, cue.end), Span(start, cue.end), False


def _bare_age(said: Said, sentence: Span, subject: Subject) -> Iterator[tuple[Number, Span, bool]]:
    """ "I'm 34": said of nothing else, but sure of nothing either."""
    for number in numbers_in(said.plain, *sentence) if "age" in subject.cues else ():
        lead = _AGE.search(said.plain, max(number.start - 8, 0), number.start)
        if lead and re.match(r"\s*(?:[,.!]|and\b|$)", said.plain[number.end :]) and 0 < number.value < 120:
            yield number, Span(lead.start(), number.end), True


def _is_corrected(said: Said, subject: Subject, before: Known | None) -> bool:
    """Whether a turn without the field's words corrects what is known of it: "actually, 3,200 a month"."""
    if before is None or not CORRECTION.search(said.plain):
        return False
    return subject.is_money or after_fillers(said.plain, _correction_end(said)) == _first_number(said)


def _correction_end(said: Said) -> int:
    return max(match.end() for match in CORRECTION.finditer(said.plain))


def _first_number(said: Said) -> int:
    return next((number.start for number in numbers_in(said.plain)), -1)


def _sighting(
    said: Said, subject: Subject, before: Known | None, number: Number, span: Span, unsure: bool
) -> Sighting | None:
    period, window = _period_of(said, number)
    wanted = _wanted_period(subject)
    value, start, end = number.value, min(span.start, window.start), max(span.end, window.end)
    if subject.is_money and wanted:
        known = period or _period_before(said, subject, before)
        if known and known.value <= 0:
            return None
        value = round(value * (known or wanted).value / wanted.value, 2)
        unsure = unsure or known is None
    fitting = subject.field.fitting(value if subject.field.kind is Kind.NUMBER or value % 1 else int(value))
    return None if fitting is None else Sighting(fitting, start, end, unsure)


def _period_of(said: Said, number: Number) -> tuple[Period | None, Span]:
    """The period said with a number: behind it, up to the next number, or else before it in its clause."""
    plain, own = said.plain, Span(number.start, number.end)
    sentence = next((part for part in sentences(plain) if part.start <= number.start < part.end), own)
    following = min((other.start for other in numbers_in(plain, number.end, sentence.end)), default=sentence.end)
    for start, end in ((number.end, following), (sentence.start, number.start)):
        found = _first_period(plain, start, end)
        if found:
            period, match = found
            return period, Span(min(own.start, match.start), max(own.end, match.end))
    return None, own


def _first_period(plain: str, start: int, end: int) -> tuple[Period, Span] | None:
    matches = [(period, match) for period, pattern in _PERIODS.items() if (match := pattern.search(plain, start, end))]
    first = min(matches, key=lambda pair: pair[1].start(), default=None)
    return first and (first[0], Span(*first[1].span()))


def _wanted_period(subject: Subject) -> Period | None:
    """The period that a field's amounts are of: the one that it names; an income that names none is monthly."""
    named = folded(f"{subject.field.name} {subject.field.description}").replace("_", " ")
    found = _first_period(named, 0, len(named))
    return found[0] if found else Period.MONTH if subject.cues & {"income", "incom", "salair"} else None


def _period_before(said: Said, subject: Subject, before: Known | None) -> Period | None:
    """The period that the agent asked for, or that what is now corrected was said in."""
    asked = said.asked if subject.is_asked(said.asked) else ""
    for text in (asked, folded(before.evidence.quote) if before and CORRECTION.search(said.plain) else ""):
        found = _first_period(text, 0, len(text))
        if found:
            return found[0]
    return None
