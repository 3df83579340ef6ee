"""What was said, as words of which some are already spoken for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import attrs

from octi.engine.brains.language import Language
from octi.engine.brains.words import TOKEN, lowered, stem


class Found(NamedTuple):
    """A value, and the places of the words it was made of."""

    value: Any
    places: frozenset[int]


@attrs.frozen(kw_only=True)
class Utterance:
    """One text as words, side by side as written, in lower case and without endings.

    Places count words from 0. `taken` are those that became a value, `topic` those that named the function, and
    `commas` those that a comma stands before.
    """

    tokens: tuple[str, ...]
    lower: tuple[str, ...]
    stems: tuple[str, ...]
    commas: frozenset[int]
    topic: frozenset[int]
    taken: frozenset[int] = frozenset()
    now: datetime
    language: Language

    def without(self, places: Iterable[int]) -> "Utterance":
        """The same with more of it taken."""
        return attrs.evolve(self, taken=self.taken | frozenset(places))

    def is_free(self, places: Iterable[int]) -> bool:
        """Whether none of these places is taken."""
        return self.taken.isdisjoint(places)

    def is_content(self, place: int) -> bool:
        """Whether a word is free, and more than grammar, a day, or the function's own name."""
        word = self.lower[place]
        return place not in self.taken | self.topic and word not in self.language.stop_words and not self.is_day(place)

    def is_day(self, place: int) -> bool:
        """Whether a word is today, a weekday, or the like."""
        weekdays = (name.lower() for name in self.language.weekdays)
        return self.lower[place] in self.language.days or self.lower[place] in weekdays

    def found(self, places: Iterable[int]) -> Found:
        """The words at some places, as they were written, as a value."""
        order = sorted(places)
        return Found(" ".join(self.tokens[place] for place in order), frozenset(order))


def utterance(text: str, topic: frozenset[str], now: datetime, language: Language) -> Utterance:
    """A text as words. `topic` holds the bare words that name the function."""
    matches = list(TOKEN.finditer(text))
    written = tuple(match[0] for match in matches)
    lower = tuple(map(lowered, written))
    bare = tuple(stem(word, language) for word in lower)
    return Utterance(
        tokens=written,
        lower=lower,
        stems=bare,
        commas=frozenset(n for n, match in enumerate(matches) if text[: match.start()].rstrip().endswith(",")),
        topic=frozenset(place for place, word in enumerate(bare) if word in topic),
        now=now,
        language=language,
    )
