"""Both sides on one clock."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from octi.recording.timeline import HOLD_S, Timeline, interleaved, place_of
from octi.units import SAMPLE_RATE_HZ
from tests.recording.test_track import sound

SECOND = SAMPLE_RATE_HZ


def sides(stereo: bytes) -> tuple["array[int]", "array[int]"]:
    """Left and right."""
    both = array("h", stereo)
    return both[::2], both[1::2]


def test_left_is_the_user_and_right_the_agent() -> None:
    """Each where it was heard."""
    line = Timeline()
    line.user.hear(sound(SECOND, 7), 2 * SECOND)
    line.agent.say("a", sound(SECOND, 9), round(2.5 * SECOND))
    left, right = sides(line.heard_until(3.0) + line.end(4.0))
    assert len(left) == len(right) == 4 * SECOND
    assert left.tobytes() == sound(SECOND, 0) + sound(SECOND, 7) + sound(2 * SECOND, 0)
    assert right.tobytes() == sound(round(2.5 * SECOND), 0) + sound(SECOND, 9) + sound(SECOND // 2, 0)


@given(st.lists(st.floats(0.01, 3), min_size=1, max_size=20))
def test_a_recording_is_as_long_as_its_session(steps: list[float]) -> None:
    """Whenever it is written, and though nothing sounds."""
    line, now, length = Timeline(), 0.0, 0
    for step in steps:
        now += step
        length += len(line.heard_until(now))
        assert length == max(0, place_of(now - HOLD_S)) * 4
    assert not line.sounded
    assert length + len(line.end(now)) == place_of(now) * 4


def test_who_has_left_hears_nothing_any_more() -> None:
    """The agent's voice that was on its way is not part of it; what the user had said by then is."""
    line = Timeline()
    line.agent.say("a", sound(10 * SECOND), 0)
    line.user.hear(sound(3 * SECOND), SECOND)
    left, right = sides(line.end(2.0))
    assert (len(left), len(right)) == (3 * SECOND, 3 * SECOND)
    assert right.tobytes() == sound(2 * SECOND) + sound(SECOND, 0)


def test_what_turns_out_unheard_is_told_once() -> None:
    """Where it is, for whoever has written it."""
    line = Timeline()
    line.agent.say("a", sound(4 * SECOND), 0)
    assert len(line.heard_until(3.0)) == 2 * SECOND * 4
    line.agent.cut("a", SECOND)
    assert line.unsaid() == [(SECOND, 2 * SECOND)]
    assert line.unsaid() == []


def test_channels_are_interleaved() -> None:
    """Left first."""
    assert interleaved(b"\1\0\2\0", b"\3\0\4\0") == b"\1\0\3\0\2\0\4\0"


def test_what_is_left_out_is_counted_over_both_sides() -> None:
    """Ten minutes at once are more than waits."""
    line = Timeline()
    line.user.hear(sound(600 * SECOND), 0)
    line.agent.say("a", sound(600 * SECOND), 0)
    assert line.left_out == 2 * 600 * SECOND * 2
