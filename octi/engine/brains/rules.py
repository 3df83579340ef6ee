"""A brain of rules, in the manner of ELIZA: small talk, sums, the time, and the functions that a session declares."""

from collections.abc import AsyncGenerator, Mapping, Sequence

import attrs

from octi.engine.base import Call, Called, Prompt, Say, Tool
from octi.engine.brains import asking, functions, recall, results, talk
from octi.engine.brains.functions import Match, Wish
from octi.engine.brains.language import Language, Phrase
from octi.engine.brains.languages import LANGUAGES, language_of
from octi.engine.brains.profile import profile_in
from octi.engine.brains.recall import Turn
from octi.engine.brains.talk import Scene, phrase
from octi.engine.brains.words import called, sentences
from octi.realtime.saying import words_to_say


@attrs.frozen
class RulesBrain:
    """Answers at once, in the prompt's language, and always the same to the same history. It never pretends to know."""

    languages: Mapping[str, Language] = LANGUAGES
    silence_s = None

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call, None]:
        """The answer, sentence by sentence."""
        for part in think(prompt, self.languages):
            yield part


def think(prompt: Prompt, languages: Mapping[str, Language] = LANGUAGES) -> tuple[Say | Call, ...]:
    """The whole answer: the results that just came in, a function's call, a question for the profile, or talk."""
    scene = scene_of(prompt, language_of(prompt.language, languages))
    if told := words_to_say(prompt.instructions):
        return says(told, scene)
    fresh = recall.new_results(prompt.history)
    if fresh:
        return says(" ".join(_result(made, scene) for made in fresh), scene)
    return _act(prompt, scene) or says(_talk(prompt, scene), scene)


def _talk(prompt: Prompt, scene: Scene) -> str:
    aside = asking.aside(profile_in(prompt.instructions), prompt.instructions, scene)
    return aside or talk.manners(scene) or talk.topics(scene)


def scene_of(prompt: Prompt, language: Language) -> Scene:
    """What talk may depend on, out of a prompt."""
    said = recall.turns(prompt.history)
    return Scene(
        said=said,
        agent=recall.agent_name(prompt.instructions, language),
        user=_user(prompt.instructions, said, language),
        functions=tuple(tool.name for tool in prompt.tools),
        now=prompt.now,
        language=language,
    )


def _user(instructions: str, said: Sequence[Turn], language: Language) -> str | None:
    """The name just told; or else the profile's, which is the truth about the user; or else the one told before."""
    just_told = recall.name_in(recall.heard(said), language)
    return just_told or profile_in(instructions).first_name or recall.user_name(said, language)


def says(text: str, scene: Scene) -> tuple[Say, ...]:
    """A text, sentence by sentence. There is always something to say."""
    return tuple(map(Say, sentences(text) or sentences(phrase(scene, Phrase.STATEMENT))))


def _result(made: Called, scene: Scene) -> str:
    if made.output is None:
        return phrase(scene, Phrase.WAITING, function=called(made.name, scene.language))
    return " ".join(sentences(results.spoken_result(made.output, scene.language)))


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
