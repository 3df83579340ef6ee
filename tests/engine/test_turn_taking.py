"""When somebody begins and ends to speak, frame by frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.base import FRAME_MS
from octi.engine.turn_taking import LONGEST_ONSET_MS, Change, Patience, TurnTaking


def changes(turns: TurnTaking, *runs: tuple[int, float], over_agent: bool = False) -> list[tuple[Change, int]]:
    """What runs of (frames, how likely speech is) change, and when (ms)."""
    return [
        (change, turns.now_ms)
        for frames, speech in runs
        for _ in range(frames)
        if (change := turns.hear(speech, over_agent=over_agent))
    ]


def test_four_frames_of_voice_make_speech() -> None:
    """128 ms in a row; it began with the first of them."""
    turns = TurnTaking()
    assert changes(turns, (10, 0.0), (3, 0.9), (1, 0.0), (3, 0.9)) == []
    assert changes(turns, (1, 0.9)) == [(Change.STARTED, 18 * FRAME_MS)]
    assert turns.began_ms == 14 * FRAME_MS


def test_more_voice_is_needed_while_the_agent_is_heard() -> None:
    """200 ms, in whole frames."""
    turns = TurnTaking()
    assert changes(turns, (6, 0.9), (1, 0.0), (7, 0.9), over_agent=True) == [(Change.STARTED, 14 * FRAME_MS)]


def test_a_pause_may_be_the_end_or_not() -> None:
    """After 200 ms of silence it may be; voice takes it back; after 500 ms it is."""
    speaking = TurnTaking()
    assert changes(speaking, (4, 0.9), (7, 0.0), (1, 0.9), (16, 0.0)) == [
        (Change.STARTED, 4 * FRAME_MS),
        (Change.PAUSED, 11 * FRAME_MS),
        (Change.RESUMED, 12 * FRAME_MS),
        (Change.PAUSED, 19 * FRAME_MS),
        (Change.STOPPED, 28 * FRAME_MS),
    ]
    assert not speaking.speaking


def test_a_short_gap_is_no_pause() -> None:
    """Between two words."""
    assert changes(TurnTaking(), (4, 0.9), (6, 0.0), (4, 0.9)) == [(Change.STARTED, 4 * FRAME_MS)]


def test_speech_goes_on_a_little_below_the_threshold() -> None:
    """A word's end is fainter than its beginning."""
    turns = TurnTaking(Patience(threshold=0.5))
    assert changes(turns, (4, 0.5), (100, 0.36)) == [(Change.STARTED, 4 * FRAME_MS)]
    assert changes(turns, (16, 0.34))[-1][0] is Change.STOPPED


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.1, 0.15])
def test_speech_ends_at_the_lowest_threshold_too(threshold: float) -> None:
    """What is surely silence is silence, though the hysteresis would reach below nothing."""
    turns = TurnTaking(Patience(threshold=threshold))
    kinds = [change for change, _ in changes(turns, (5, 0.9), (17, 0.001 if threshold else -0.1))]
    assert kinds == [Change.STARTED, Change.PAUSED, Change.STOPPED]


def test_no_patience_at_all_ends_a_turn_at_the_first_silent_frame() -> None:
    """silence_duration_ms 0, and there is nothing to guess."""
    turns = TurnTaking(Patience(silence_duration_ms=0))
    assert changes(turns, (4, 0.9), (1, 0.0)) == [(Change.STARTED, 128), (Change.STOPPED, 160)]


def test_what_was_begun_can_be_forgotten() -> None:
    """Time goes on; the next speech needs an onset of its own."""
    turns = TurnTaking()
    changes(turns, (5, 0.9))
    turns.reset()
    assert (turns.speaking, turns.now_ms) == (False, 5 * FRAME_MS)
    assert changes(turns, (3, 0.9)) == []


@given(some.lists(some.tuples(some.floats(0, 1), some.booleans())), some.floats(0, 1), some.integers(0, 2000))
def test_changes_come_in_an_order_that_makes_sense(
    frames: list[tuple[float, bool]], threshold: float, silence_ms: int
) -> None:
    """Started, then pauses that are resumed, then stopped; and `speaking` is true in between."""
    follows = {
        None: {Change.STARTED},
        Change.STARTED: {Change.PAUSED, Change.STOPPED},
        Change.PAUSED: {Change.RESUMED, Change.STOPPED},
        Change.RESUMED: {Change.PAUSED, Change.STOPPED},
        Change.STOPPED: {Change.STARTED},
    }
    turns = TurnTaking(Patience(threshold=threshold, silence_duration_ms=silence_ms))
    last: Change | None = None
    for speech, over_agent in frames:
        if change := turns.hear(speech, over_agent=over_agent):
            assert change in follows[last]
            last = change
        assert turns.speaking == (last not in {None, Change.STOPPED})
    assert turns.now_ms == len(frames) * FRAME_MS


def test_a_pause_lasts_as_long_as_it_is_given() -> None:
    """Longer or shorter than usual; the next one is as usual again."""
    turns = TurnTaking(Patience(silence_duration_ms=640))
    assert changes(turns, (4, 0.9), (7, 0.0))[-1][0] is Change.PAUSED
    turns.wait(960)
    assert changes(turns, (22, 0.0)) == []
    assert changes(turns, (1, 0.9), (7, 0.0), (13, 0.0), (1, 0.9)) == [
        (Change.RESUMED, 34 * FRAME_MS),
        (Change.PAUSED, 41 * FRAME_MS),
        (Change.STOPPED, 54 * FRAME_MS),
    ]
    assert changes(turns, (3, 0.9), (7, 0.0))[-1][0] is Change.PAUSED
    turns.wait(300)
    assert [change for change, _ in changes(turns, (3, 0.0))] == [Change.STOPPED]


def test_only_a_pause_can_be_given_time() -> None:
    """Whoever has gone on speaking meanwhile is given the usual."""
    turns = TurnTaking()
    changes(turns, (4, 0.9))
    turns.wait(2000)
    assert changes(turns, (16, 0.0))[-1][0] is Change.STOPPED


def test_the_agents_own_echo_is_no_speech() -> None:
    """For as long as it explains what is heard; what is older than a word's beginning is not taken along."""
    turns, echo = TurnTaking(), True
    for _ in range(50):
        assert turns.hear(0.9, over_agent=True, echo=lambda: echo) is None
    echo = False
    assert turns.hear(0.9, over_agent=True, echo=lambda: echo) is Change.STARTED
    assert turns.began_ms == 51 * FRAME_MS - LONGEST_ONSET_MS


def test_there_is_no_echo_of_a_silent_agent() -> None:
    """Nobody even asks."""
    turns = TurnTaking()
    heard = [turns.hear(0.9, echo=lambda: True) for _ in range(4)]
    assert heard[-1] is Change.STARTED
