"""When words are told."""

from typing import Any

from octi.engine.items import user_voice
from octi.simulator.script import Says
from octi.simulator.transcription import Transcription


def test_words_are_known_before_they_are_told() -> None:
    """The agent hears by itself; and they are told once."""
    told: list[str] = []

    def emit(kind: str, **_: Any) -> None:
        told.append(kind.rpartition(".")[2])

    words, entry = Transcription(), user_voice("i1")
    words.add(entry, Says("Hello", words="after"), 300)
    assert [turn.text for turn in words.turns([entry])] == ["Hello"]
    words.tell(emit, answering=True, asked_for=True)
    assert (told, bool(words)) == ([], True)
    words.tell(emit, answering=False, asked_for=True)
    words.tell(emit, answering=False, asked_for=True)
    assert (told, bool(words)) == (["delta", "completed"], False)
    assert entry.words == "Hello"


def test_what_an_item_brings_along_is_known_and_never_told() -> None:
    """It is no turn of the buffer's."""
    words, entry = Transcription(), user_voice("i1")
    words.know(entry, Says("Hello"))
    assert ([turn.text for turn in words.turns([entry])], bool(words)) == (["Hello"], False)
