"""Values that are just words: what stands behind a preposition, names, the rest of the sentence, lists."""

from collections.abc import Iterable, Sequence

from octi.engine.brains.numerals import read_number
from octi.engine.brains.schema import Param
from octi.engine.brains.utterance import Found, Utterance
from octi.engine.brains.words import plain, runs

LONGEST_FILLER = 4  # words: s'il vous plaît


def find_words(param: Param, said: Utterance) -> Found | None:
    """The phrase behind a word that leads to such a parameter: "in" to a city, "named" to a name."""
    known = [said.language.leads[hint] for hint in sorted(param.hints & said.language.leads.keys())]
    for lead in known[0] if known else said.language.default_leads:
        for places in runs(lead.split(), said.lower):
            phrase = _phrase(places.stop, said)
            if phrase:
                return said.found(phrase)
    return None


def _phrase(start: int, said: Utterance) -> list[int]:
    """The places from `start` to the phrase's end, without its article; none if it is a number or says nothing new."""
    while start < len(said.lower) and said.tokens[start] in said.language.articles:  # "The Hague" keeps its own
        start += 1
    end = start
    while end < len(said.lower) and not _ends_phrase(end, said):
        end += 1
    other = end > start and (start in said.topic or read_number(said.lower, start, said.language))
    return [] if other or not any(map(said.is_content, range(start, end))) else list(range(start, end))


def _ends_phrase(place: int, said: Utterance) -> bool:
    word, language = said.lower[place], said.language
    grammar = word in language.prepositions or word in language.breaks or word in language.nexts
    grammar = grammar and said.joints[place] != "-"  # Boulogne-sur-Mer is one name
    return grammar or place in said.taken | said.commas or said.is_day(place)


def find_proper(param: Param, said: Utterance) -> Found | None:
    """The first words written with a capital, other than the sentence's first. A recogniser may write none."""
    capitals = [place for place in range(1, len(said.tokens)) if _is_proper(place, said)]
    run = [place for place in capitals if place - capitals[0] == capitals.index(place)]
    return said.found(run) if run else None


def _is_proper(place: int, said: Utterance) -> bool:
    return said.tokens[place][0].isupper() and said.is_content(place)


def find_free_text(param: Param, said: Utterance) -> Found | None:
    """All that stands behind a word that leads to free text: "saying", "about"."""
    hints = sorted(param.hints & said.language.free_text.keys())
    for lead in said.language.free_text[hints[0]] if hints else ():
        behind = next((places.stop for places in runs(lead.split(), said.lower)), len(said.lower))
        rest = _trimmed(range(behind, len(said.lower)), said)
        if rest:
            return said.found(rest)
    return None


def _trimmed(places: Iterable[int], said: Utterance) -> list[int]:
    """The free ones of these places, if they say anything, without politeness at their end."""
    free = [place for place in places if place not in said.taken]
    while polite := next((count for count in range(LONGEST_FILLER, 0, -1) if _is_filler(free[-count:], said)), 0):
        del free[-polite:]
    return free if any(map(said.is_content, free)) else []


def _is_filler(places: Sequence[int], said: Utterance) -> bool:
    return bool(places) and not plain(" ".join(said.lower[place] for place in places), said.language)


def find_rest(param: Param, said: Utterance) -> Found | None:
    """The last resort: from the first word that says something to the last, without what named the function."""
    content = [place for place in range(len(said.lower)) if said.is_content(place)]
    span = range(content[0], content[-1] + 1) if content else ()
    return said.found(set(span) - said.taken - said.topic) if content else None


def find_items(said: Utterance) -> Found | None:
    """The words that say something as a list, cut at commas and at "and"."""
    items: list[list[int]] = [[]]
    for place, word in enumerate(said.lower):
        joint = word in said.language.joints
        if place in said.commas or joint:
            items.append([])
        if said.is_content(place) and not joint:
            items[-1].append(place)
    named = [said.found(item) for item in items if item]
    return Found([item.value for item in named], frozenset().union(*(item.places for item in named))) if named else None
