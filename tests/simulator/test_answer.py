"""Words and tokens; the events of a response are tested with its conversation."""

from base64 import b64decode

import pytest

from octi.simulator.answer import TONE, WORD_MS, tokens, words_of
from octi.units import playing_time


@pytest.mark.parametrize("text", ["One", "One two three.", " spaces  inside ", ""])
def test_pieces_make_the_text_again(text: str) -> None:
    """With all its spaces."""
    assert "".join(words_of(text)) == text


def test_a_word_sounds_as_long_as_it_counts() -> None:
    """So that truncation is right to the millisecond."""
    assert playing_time(len(b64decode(TONE))) == WORD_MS


def test_four_letters_are_a_token() -> None:
    """Rounded up."""
    assert [tokens(text) for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]
