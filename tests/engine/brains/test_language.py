"""What a brain must know of a language."""

import re
import time
from collections.abc import Iterator
from datetime import datetime

import attrs
import pytest

from octi.engine.base import Line, Prompt, Say
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.language import Language, Phrase
from octi.engine.brains.languages import LANGUAGES
from octi.engine.brains.rules import RulesBrain

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day
PIRATE = attrs.evolve(ENGLISH, replies={**ENGLISH.replies, Phrase.GREETING: ("Ahoy!",), Phrase.TIME: ("{time}, arr.",)})


@pytest.mark.parametrize(("heard", "answer"), [("hello", "Ahoy!"), ("what time is it", "2:05 PM, arr."), ("no", "All")])
async def test_another_language_is_another_value(heard: str, answer: str) -> None:
    """The brain that is given it speaks it; no code changes."""
    prompt = Prompt(instructions="", history=(Line("user", heard),), now=FRIDAY)
    said = [part async for part in RulesBrain({"en": PIRATE}).answer(prompt)]
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


def _patterns(language: Language) -> Iterator[re.Pattern[str]]:
    for field in attrs.fields(Language):
        value = getattr(language, field.name)
        yield from [value] if isinstance(value, re.Pattern) else ()
        for entry in value if isinstance(value, tuple) else ():
            parts = entry if isinstance(entry, tuple) else (entry,)
            yield from (part for part in parts if isinstance(part, re.Pattern))


HARD = [
    *("a" * 5_000, "1 000 " * 800, "1,000" * 1_000, "non " * 1_250, "oui " * 1_250, "merci beaucoup " * 330),
    *(
        "l'" * 2_500,
        "l " * 2_500,
        "huit heures " * 410,
        "quatre vingt " * 380,
        "at eight thirty " * 310,
        "\x00 " * 2_500,
    ),
    *("ne le la " * 550, "ajoute a " * 550, "deux et " * 700, "what is and " * 400, "add to " * 700, "A-" * 2_500),
    *(
        "je m'appelle " * 380,
        "my name is " * 450,
        "qui est ce que tu " * 270,
        " " * 5_000,
        ", " * 2_500,
    ),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", HARD, ids=lambda text: repr(text[:12]))
def test_no_pattern_takes_long_on_any_text(text: str, language: str) -> None:
    """On five times as much as is ever looked at, all of a language's patterns together."""
    patterns = list(_patterns(LANGUAGES[language]))
    assert len(patterns) > 50
    started = time.process_time()
    for pattern in patterns:
        for _ in pattern.finditer(text):
            pass
    assert time.process_time() - started < 1


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_phrase_has_a_reply_in_every_language(language: Language) -> None:
    """There is nothing that only one of them can say."""
    assert set(language.replies) == set(Phrase)
    assert all(language.replies.values())


def test_a_phrase_is_called_what_its_name_says() -> None:
    """In words, so that it reads well in a message."""
    assert [phrase for phrase in Phrase if phrase.value != phrase.name.lower().replace("_", " ")] == []
