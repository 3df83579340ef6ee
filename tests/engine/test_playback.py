"""The client's loudspeaker."""

from octi.engine.playback import Playback
from octi.units import pcm_bytes

SECOND = bytes(pcm_bytes(1000))


def test_what_is_sent_in_a_burst_is_heard_one_after_the_other() -> None:
    """And later, what comes later."""
    playback = Playback()
    for _ in range(3):
        playback.add("a", SECOND, 10.0)
    assert playback.until == 13.0
    assert playback.heard(12.9)
    assert not playback.heard(13.0)
    playback.add("b", SECOND, 20.0)
    assert playback.until == 21.0


def test_a_loudspeaker_that_is_stopped_is_silent() -> None:
    """From then on; one that was silent already was so before."""
    playback = Playback()
    playback.add("a", SECOND * 5, 10.0)
    playback.stop(12.0)
    playback.stop(14.0)
    assert playback.until == 12.0


def test_whoever_truncates_what_is_heard_has_stopped() -> None:
    """What was to come behind it is dropped as well; the last one, though it should be over, was heard until now."""
    playback = Playback()
    playback.add("a", SECOND * 2, 10.0)
    playback.add("b", SECOND * 2, 10.0)
    playback.truncate("a", 11.0)
    assert playback.until == 11.0
    playback.add("c", SECOND, 20.0)
    playback.truncate("c", 22.0)
    assert playback.until == 22.0


def test_late_news_of_an_earlier_answer_stops_nothing() -> None:
    """Nor do those of an item that never was."""
    playback = Playback()
    playback.add("a", SECOND, 10.0)
    playback.add("b", SECOND * 5, 20.0)
    for item in ("a", "unknown"):
        playback.truncate(item, 22.0)
    assert playback.until == 25.0


def test_nothing_explains_a_sound_while_nothing_is_played() -> None:
    """Nor does silence."""
    playback = Playback()
    heard = [float(number % 5) for number in range(40)]
    assert not playback.explains(heard, 5.0)
    playback.add("a", SECOND, 5.0)
    assert not playback.explains(heard, 6.0)
