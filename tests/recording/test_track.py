"""One side of a recording: every sample at its place, silence between, nothing twice."""

from hypothesis import given
from hypothesis import strategies as st

from octi.recording.track import AHEAD_MOST, Track

Plan = list[tuple[int, int, int]]  # silence before a piece, its samples, and how far is taken afterwards


def sound(count: int, value: int = 1) -> bytes:
    """So many samples, none of them silent."""
    return value.to_bytes(2, "little") * count


PLANS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 40), st.integers(0, 90)), max_size=20)


@given(PLANS)
def test_what_is_put_is_taken_once_at_its_place(plan: Plan) -> None:
    """However it is taken in between: the whole is as long as its end, and silent where nothing was put."""
    track, expected, out = Track(), bytearray(), b""
    for number, (silence, count, until) in enumerate(plan, 1):
        start = max(track.end, track.taken) + silence
        track.put(start, sound(count, number))
        expected.extend(bytes(2 * start - len(expected)) + sound(count, number))
        out += track.take(min(until, track.end))
    out += track.take(max(track.end, track.taken))
    assert out == bytes(expected) + bytes(len(out) - len(expected))
    assert len(out) == 2 * track.taken


@given(PLANS, st.integers(0, 200), st.integers(0, 200))
def test_what_is_lifted_is_silent_and_nothing_else(plan: Plan, one: int, other: int) -> None:
    """The rest stays where it was."""
    first, last = sorted((one, other))
    track, plain = Track(), Track()
    for silence, count, _ in plan:
        for each in (track, plain):
            each.put(each.end + silence, sound(count))
    track.lift(first, last)
    expected = bytearray(plain.take(300))
    gone = expected[2 * first : 2 * last]
    expected[2 * first : 2 * last] = bytes(len(gone))
    assert track.take(300) == expected


def test_what_was_taken_is_not_taken_again() -> None:
    """Looking back gives nothing."""
    track = Track()
    track.put(0, sound(4))
    assert track.take(3) == sound(3)
    assert track.take(2) == b""
    assert track.take(5) == sound(1) + sound(1, 0)


def test_there_is_a_bound_on_what_waits() -> None:
    """Whoever sends hours in a second is counted, not kept."""
    track = Track()
    track.put(AHEAD_MOST - 10, sound(5))
    assert track.has_room(sound(5), 0)
    assert not track.has_room(sound(6), 0)
    assert track.has_room(sound(6), 1)
    assert track.left_out == 12
