"""Free text: what follows "my city is", "I live in", or a question for it; and lists of such."""

import re
from collections.abc import Mapping
from functools import lru_cache

from octi.extraction.subjects import Subject, words_of
from octi.extraction.wording import Said, Sighting, after_fillers, is_asking, sentences

LONGEST_ANSWER = 8  # words
_CLAUSE = r"(?P<value>[^.!?;,\n]{1,80}?)(?=\s*(?:[.!?;,\n]|\b(?:and i|but|et je|et j'|mais|because|parce)\b|$))"
_LIST = r"(?P<value>[^.!?;\n]{1,200}?)(?=\s*(?:[.!?;\n]|\b(?:and i|but|et je|et j'|mais|because|parce)\b|$))"
_PLACE = (
    r"\b(?:i live in|i'm from|i am from|i'm living in|i moved to|j'habite (?:a|au|aux|en)|je vis (?:a|au|en)"
    r"|je viens de)\s+"
)
_EMPLOYER = r"\b(?:i work (?:for|at)|i'm employed (?:by|at)|je travaille (?:chez|pour))\s+"
_JOB = (
    r"\b(?:i work as(?: an?)?|i'm (?:an?)|i am (?:an?)|je travaille comme|je suis|my profession is|mon metier est)\s+"
)
_WAYS: Mapping[str, str] = {
    **dict.fromkeys(("city", "town", "ville", "residence", "home", "country", "pays"), _PLACE),
    **dict.fromkeys(("company", "employer", "entreprise", "employeur", "societe"), _EMPLOYER),
    **dict.fromkeys(("job", "profession", "occupation", "metier", "emploi"), _JOB),
}
_STRONG = {_PLACE, _EMPLOYER}
_NOTHING = re.compile(
    r"(?:no|non|yes|oui|none|nothing|rien|why|pourquoi|what|i don't|i do not|je ne|j'sais|not|pas|never|jamais"
    r"|sorry|pardon|can you"
    r"|could you|aucun|aucune|maybe|peut-etre)\b"
)
_PARTS = re.compile(r"\s*(?:,\s*(?:and|et)\b|,|\b(?:and|et)\b)\s*")


def words_in(said: Said, subject: Subject) -> Sighting | None:
    """The last words of a turn that are this field's."""
    seen = _stated(said, subject, _CLAUSE)
    return seen or (_answered(said) if subject.is_asked(said.asked) else None)


def list_in(said: Said, subject: Subject) -> Sighting | None:
    """The last enumeration of a turn that is this field's, split at commas and "and". Always unsure."""
    whole = _stated(said, subject, _LIST) or (_answered(said, 30) if subject.is_asked(said.asked) else None)
    if whole is None:
        return None
    parts = tuple(part.strip() for part in _PARTS.split(str(whole.value)) if part.strip())
    return whole._replace(value=parts, unsure=True)


def _stated(said: Said, subject: Subject, value: str) -> Sighting | None:
    asked = [span for span in sentences(said.plain) if is_asking(said.plain, span)]
    matches = [
        (match, sure)
        for way, sure in _ways(subject)
        for match in re.finditer(way + value, said.plain)
        if not _NOTHING.match(match["value"]) and not any(span.start <= match.start() < span.end for span in asked)
    ]
    if not matches:
        return None
    match, sure = max(matches, key=lambda pair: (pair[0].end(), pair[1]))
    text = said.text[match.start("value") : match.end("value")].strip()
    return Sighting(text, match.start(), match.end("value"), not sure or len(text.split()) > 4) if text else None


@lru_cache(maxsize=512)
def _ways(subject: Subject) -> tuple[tuple[str, bool], ...]:
    """Patterns that lead to the value, and whether surely: "my favourite colour is", and what people say instead."""
    own = r"[\s-]+(?:de\s+|d')?".join(map(re.escape, _ordered(subject.field.name)))
    verb = r"(?:is|are|was|'s|include|includes|est|sont|,? c'est)\s+"
    ways = [(rf"\b(?:my|our|mon|ma|mes|notre|nos)\s+{own}s?\s*{verb}", True)]
    cues = "|".join(re.escape(cue) + r"\w{0,4}" for cue in sorted(subject.cues))
    if cues:
        ways.append((rf"\b(?:my|our|mon|ma|mes|nos|notre|le|la|the)\s+(?:{cues})\s+(?:is|are|est|sont)\s+", False))
    words = words_of(subject.field.name)
    return (*ways, *sorted({(way, way in _STRONG) for word, way in _WAYS.items() if word in words}))


def _ordered(name: str) -> list[str]:
    return [word for word in re.split(r"[_\s-]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()) if word]


def _answered(said: Said, longest: int = LONGEST_ANSWER) -> Sighting | None:
    """A short answer to a question for it, without what says nothing. Unsure: whatever was said would do."""
    at = after_fillers(said.plain)
    end = len(said.plain.rstrip(" .!;,\n"))
    words = said.text[at:end]
    if not words.strip() or "?" in words or len(words.split()) > longest or _NOTHING.match(said.plain, at):
        return None
    return Sighting(words, at, end, unsure=True)
