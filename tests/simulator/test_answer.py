"""Words and tokens; the events of a response are tested with its conversation."""

from base64 import b64decode

import pytest

from octi.engine.formats import open_inlet
from octi.simulator.answer import WORD_MS, tokens, tone, words_of
from octi.simulator.hearing import LoudnessEar
from octi.units import playing_time


@pytest.mark.parametrize("text", ["One", "One two three.", " spaces  inside ", ""])
def test_pieces_make_the_text_again(text: str) -> None:
    """With all its spaces."""
    assert "".join(words_of(text)) == text


@pytest.mark.parametrize("kind", ["audio/pcm", "audio/pcmu", "audio/pcma"])
def test_a_word_sounds_as_long_as_it_counts(kind: str) -> None:
    """So that truncation is right to the millisecond; it is loud in every format."""
    pcm = open_inlet(kind)(b64decode(tone(kind)))
    assert playing_time(len(pcm)) == WORD_MS
    assert {frame.speech for frame in LoudnessEar().hear(pcm)} == {1.0}


def test_four_letters_are_a_token() -> None:
    """Rounded up."""
    assert [tokens(text) for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]
