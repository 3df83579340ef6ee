"""What of the agent's voice was heard, by the clock."""

from octi.talk.dialect import AgentAudio
from octi.talk.playback import Playback
from octi.units import pcm_bytes


def piece(duration_ms: int, item: str = "a") -> AgentAudio:
    return AgentAudio(b"\1" * pcm_bytes(duration_ms), item)


def test_pieces_that_come_faster_than_they_play_queue_up() -> None:
    playback = Playback()
    for _ in range(3):
        assert playback.play(piece(500), 10.0)
    assert playback.ends_at == 11.5


def test_a_piece_that_comes_late_plays_at_once() -> None:
    playback = Playback()
    playback.play(piece(500), 10.0)
    playback.play(piece(500), 12.0)
    assert playback.ends_at == 12.5


def test_a_cut_says_how_much_of_the_item_was_heard_and_forgets_the_rest() -> None:
    playback = Playback()
    playback.play(piece(1000), 10.0)
    assert playback.cut(10.25) == 250
    assert (len(playback.pcm), playback.ends_at) == (pcm_bytes(250), 10.25)


def test_only_the_last_item_counts() -> None:
    """What was heard of the one before is no part of it."""
    playback = Playback()
    playback.play(piece(1000, "a"), 10.0)
    playback.play(piece(1000, "b"), 10.0)
    assert playback.cut(11.5) == 500
    assert len(playback.pcm) == pcm_bytes(1500)


def test_an_item_that_was_not_begun_was_not_heard() -> None:
    playback = Playback()
    playback.play(piece(1000, "a"), 10.0)
    playback.play(piece(1000, "b"), 10.0)
    assert playback.cut(10.5) == 0


def test_nothing_playing_is_nothing_to_cut() -> None:
    playback = Playback()
    assert playback.cut(10.0) is None
    playback.play(piece(100), 10.0)
    assert playback.cut(11.0) is None


def test_late_pieces_of_a_cut_item_stay_unheard() -> None:
    """They are on their way when the server hears of the cut. Another item is heard."""
    playback = Playback()
    playback.play(piece(1000), 10.0)
    playback.cut(10.5)
    assert not playback.play(piece(1000), 10.6)
    assert playback.play(piece(1000, "b"), 10.6)
    assert len(playback.pcm) == pcm_bytes(1500)


def test_without_names_of_items_everything_is_heard() -> None:
    """The OCTI protocol names none; octi itself sends nothing late."""
    playback = Playback()
    playback.play(piece(1000, ""), 10.0)
    playback.cut(10.5)
    assert playback.play(piece(1000, ""), 10.6)
