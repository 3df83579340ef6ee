"""Yes and no, and the choices of an enumeration, as people say them."""

import re
from collections.abc import Iterator

from octi.extraction.schema import Kind
from octi.extraction.subjects import Subject
from octi.extraction.wording import (
    Said,
    Sighting,
    Span,
    clause_around,
    folded,
    is_asking,
    is_of_self,
    is_unreal,
    sentences,
)

_OPENING = r"^(?:[\s,.!…-]|\b(?:well|um|uh|er|hm|euh|ben|bah|so|oh|ah|alors|actually|en fait|i think|je crois que)\b)*"
_YES = re.compile(
    _OPENING
    + r"(?P<word>yes|yeah|yep|yup|sure|of course|certainly|absolutely|definitely|correct|exactly|that's right|right"
    r"|i do"
    r"|i am|i have|i did|oui|ouais|si|bien sur|tout a fait|exactement|absolument|effectivement|evidemment"
    r"|certainement)\b"
)
_NO = re.compile(
    _OPENING
    + r"(?P<word>no|nope|nah|not at all|not really|never|i don't|i do not|i'm not|i am not|i haven't|i have not|non|nan"
    r"|pas du tout|pas vraiment|jamais|absolument pas|bien sur que non|certainly not|of course not"
    r"|absolutely not)\b(?! idea)"
)
_DOUBT = re.compile(
    r"\b(?:don't know|do not know|no idea|not sure|maybe|perhaps|peut-etre|sais pas|aucune idee|pas sure?|it depends"
    r"|ca depend)\b"
)
_NOT = re.compile(
    r"\b(?:not|never|no|don't|doesn't|isn't|ain't|haven't|hasn't|without|neither|pas|jamais|sans|aucun|aucune|ni)\b"
)
_NOT_JUST = re.compile(
    r"(?:\b(?:not|no|never|don't|pas|ni|sans|rather than|plutot que)\s+(?:\w+\s+){0,2}|\b(?:my|mon|ma|mes)\s+)$"
)
_COMMON = {"other", "none", "high", "low", "new", "old", "good", "bad", "yes", "no", "one", "day", "autre", "aucun"}


def flag_in(said: Said, subject: Subject) -> Sighting | None:
    """Yes or no to a question about the field, or what a statement says of it."""
    if _DOUBT.search(said.plain):
        return None
    answer = _answer(said) if subject.is_asked(said.asked) else None
    stated = list(_statements(said, subject))
    return answer or (stated[-1] if stated else None)


def _answer(said: Said) -> Sighting | None:
    no, yes = _NO.search(said.plain), _YES.search(said.plain)
    match = no if no and (not yes or len(no["word"]) >= len(yes["word"])) else yes
    return match and Sighting(match is not no, *match.span("word"))


def _statements(said: Said, subject: Subject) -> Iterator[Sighting]:
    """ "I have two dogs", "je ne fume pas": all of the field's words that were said, of the speaker, in one clause."""
    for sentence in sentences(said.plain):
        cues, weak = subject.mentions(said.plain, *sentence)
        if is_asking(said.plain, sentence):
            continue
        for cue in cues:
            clause = clause_around(said.plain, sentence, cue.start)
            own = _has_self(said.plain, clause.start, cue.start) and is_of_self(said.plain, clause.start, cue.start)
            if own and not is_unreal(said.plain, clause.start, cue.start):
                yield Sighting(not _is_denied(said.plain, clause, cue), *_trimmed(said.plain, clause), weak)


def _has_self(plain: str, start: int, end: int) -> bool:
    return bool(re.search(r"\b(?:i|i'm|i've|we|we're|we've|je|j|nous|on)\b", plain[start:end]))


def _is_denied(plain: str, clause: Span, cue: Span) -> bool:
    """Whether a "not" stands before the cue, or right behind it as in French: "je ne fume pas"."""
    return bool(_NOT.search(plain, clause.start, cue.start) or re.match(r"\s+(?:pas|plus|jamais)\b", plain[cue.end :]))


def _trimmed(plain: str, span: Span) -> Span:
    words = plain[span.start : span.end].rstrip(" .!?;:,")
    return Span(span.start + len(words) - len(words.lstrip()), span.start + len(words))


def choice_in(said: Said, subject: Subject) -> Sighting | None:
    """The last choice that was named and not denied; of a list all of them. Unasked and alone it is unsure."""
    asked = subject.is_asked(said.asked) or bool(_named(said.asked, subject))
    named = [pair for pair in _named(said.plain, subject) if _is_meant(said, pair[1])]
    kept = [
        (choice, span) for choice, span in named if asked or not _is_common(choice) or _is_cued(said, subject, span)
    ]
    if not kept:
        return None
    (choice, span), unsure = kept[-1], not asked and not any(_is_cued(said, subject, span) for _, span in kept)
    if subject.field.kind is Kind.LIST:
        return Sighting(tuple(dict.fromkeys(choice for choice, _ in kept)), kept[0][1].start, span.end, unsure)
    several = len({choice for choice, _ in kept}) > 1
    return Sighting(choice, span.start, span.end, unsure or several)


def _named(plain: str, subject: Subject) -> list[tuple[str, Span]]:
    """The choices in a folded text, left to right; of two that overlap the longer."""
    ways = {_spoken(choice): choice for choice in sorted(subject.field.choices, key=len)}
    ways = {way: choice for way, choice in ways.items() if way}
    if not ways:
        return []
    pattern = "|".join(re.escape(way).replace(r"\ ", r"[\s_-]+") for way in sorted(ways, key=len, reverse=True))
    found = re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", plain)
    return [(ways[_spoken(match.group())], Span(*match.span())) for match in found if _spoken(match.group()) in ways]


def _spoken(choice: str) -> str:
    return re.sub(r"[\s_-]+", " ", folded(choice)).strip()


def _is_meant(said: Said, span: Span) -> bool:
    sentence = _sentence(said.plain, span)
    clause = clause_around(said.plain, sentence, span.start)
    denied = _NOT_JUST.search(said.plain[max(clause.start, span.start - 60) : span.start])
    return not denied and not is_asking(said.plain, sentence) and is_of_self(said.plain, clause.start, span.start)


def _is_cued(said: Said, subject: Subject, span: Span) -> bool:
    cues, _ = subject.mentions(said.plain, *_sentence(said.plain, span))
    return any(cue.end <= span.start or cue.start >= span.end for cue in cues)


def _sentence(plain: str, span: Span) -> Span:
    return next((part for part in sentences(plain) if part.start <= span.start < part.end), Span(0, len(plain)))


def _is_common(choice: str) -> bool:
    return len(choice) < 4 or folded(choice) in _COMMON
