"""What a function gave back, as something a person can listen to."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from octi.engine.brains.language import Language, Phrase
from octi.engine.brains.numerals import spoken_number
from octi.engine.brains.words import called, listed, sentences, shortened

LONGEST = 280  # characters: about twenty seconds of speech
MOST_PAIRS = 6
MOST_ITEMS = 3
HUGE = 10**15  # numbers that are no amounts any more
DEEPEST = 3  # objects within objects that anyone can follow by ear
VERDICTS = frozenset({"ok", "success", "succeeded", "status"})  # keys that say whether it worked, not what came of it
BAD_STATUS = frozenset({"error", "failed", "failure"})
REASONS = ("error", "message", "detail", "reason")
SOLE = frozenset({"result", "results", "message", "answer", "text", "output", "data", "value", "content"})
LABELS = ("name", "title", "label", "text", "id")


def spoken_result(output: str, language: Language) -> str:
    """A function's output in words, of a length that can be listened to. Failures are said to be failures."""
    value = parsed(output)
    trouble = _trouble(value)
    if trouble is not None:
        why = shortened(_words(trouble, language, 0), LONGEST)
        return language.replies[Phrase.FAILED][0].format(why=" ".join(sentences(_capital(why))))
    words = shortened(_words(_without_verdict(value), language, 0), LONGEST)
    return _capital(words) if sentences(words) else language.replies[Phrase.DONE][0]


def parsed(output: str) -> Any:
    """The output as JSON, or as the text it is."""
    try:
        return json.loads(output)
    except (ValueError, RecursionError):
        return output


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _trouble(value: object) -> object | None:
    """Why it failed ("" if it did not say), or None if it did not fail."""
    if not isinstance(value, Mapping):
        return None
    status = str(value.get("status", "")).lower()
    failed = value.get("error") or value.get("ok") is False or value.get("success") is False or status in BAD_STATUS
    return _reason(value) if failed else None


def _reason(value: Mapping[str, Any]) -> object:
    said = next((value[key] for key in REASONS if value.get(key) and value[key] is not True), "")
    inner = said if isinstance(said, Mapping) else {}
    return next((inner[key] for key in REASONS if inner.get(key)), said)


def _without_verdict(value: object) -> object:
    """An object without what only says that it worked, and without a wrapper that says nothing."""
    if not isinstance(value, Mapping):
        return value
    rest = {key: part for key, part in value.items() if not (key in VERDICTS and _is_verdict(part)) and key != "error"}
    return next(iter(rest.values())) if len(rest) == 1 and rest.keys() <= SOLE else rest or ""


def _is_verdict(part: object) -> bool:
    return part is True or (isinstance(part, str) and part.lower() in VERDICTS)


def _words(value: object, language: Language, depth: int) -> str:
    match value:
        case None | bool():
            return language.replies[{None: Phrase.NOTHING, True: Phrase.TRUE, False: Phrase.FALSE}[value]][0]
        case int() | float():
            return _number(value, language)
        case Mapping():
            return _pairs(value, language, depth)
        case list():
            return _items(value, language, depth)
        case _:
            return " ".join(str(value).split())


def _number(value: float, language: Language) -> str:
    if not math.isfinite(value):
        return _none(language)
    if abs(value) > HUGE:
        return str(value)
    return spoken_number(Fraction(str(value)), language)


def _pairs(value: Mapping[str, Any], language: Language, depth: int) -> str:
    if depth >= DEEPEST:
        return _more(len(value), language)
    pair = language.replies[Phrase.PAIR][0]
    parts = [
        pair.format(name=called(name, language) or name, value=_words(part, language, depth + 1))
        for name, part in list(value.items())[:MOST_PAIRS]
    ]
    return listed([*parts, *_rest(len(value) - MOST_PAIRS, language)], language.conjunction)


def _items(value: Sequence[Any], language: Language, depth: int) -> str:
    if depth >= DEEPEST:
        return _more(len(value), language)
    first = [_label(item, language, depth + 1) for item in value[:MOST_ITEMS]]
    if depth:
        return listed([*first, *_rest(len(value) - MOST_ITEMS, language)], language.conjunction) or _none(language)
    items = listed(first, language.conjunction)
    return language.replies[_counted(len(value))][0].format(count=len(value), items=items)


def _counted(count: int) -> Phrase:
    if count > MOST_ITEMS:
        return Phrase.FIRST_ITEMS
    return {0: Phrase.NO_ITEMS, 1: Phrase.ONE_ITEM}.get(count, Phrase.ALL_ITEMS)


def _label(item: object, language: Language, depth: int) -> str:
    """An object in a list by its name, if it has one."""
    if isinstance(item, Mapping):
        item = next((item[key] for key in LABELS if item.get(key)), item)
    return _words(item, language, depth)


def _rest(count: int, language: Language) -> Iterator[str]:
    if count > 0:
        yield _more(count, language)


def _more(count: int, language: Language) -> str:
    return language.replies[Phrase.MORE][0].format(count=count)


def _none(language: Language) -> str:
    return language.replies[Phrase.NOTHING][0]
