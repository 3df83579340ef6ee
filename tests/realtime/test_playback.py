"""What of an answer can have been heard, by the clock or by the client's word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.playback import Playback
from octi.units import pcm_bytes


def silence(ms: int) -> bytes:
    return bytes(pcm_bytes(ms))


def playing(*pieces: tuple[str, int], now: float = 10.0) -> Playback:
    """An answer whose items all came at once."""
    playback = Playback("r1")
    for item, ms in pieces:
        playback.add_words(item, f"{item}1 {item}2", spoken=True)
        playback.sound(item, silence(ms), now)
    return playback


def test_sound_that_comes_faster_than_it_plays_queues_up() -> None:
    assert playing(("a", 1000), ("a", 500), ("b", 500)).ends_at == 12.0


def test_sound_that_comes_late_is_waited_for() -> None:
    """A silence in between is no part of what was heard."""
    playback = playing(("a", 1000))
    playback.sound("a", silence(1000), 15.0)
    assert playback.ends_at == 16.0
    assert playback.cut(15.5) == [("a", 1500)]


def test_an_answer_begins_where_an_earlier_one_ends() -> None:
    playback = Playback("r2", ends_at=12.0)
    playback.sound("a", silence(1000), 10.0)
    assert playback.ends_at == 13.0
    assert playback.cut(11.0) == [("a", 0)]


@pytest.mark.parametrize(
    ("now", "over", "audible"), [(10.5, False, True), (10.5, True, True), (11.0, True, False), (11.0, False, True)]
)
def test_the_agent_is_audible_until_its_last_sound_was_played(now: float, over: bool, audible: bool) -> None:
    """Or while more may come."""
    playback = playing(("a", 1000))
    playback.over = over
    assert playback.audible(now) is audible


@pytest.mark.parametrize(
    ("now", "cut", "words"),
    [
        (9.0, [("a", 0), ("b", 0)], ""),
        (10.0, [("a", 0), ("b", 0)], ""),
        (10.4, [("a", 400), ("b", 0)], "a1"),
        (11.0, [("b", 0)], "a1 a2"),
        (11.7, [("b", 700)], "a1 a2 b1"),
        (12.0, [("b", 1000)], "a1 a2 b1 b2"),
        (99.0, [("b", 1000)], "a1 a2 b1 b2"),
    ],
)
def test_a_cut_says_of_each_item_how_much_was_heard(now: float, cut: list[tuple[str, int]], words: str) -> None:
    """Items heard whole are not named, but for the last: more of it may be on its way."""
    playback = playing(("a", 1000), ("b", 1000))
    assert playback.cut(now) == cut
    assert playback.heard_words() == words


def test_the_clients_word_goes_before_the_clock() -> None:
    """But nobody heard more than was sent."""
    assert playing(("a", 1000)).cut(10.9, 300) == [("a", 300)]
    assert playing(("a", 1000)).cut(10.9, 3000) == [("a", 1000)]
    assert playing(("a", 1000), ("b", 1000)).cut(10.0, 1400.9) == [("b", 400)]


def test_an_answer_that_was_not_cut_was_heard_whole() -> None:
    assert playing(("a", 1000), ("b", 1000)).heard_words() == "a1 a2 b1 b2"


def test_words_without_sound_were_not_heard() -> None:
    """The sound that goes with them had not come; there is nothing to truncate."""
    playback = Playback("r1")
    playback.add_words("a", "Hello", spoken=True)
    assert (playback.begun, playback.ms) == (True, 0)
    assert playback.cut(10.0) == []
    assert playback.heard_words() == ""


def test_written_words_are_read_at_once() -> None:
    playback = Playback("r1")
    playback.add_words("a", "Hel", spoken=False)
    playback.add_words("a", "lo", spoken=False)
    assert playback.cut(10.0) == []
    assert playback.heard_words() == "Hello"


def test_final_words_replace_their_pieces() -> None:
    playback = playing(("a", 1000))
    playback.settle_words("a", "Hello", spoken=True)
    assert playback.heard_words() == "Hello"


def test_nothing_has_begun_before_the_first_word_or_sound() -> None:
    assert not Playback("r1").begun
    assert playing(("a", 1)).begun


def test_half_a_sample_is_kept_for_its_item() -> None:
    """The next item's first byte is not its other half."""
    playback = Playback("r1")
    assert playback.sound("a", b"\1\2\3", 0) == b"\1\2"
    assert playback.sound("a", b"\4", 0) == b"\3\4"
    assert playback.sound("a", b"\5", 0) == b""
    assert playback.sound("b", b"\6\7", 0) == b"\6\7"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.binary(max_size=9)), max_size=9))
def test_whole_samples_go_on_as_they_came(pieces: list[tuple[str, bytes]]) -> None:
    """Of one item, none is lost but half a one at the end."""
    playback = Playback("r1")
    sent = b"".join(playback.sound("a", audio, 0) for _, audio in pieces)
    whole = b"".join(audio for _, audio in pieces)
    assert sent == whole[: len(whole) // 2 * 2]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 900), st.floats(0, 2)), min_size=1, max_size=8),
    st.floats(0, 20),
    st.none() | st.floats(0, 1e9),
)
def test_nobody_hears_more_than_was_sent(
    pieces: list[tuple[str, int, float]], now: float, played_ms: float | None
) -> None:
    """Whatever the clock or the client says, of every item and of all."""
    playback, clock, sent = Playback("r1"), 0.0, dict.fromkeys("abc", 0)
    for item, ms, pause in pieces:
        clock += pause
        playback.sound(item, silence(ms), clock)
        sent[item] += ms
    for item, heard_ms in playback.cut(clock + now, played_ms):
        assert 0 <= heard_ms <= sent[item]
    assert playback.ms == sum(sent.values())
