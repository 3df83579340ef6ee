"""What was said, as words of which some are already spoken for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import attrs

from octi.engine.brains.language import Language
from octi.engine.brains.words import TOKEN, apart, lowered, stem, whole

JOINTS = {"": "", "-": "-", "'": "'", "’": "'"}  # what may stand between two words instead of a blank


class Found(NamedTuple):
    """A value, and the places of the words it was made of."""

    value: Any
    places: frozenset[int]


@attrs.frozen(kw_only=True)
class Utterance:
    """One text as words, side by side as written, in lower case and without endings.

    Places count words from 0. `taken` are those that became a value, `topic` those that named the function,
    `commas` those that a comma stands before, and `joints` hold what each is joined to the one before with.
    """

    tokens: tuple[str, ...]
    lower: tuple[str, ...]
    stems: tuple[str, ...]
    joints: tuple[str, ...]
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
        weekdays = map(lowered, self.language.weekdays)
        return any(self.lower[place] == run[-1] for run in self.language.days) or self.lower[place] in weekdays

    def found(self, places: Iterable[int]) -> Found:
        """The words at some places, as they were written, as a value."""
        order = sorted(places)
        written = "".join(self._joint(place, order) + self.tokens[place] for place in order)
        return Found(written.strip(), frozenset(order))

    def _joint(self, place: int, order: Sequence[int]) -> str:
        return self.joints[place] if place - 1 in order else " "


def utterance(text: str, topic: frozenset[str], now: datetime, language: Language) -> Utterance:
    """A text as words. `topic` holds the bare words that name the function."""
    text = whole(text, language)
    matches = list(TOKEN.finditer(apart(text, language)))
    written = tuple(match[0] for match in matches)
    ends = [0, *(match.end() for match in matches)]
    between = [text[end : match.start()] for end, match in zip(ends, matches, strict=False)]
    lower = tuple(map(lowered, written))
    bare = tuple(stem(word, language) for word in lower)
    return Utterance(
        tokens=written,
        lower=lower,
        stems=bare,
        joints=tuple(JOINTS.get(signs, " ") for signs in between),
        commas=frozenset(place for place, signs in enumerate(between) if signs.rstrip().endswith(",")),
        topic=frozenset(place for place, word in enumerate(bare) if word in topic),
        now=now,
        language=language,
    )
