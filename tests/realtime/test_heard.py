"""How many words fit into the part of an answer that was heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.heard import heard_text

TEXTS = st.text(max_size=60) | st.lists(st.text("aéß漢かc", min_size=1, max_size=8)).map(" ".join)
TIMES = st.integers(-100, 5000)


@pytest.mark.parametrize(
    ("heard_ms", "words"),
    [
        (0, ""),
        (300, ""),
        (500, "Hello"),
        (590, "Hello"),
        (899, "Hello"),
        (900, "Hello you"),
        (1400, "Hello you"),
        (1500, "Hello you there"),
        (9000, "Hello you there"),
    ],
)
def test_a_word_counts_when_all_of_it_was_heard(heard_ms: int, words: str) -> None:
    """At an even pace over the letters: here one in 100 ms."""
    assert heard_text("Hello you there", heard_ms, 1500) == words


def test_a_word_that_ends_at_a_line_end_is_a_word() -> None:
    """Any space parts words, not only the plain one."""
    assert heard_text("one\ntwo\u00a0three", 9, 13) == "one\ntwo"


def test_a_single_word_is_heard_whole_or_not_at_all() -> None:
    """Half a word was not understood."""
    assert heard_text("Donaudampfschifffahrt", 999, 1000) == ""


def test_where_nobody_writes_spaces_each_character_counts() -> None:
    """Else nothing would be heard of a Japanese or Chinese answer until its end."""
    assert heard_text("こんにちは。元気ですか", 500, 1000) == "こんにちは"
    assert heard_text("你好 Octi 你好", 700, 1000) == "你好 Octi"


def test_of_an_answer_without_sound_nothing_is_cut() -> None:
    """There is nothing to measure by; nonsense does not break it."""
    assert heard_text("words", -5, 0) == "words"
    assert heard_text("", 3, 10) == ""


@given(TEXTS, TIMES, st.integers(1, 5000))
def test_what_was_heard_is_a_beginning_of_whole_words(text: str, heard_ms: int, spoken_ms: int) -> None:
    heard = heard_text(text, heard_ms, spoken_ms)
    assert text.startswith(heard)
    if heard != text:
        assert heard == heard.rstrip()
        assert heard == "" or text[len(heard)].isspace() or not_spaced(heard[-1]) or not_spaced(text[len(heard)])


def not_spaced(character: str) -> bool:
    return character >= "\u3040"


@given(TEXTS, TIMES, TIMES, st.integers(0, 5000))
def test_who_heard_longer_heard_no_less(text: str, one_ms: int, other_ms: int, spoken_ms: int) -> None:
    shorter, longer = sorted((one_ms, other_ms))
    assert heard_text(text, longer, spoken_ms).startswith(heard_text(text, shorter, spoken_ms))


@given(TEXTS, st.integers(0, 5000), st.integers(0, 100))
def test_who_heard_to_the_end_heard_it_all(text: str, spoken_ms: int, more_ms: int) -> None:
    assert heard_text(text, spoken_ms + more_ms, spoken_ms) == text
