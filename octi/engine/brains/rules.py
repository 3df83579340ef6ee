"""A brain of rules, in the manner of ELIZA: small talk, sums, the time, and the functions that a session declares."""

from collections.abc import AsyncGenerator, Sequence

import attrs

from octi.engine.base import Call, Called, Prompt, Say, Tool
from octi.engine.brains import functions, recall, results, talk
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.functions import Match, Wish
from octi.engine.brains.language import Language, Phrase
from octi.engine.brains.talk import Scene, phrase
from octi.engine.brains.words import sentences, spaced


@attrs.frozen
class RulesBrain:
    """Answers at once and always the same to the same history. It never pretends to know."""

    language: Language = ENGLISH

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call, None]:
        """The answer, sentence by sentence."""
        for part in think(prompt, self.language):
            yield part


def think(prompt: Prompt, language: Language = ENGLISH) -> tuple[Say | Call, ...]:
    """The whole answer: the results that just came in, a function's call, or talk."""
    scene = scene_of(prompt, language)
    fresh = recall.new_results(prompt.history)
    if fresh:
        return says(" ".join(_result(called, scene) for called in fresh), scene)
    return _act(prompt, scene) or says(talk.manners(scene) or talk.topics(scene), scene)


def scene_of(prompt: Prompt, language: Language) -> Scene:
    """What talk may depend on, out of a prompt."""
    said = recall.turns(prompt.history)
    return Scene(
        said=said,
        agent=recall.agent_name(prompt.instructions, language),
        user=recall.user_name(said, language),
        functions=tuple(tool.name for tool in prompt.tools),
        now=prompt.now,
        language=language,
    )


def says(text: str, scene: Scene) -> tuple[Say, ...]:
    """A text, sentence by sentence. There is always something to say."""
    return tuple(map(Say, sentences(text) or sentences(phrase(scene, Phrase.STATEMENT))))


def _result(called: Called, scene: Scene) -> str:
    if called.output is None:
        return phrase(scene, Phrase.WAITING, function=spaced(called.name))
    return " ".join(sentences(results.spoken_result(called.output, scene.language)))


def _act(prompt: Prompt, scene: Scene) -> tuple[Say | Call, ...]:
    """The call that the prompt allows and the words ask for, or the question before it; nothing if it is neither."""
    if prompt.tool_choice == "none" or not prompt.tools:
        return ()
    named = tuple(tool for tool in prompt.tools if tool.name == prompt.tool_choice)
    if named or prompt.tool_choice == "required":
        return _forced(named or prompt.tools, scene)
    return _wished(prompt.tools, scene)


def _forced(tools: Sequence[Tool], scene: Scene) -> tuple[Call]:
    """A call whatever was said: of the function that was asked about, fits best, or stands first."""
    match = functions.best_match(tools, scene.heard, scene)
    wish = functions.open_wish(tools, scene) or Wish(match.tool if match else tools[0], scene.heard)
    return (functions.call(wish, functions.arguments_for(wish, scene)),)


def _wished(tools: Sequence[Tool], scene: Scene) -> tuple[Say | Call, ...]:
    match, wish = functions.best_match(tools, scene.heard, scene), functions.open_wish(tools, scene)
    if wish and functions.is_over(wish, scene):
        return says(phrase(scene, Phrase.GIVE_UP), scene)
    if match and _is_new(match, wish, scene):
        wish = Wish(match.tool, scene.heard)
    return _call_or_ask(wish, scene) if wish else ()


def _is_new(match: Match, wish: Wish | None, scene: Scene) -> bool:
    """Whether to start on a function: not for small talk, nor for words that answer a question about another."""
    if wish:
        return match.full and match.tool != wish.tool
    return match.full or talk.manners(scene) is None


def _call_or_ask(wish: Wish, scene: Scene) -> tuple[Say | Call, ...]:
    found = functions.arguments_for(wish, scene)
    lacking = functions.missing(wish, found)
    return says(functions.question(lacking, scene), scene) if lacking else (functions.call(wish, found),)
