"""How many words fit into the part of an answer that was heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.heard import Wording, heard_text, points

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


# Where words came piece by piece between their sounds

BEFORE = [0, 0, 4, 1000, 8, 1100]  # "one " before the first second, "two " before the next tenth, "six" behind it


@pytest.mark.parametrize(("heard_ms", "words"), [(749, ""), (750, "one"), (1074, "one"), (1075, "one two")])
def test_words_that_come_before_their_sound_are_tied_to_it(heard_ms: int, words: str) -> None:
    """Evenly, 750 ms would be \"one two\": here the first word takes most of the time, in which it runs evenly."""
    assert heard_text("one two six", heard_ms, 1200, BEFORE) == words


def test_words_that_come_behind_their_sound_are_tied_to_it() -> None:
    """Their ends are, then."""
    assert points(11, 1200, [0, 1000, 4, 1100, 8, 1200]) == [(0, 0), (1000, 4), (1100, 8), (1200, 11)]


@pytest.mark.parametrize(
    "marks",
    [
        [],
        [0, 0],
        [0, 3000],
        [0, 0, 40, 100, 50, 200],
        [0, 0, 2, 2900, 4, 2950],
    ],
)
def test_words_that_come_in_a_burst_say_nothing_of_their_pace(marks: list[int]) -> None:
    """All at once, or far before or behind their sound: then speech runs evenly."""
    assert points(60, 3000, marks) == [(0, 0), (3000, 60)]


def test_a_pause_is_a_pause() -> None:
    """Nobody speaks too fast, but anybody may be silent."""
    assert points(60, 3000, [0, 0, 30, 500, 31, 2500]) == [(0, 0), (500, 30), (2500, 31), (3000, 60)]


@st.composite
def wordings(draw: st.DrawFn) -> tuple[Wording, int]:
    """Words and sounds in any order, and how long the sounds are."""
    wording, ms = Wording(), 0
    for words, sound in draw(st.lists(st.tuples(st.text("ab 漢", max_size=12), st.integers(0, 900)), max_size=8)):
        wording.add_words(words, ms)
        ms += sound
    return wording, ms


@given(wordings(), TIMES, TIMES)
def test_however_words_and_sounds_come_who_heard_longer_heard_no_less(
    spoken: tuple[Wording, int], one_ms: int, other_ms: int
) -> None:
    wording, ms = spoken
    shorter, longer = sorted((one_ms, other_ms))
    more = wording.words_within(longer, ms)
    assert more.startswith(wording.words_within(shorter, ms))
    assert wording.words.startswith(more)
    assert wording.words_within(ms, ms) == wording.words


def test_pieces_that_come_without_a_sound_between_them_are_one() -> None:
    wording = Wording()
    for words, ms in (("one ", 0), ("two ", 0), ("six", 900)):
        wording.add_words(words, ms)
    assert list(wording.marks) == [0, 0, 8, 900]


def test_other_words_than_came_in_pieces_have_no_pace() -> None:
    """The same do."""
    wording = Wording()
    wording.add_words("one", 0)
    wording.settle_words("one")
    assert list(wording.marks) == [0, 0]
    wording.settle_words("One.")
    assert (wording.words, list(wording.marks)) == ("One.", [])
