"""Small talk: what was meant, by the language's patterns, and the words that answer it."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import attrs

from octi.engine.brains import moments, recall, sums
from octi.engine.brains.language import Language, Meaning, Phrase
from octi.engine.brains.numerals import spoken_number
from octi.engine.brains.recall import Turn
from octi.engine.brains.words import called, listed, plain, unaccented, worded

LONGEST_ECHO = 8  # words of the user's own that may come back; more sounds like a parrot


@attrs.frozen(kw_only=True)
class Scene:
    """All that an answer may depend on."""

    said: tuple[Turn, ...]
    agent: str
    user: str | None
    functions: tuple[str, ...]
    now: datetime
    language: Language

    @property
    def heard(self) -> str:
        """What the user just said, as it was recognised."""
        return recall.heard(self.said)

    @property
    def hello(self) -> str:
        """A greeting, and nothing else."""
        return self.language.hello.format(you=f", {self.user}" if self.user else "")


def phrase(scene: Scene, kind: Phrase, **fields: str) -> str:
    """A phrase in the variant whose turn it is: which one follows from how often the user has spoken."""
    variants = scene.language.replies[kind]
    spoken = sum(turn.role == recall.USER for turn in scene.said)
    return variants[max(spoken - 1, 0) % len(variants)].format(**_facts(scene), **fields)


def _facts(scene: Scene) -> dict[str, str]:
    return {
        "me": scene.agent,
        "you": f", {scene.user}" if scene.user else "",
        "name": scene.user or "",
        "time": moments.spoken_time(scene.now, scene.language),
        "date": moments.spoken_date(scene.now, scene.language),
        "last": _last(scene),
        "abilities": _abilities(scene),
    }


def _last(scene: Scene) -> str:
    """The last answer, without what was put before it when it was itself a repetition."""
    last = recall.last_answer(scene.said)
    for kind in (Phrase.REPEAT, Phrase.SLOWER):
        last = last.removeprefix(scene.language.replies[kind][0].partition("{last}")[0])
    return last


def _abilities(scene: Scene) -> str:
    names = [called(name, scene.language) for name in scene.functions[:5]]
    return f"{scene.language.abilities} {listed(names, scene.language.conjunction)}." if names else ""


def manners(scene: Scene) -> str | None:
    """The answer to talk about the talk itself: greetings, names, silence, repeat. None if it was something else."""
    if not plain(scene.heard, scene.language):
        return phrase(scene, _silence(scene.said))
    if recall.name_in(scene.heard, scene.language):
        return phrase(scene, Phrase.NAME_TOLD)
    meant = _meant(plain(scene.heard, scene.language), scene.language.manners)
    return phrase(scene, _possible(meant, scene)) if meant else None


def _silence(said: Sequence[Turn]) -> Phrase:
    if not any(turn.role == recall.USER for turn in said):
        return Phrase.OPENING if not recall.last_answer(said) else Phrase.STILL_THERE
    return Phrase.SILENCE if said[-1].role == recall.USER else Phrase.STILL_THERE


def _possible(meant: Phrase, scene: Scene) -> Phrase:
    """What can be said instead, where memory does not hold what was asked for."""
    if meant is Phrase.NAME_ASKED and not scene.user:
        return Phrase.NAME_UNKNOWN
    if meant is Phrase.REPEAT and not recall.last_answer(scene.said):
        return Phrase.NOTHING_TO_REPEAT
    return meant


def _meant(levelled: str, meanings: Iterable[Meaning]) -> Phrase | None:
    return next((kind for kind, pattern in meanings if pattern.search(levelled)), None)


def topics(scene: Scene) -> str:
    """The answer to anything else. It owns up to what it does not know."""
    lead, rest = _without_greeting(worded(scene.heard, scene.language), scene)
    return lead + (_sum(scene) or _topic(unaccented(rest), scene) or _statement(rest, scene))


def _without_greeting(said: str, scene: Scene) -> tuple[str, str]:
    lead = scene.language.lead_greeting.match(unaccented(said))
    if not lead:
        return "", said
    return scene.hello + " ", worded(said[lead.end() :], scene.language)


def _sum(scene: Scene) -> str | None:
    try:
        value = sums.solve(scene.heard, scene.language)
    except ZeroDivisionError:
        return phrase(scene, Phrase.BY_ZERO)
    except ArithmeticError:
        return phrase(scene, Phrase.TOO_HARD)
    return None if value is None else phrase(scene, Phrase.SUM, sum=spoken_number(value, scene.language))


def _topic(levelled: str, scene: Scene) -> str | None:
    meant = _topic_of(levelled, scene)
    return phrase(scene, _possible(meant, scene)) if meant else None


def _topic_of(levelled: str, scene: Scene) -> Phrase | None:
    meant = _meant(levelled, (*scene.language.manners, *scene.language.topics))
    return Phrase.QUESTION if not meant and scene.heard.rstrip().endswith("?") else meant


def meaning(scene: Scene) -> Phrase:
    """What the user's words are, where they are no function's: a question, thanks, a name; else a statement."""
    levelled = plain(scene.heard, scene.language)
    if not levelled:
        return Phrase.SILENCE
    if recall.name_in(scene.heard, scene.language):
        return Phrase.NAME_TOLD
    rest = unaccented(_without_greeting(worded(scene.heard, scene.language), scene)[1])
    meant = _meant(levelled, scene.language.manners) or (Phrase.SUM if _sum(scene) else _topic_of(rest, scene))
    return meant or Phrase.STATEMENT


def _statement(said: str, scene: Scene) -> str:
    for pattern, reply in scene.language.reflections:
        match = pattern.search(unaccented(said))
        own = said[slice(*match.span(1))] if match else ""
        if match and len(own.split()) <= LONGEST_ECHO:
            return reply.format(swapped(own, scene.language))
    return phrase(scene, Phrase.STATEMENT)


def swapped(words: str, language: Language) -> str:
    """Words as the other side would say them: "my dog likes me" is "your dog likes you"."""
    longest_first = sorted(language.swaps, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})(?![\w'])")
    other, at = "", 0
    for match in pattern.finditer(unaccented(words)):
        other += words[at : match.start()] + language.swaps[match[0]]
        at = match.end()
    return language.elided.sub(r"\1'", other + words[at:])
