"""What a brain must know of a language."""

from datetime import datetime

import attrs
import pytest

from octi.engine.base import Line, Prompt, Say
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.language import Language, Phrase
from octi.engine.brains.rules import RulesBrain

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day
PIRATE = attrs.evolve(ENGLISH, replies={**ENGLISH.replies, Phrase.GREETING: ("Ahoy!",), Phrase.TIME: ("{time}, arr.",)})


@pytest.mark.parametrize(("heard", "answer"), [("hello", "Ahoy!"), ("what time is it", "2:05 PM, arr."), ("no", "All")])
async def test_another_language_is_another_value(heard: str, answer: str) -> None:
    """The brain that is given it speaks it; no code changes."""
    prompt = Prompt(instructions="", history=(Line("user", heard),), now=FRIDAY)
    said = [part async for part in RulesBrain(PIRATE).answer(prompt)]
    assert isinstance(said[0], Say)
    assert said[0].text.startswith(answer)


def test_a_language_leaves_nothing_out() -> None:
    """No field has a default, which would be in another language."""
    assert [field.name for field in attrs.fields(Language) if field.default is not attrs.NOTHING] == []


def test_the_fields_are_given_by_name() -> None:
    """There are too many to count."""
    assert all(field.kw_only for field in attrs.fields(Language))


def test_a_language_is_frozen() -> None:
    """All sessions share it."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ENGLISH.hello = "Ahoy."  # type: ignore[misc]


def test_a_phrase_is_called_what_its_name_says() -> None:
    """In words, so that it reads well in a message."""
    assert [phrase for phrase in Phrase if phrase.value != phrase.name.lower().replace("_", " ")] == []
