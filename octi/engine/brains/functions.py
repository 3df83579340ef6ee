"""Which function the user's words ask for, and what is still to be asked before it can be called."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from octi.engine.base import Call, Tool
from octi.engine.brains import arguments, recall, schema
from octi.engine.brains.language import Phrase
from octi.engine.brains.schema import Param
from octi.engine.brains.talk import Scene
from octi.engine.brains.utterance import utterance
from octi.engine.brains.words import called, content, listed, lower_words, plain, spaced

MOST_REPEATED = 2  # questions asked again before the brain lets go
FEW_WORDS = 3  # "book it now"
MOST_CHOICES = 6  # more are not read out
QUESTIONS: Mapping[str, Phrase] = {
    "choice": Phrase.ASK_CHOICE,
    "boolean": Phrase.ASK_FLAG,
    "integer": Phrase.ASK_NUMBER,
    "number": Phrase.ASK_NUMBER,
}


@attrs.frozen
class Match:
    """How well a text fits a function. `full`: every word of its name was said."""

    tool: Tool
    score: int = 0
    full: bool = False


@attrs.frozen
class Wish:
    """A function the user wants: the words that asked for it, and their replies to questions, by parameter."""

    tool: Tool
    opening: str
    replies: Mapping[str, str] = attrs.field(factory=dict)
    asked: int = 0  # questions so far, of which some were about the same parameter again


def best_match(tools: Sequence[Tool], text: str, scene: Scene) -> Match | None:
    """The function whose name and description fit best; the first declared of equals. None if none fits."""
    if any(word in scene.language.negations for word in lower_words(text, scene.language)):
        return None
    matches = [match for tool in tools if (match := match_of(tool, text, scene)).score]
    return max(matches, key=lambda match: (match.score, match.full), default=None)


def match_of(tool: Tool, text: str, scene: Scene) -> Match:
    """How well a text fits one function.

    It must hold two words of its name and description; or one that is half of the name or of what was said, if the
    name has but one that tells, or something is asked for: who reads a good book wants no table booked.
    """
    said, name = content(text, scene.language), name_words(tool, scene)
    in_name, described = said & name, said & description_words(tool, scene) - name
    one_will_do = len(name - scene.language.vague_words) < 2 or asks(text, scene)
    half = len(in_name) * 2 >= max(len(name), 1) or len(described) * 2 >= len(said)
    fits = len(in_name | described) >= 2 or (one_will_do and half)
    score = 2 * len(in_name) + len(described)
    return Match(tool, score if fits else 0, bool(name) and name <= said)


def asks(text: str, scene: Scene) -> bool:
    """Does the user ask for something, rather than tell? Whoever says next to nothing asks."""
    said = lower_words(text, scene.language)
    return len(said) <= FEW_WORDS or bool(scene.language.wishes.search(" ".join(said)))


def name_words(tool: Tool, scene: Scene) -> frozenset[str]:
    """The words of a function's name that tell it from others; all of them if none does."""
    every = content(spaced(tool.name), scene.language)
    return every - scene.language.vague_words or every


def description_words(tool: Tool, scene: Scene) -> frozenset[str]:
    """The words of a function's description that tell it from others. Capitals are examples: "such as Paris"."""
    words = tool.description.split()
    common = " ".join(word for place, word in enumerate(words) if place == 0 or not word[0].isupper())
    return content(common, scene.language) - scene.language.vague_words


def open_wish(tools: Sequence[Tool], scene: Scene) -> Wish | None:
    """The function that the agent was asking about when the user replied, if it was."""
    questions, said = _questions(tools, scene), list(scene.said)
    replies: list[tuple[str, str]] = []
    while len(said) >= 3 and said[-1].role == recall.USER and (asked := _asked(said[-2], questions)):
        replies.insert(0, (asked, said.pop().text))
        said.pop()
    if not replies or said[-1].role != recall.USER:
        return None
    asked_of = [tool for tool in tools if any(asked in _own_questions(tool, scene) for asked, _ in replies)]
    match = best_match(asked_of, said[-1].text, scene)
    tool = match.tool if match else asked_of[0]
    own = _own_questions(tool, scene)
    return Wish(tool, said[-1].text, {own[asked]: text for asked, text in replies if asked in own}, len(replies))


def is_over(wish: Wish, scene: Scene) -> bool:
    """Whether the user called it off, or was asked for one thing so often that it is kinder to stop."""
    called_off = scene.language.cancels.search(plain(scene.heard, scene.language))
    return bool(called_off) or wish.asked - len(wish.replies) >= MOST_REPEATED


def _questions(tools: Sequence[Tool], scene: Scene) -> frozenset[str]:
    return frozenset(question for tool in tools for question in _own_questions(tool, scene))


def _own_questions(tool: Tool, scene: Scene) -> dict[str, str]:
    """The questions that a function may need, and the parameter each is about."""
    return {question(param, scene): param.name for param in schema.params(tool.parameters) if param.required}


def _asked(turn: recall.Turn, questions: frozenset[str]) -> str | None:
    found = (question for question in questions if turn.text.endswith(question))
    return next(found, None) if turn.role == recall.AGENT else None


def question(param: Param, scene: Scene) -> str:
    """How to ask for a parameter. It must read the same in every turn: the reply is recognised by it."""
    names = [called(str(choice), scene.language) for choice in param.choices[:MOST_CHOICES]]
    choices = listed(names, scene.language.alternative)
    template = scene.language.replies[QUESTIONS.get(param.kind, Phrase.ASK_WORDS)][0]
    return template.format(param=called(param.name, scene.language), choices=choices)


def arguments_for(wish: Wish, scene: Scene) -> dict[str, Any]:
    """What the user's words hold for a function's parameters. Their replies to questions come before the rest."""
    declared = schema.params(wish.tool.parameters)
    topic = content(spaced(wish.tool.name), scene.language) | description_words(wish.tool, scene)
    replied: dict[str, Any] = {}
    for param in declared:
        reply = utterance(wish.replies.get(param.name, ""), frozenset(), scene.now, scene.language)
        found = arguments.find_answer(param, reply)
        replied |= {param.name: found.value} if found else {}
    rest = tuple(param for param in declared if param.name not in replied)
    return arguments.fill(rest, utterance(wish.opening, topic, scene.now, scene.language)) | replied


def missing(wish: Wish, found: Mapping[str, Any]) -> Param | None:
    """The first parameter that must be there and is not."""
    return next((p for p in schema.params(wish.tool.parameters) if p.required and p.name not in found), None)


def call(wish: Wish, found: Mapping[str, Any]) -> Call:
    """The call, with empty values for what must be there and is not; arguments in the schema's order."""
    declared = schema.params(wish.tool.parameters)
    values = {p.name: found.get(p.name, schema.empty(p)) for p in declared if p.required or p.name in found}
    return Call(wish.tool.name, values)
