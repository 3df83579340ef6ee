"""The brain that says what it heard."""

from datetime import datetime

import pytest

from octi.engine.base import Line, Prompt, Say
from octi.engine.brains.echo import EchoBrain, echo

NOON = datetime(2026, 10, 2, 12)  # noqa: DTZ001 -- the local time of day


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ((), ["I heard nothing."]),
        ((Line("user", "hello there"),), ["You said: hello there."]),
        ((Line("user", "Really? Yes"),), ["You said: Really?", "Yes."]),
        ((Line("user", " ?! "),), ["I heard nothing."]),
        ((Line("user", "one"), Line("assistant", "You said: one.")), ["I heard nothing."]),
    ],
)
def test_the_echo_is_what_was_heard(history: tuple[Line, ...], words: list[str]) -> None:
    """Once: what was answered is not echoed again."""
    assert [say.text for say in echo(Prompt(instructions="", history=history, now=NOON))] == words


def test_the_echo_is_in_the_conversations_language() -> None:
    """French words are announced in French."""
    heard = Prompt(instructions="", history=(Line("user", "Bonjour !"),), language="fr", now=NOON)
    assert echo(heard) == (Say("Vous avez dit : Bonjour !"),)
    assert echo(Prompt(instructions="", history=(), language="fr", now=NOON)) == (Say("Je n'ai rien entendu."),)


async def test_the_brain_is_the_function() -> None:
    """It gives the same, one after another."""
    prompt = Prompt(instructions="", history=(Line("user", "hi"),), now=NOON)
    assert [part async for part in EchoBrain().answer(prompt)] == [Say("You said: hi.")]
