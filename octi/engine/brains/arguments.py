"""A function's arguments, found in what was said. What cannot be found is left out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from octi.engine.brains import phrases, values
from octi.engine.brains.schema import Param
from octi.engine.brains.utterance import Found, Utterance

Finder = Callable[[Param, Utterance], Found | None]

# Kinds of values from the easiest to recognise to the greediest, each with what finds it, in order of trust.
FINDERS: Mapping[str, tuple[Finder, ...]] = {
    "choice": (values.find_choice,),
    "boolean": (values.find_flag,),
    "moment": (values.find_moment,),
    "number": (values.find_number,),
    "integer": (values.find_number,),
    "code": (values.find_code,),
    "string": (phrases.find_words, phrases.find_proper),
    "free": (phrases.find_free_text,),
    "array": (),
    "object": (),
    "null": (),
}
RANKS = list(FINDERS)
# In a reply the first word may be the name, and a text is all of it.
ANSWER_FINDERS: Mapping[str, tuple[Finder, ...]] = {
    "boolean": (values.find_yes,),
    "number": (values.find_any_number,),
    "integer": (values.find_any_number,),
    "string": (phrases.find_words, phrases.find_rest),
    "free": (),
}


def fill(declared: tuple[Param, ...], said: Utterance) -> dict[str, Any]:
    """What the words hold for the parameters. Needed ones and moments choose first, of them those easiest to recognise.

    What is left over when all have chosen goes to needed strings that found nothing: they take it rather than ask.
    """
    order = sorted(declared, key=lambda param: _turn(param, _kind(param, said)))
    filled: dict[str, Any] = {}
    for finder, params in ((find, order), (_find_rest, [param for param in order if param.required])):
        for param in params:
            found = finder(param, said) if param.name not in filled else None
            if found:
                filled[param.name] = found.value
                said = said.without(found.places)
    return filled


def _turn(param: Param, kind: str) -> tuple[bool, int]:
    """A day is no part of what somebody wants to be reminded of."""
    return not (param.required or kind == "moment"), RANKS.index(kind)


def find(param: Param, said: Utterance) -> Found | None:
    """A value for one parameter among the words that are not taken yet."""
    return _find_list(param, said) if param.kind == "array" else _first(FINDERS[_kind(param, said)], param, said)


def _find_rest(param: Param, said: Utterance) -> Found | None:
    return phrases.find_rest(param, said) if _kind(param, said) in ("string", "free") else None


def find_answer(param: Param, said: Utterance) -> Found | None:
    """A value in the reply to a question for just this parameter: whatever was said is at least a string."""
    if param.kind == "array":
        return _find_list(param, said)
    kind = _kind(param, said)
    found = _first(ANSWER_FINDERS.get(kind, FINDERS[kind]), param, said)
    whole = param.kind == "string" and not param.format and said.tokens
    return found or (said.found(range(len(said.tokens))) if whole else None)


def _first(finders: Iterable[Finder], param: Param, said: Utterance) -> Found | None:
    return next((found for finder in finders if (found := finder(param, said))), None)


def _kind(param: Param, said: Utterance) -> str:
    """The parameter's type; for a string, what sort of string its name and format ask for."""
    language = said.language
    if param.kind != "string":
        return param.kind
    if param.format.startswith(("date", "time")) or param.hints & (
        language.date_hints | language.time_hints | language.moment_hints
    ):
        return "moment"
    if param.format or param.hints & language.code_hints:
        return "code"
    return "free" if param.hints & language.free_text.keys() else "string"


def _find_list(param: Param, said: Utterance) -> Found | None:
    """Every choice or number that was said, or else the words as a list."""
    kind = param.items.kind
    if kind in ("choice", "integer", "number"):
        return _find_each(param.items, said)
    return phrases.find_items(said) if kind == "string" else None


def _find_each(item: Param, said: Utterance) -> Found | None:
    found: list[Found] = []
    while one := find(item, said):
        found.append(one)
        said = said.without(one.places)
    if not found:
        return None
    in_order = sorted(found, key=lambda one: min(one.places))
    return Found([one.value for one in in_order], frozenset().union(*(one.places for one in in_order)))
