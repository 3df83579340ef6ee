"""A brain that says what it heard: the shortest way to hear what a recogniser makes of one's words."""

from collections.abc import AsyncGenerator

from octi.engine.base import Call, Prompt, Say
from octi.engine.brains import recall
from octi.engine.brains.language import Phrase
from octi.engine.brains.languages import language_of
from octi.engine.brains.words import sentences


class EchoBrain:
    """Says back what the user said. It calls no functions."""

    silence_s = None

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call, None]:
        """The user's words since the agent last spoke, sentence by sentence."""
        for part in echo(prompt):
            yield part


def echo(prompt: Prompt) -> tuple[Say, ...]:
    """What was heard, behind "You said"."""
    replies = language_of(prompt.language).replies
    heard = sentences(recall.heard(recall.turns(prompt.history)))
    if not heard:
        return (Say(replies[Phrase.NOTHING_HEARD][0]),)
    return tuple(map(Say, sentences(replies[Phrase.ECHO][0].format(words=" ".join(heard)))))
