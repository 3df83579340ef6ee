"""The agent's side: placed where it plays, cut where it was cut."""

from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.playback import Playback
from octi.recording.agent import MOST_ITEMS, AgentTrack, Item
from octi.units import SAMPLE_RATE_HZ
from tests.recording.test_track import sound

MS = SAMPLE_RATE_HZ // 1000
ARRIVALS = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 900)), min_size=1, max_size=20)  # ms: later, long


def audible(pcm: bytes) -> int:
    """How many samples are not silent."""
    return sum(pcm[at : at + 2] != b"\0\0" for at in range(0, len(pcm), 2))


@given(ARRIVALS)
def test_it_plays_as_octi_reckons_that_it_plays(arrivals: list[tuple[int, int]]) -> None:
    """`realtime.playback` and the recording agree on when all that was sent has been heard."""
    track, playback, now = AgentTrack(), Playback("r"), 0
    for later, length in arrivals:
        now += later
        playback.sound("i", sound(length * MS), now / 1000)
        track.say("i", sound(length * MS), now * MS)
        assert track.track.end == round(playback.ends_at * SAMPLE_RATE_HZ)
    assert audible(track.track.take(track.track.end)) == sum(length for _, length in arrivals) * MS


@given(ARRIVALS, st.integers(0, 5000), st.integers(0, 3000))
def test_so_much_is_heard_as_the_client_says(arrivals: list[tuple[int, int]], heard: int, taken: int) -> None:
    """In whatever pieces it came, and though some of it was taken already: that is told, to be silenced."""
    track, now, whole = AgentTrack(), 0, 0
    for later, length in arrivals:
        now += later
        track.say("i", sound(length), now)
        whole += length
    out = bytearray(track.track.take(taken))
    track.cut("i", heard)
    for start, end in track.unsaid:
        out[2 * start : 2 * end] = bytes(2 * (end - start))
    out += track.track.take(now + whole)
    assert audible(bytes(out)) == min(heard, whole)
    assert audible(bytes(out[: 2 * track.track.end])) == min(heard, whole)


def test_by_the_clock_nothing_is_heard_from_now_on() -> None:
    """And what comes next begins at once."""
    track = AgentTrack()
    track.say("a", sound(100), 0)
    track.cut_all(30)
    track.say("b", sound(10), 40)
    assert track.track.take(200) == sound(30) + sound(10, 0) + sound(10) + sound(150, 0)
    assert track.unsaid == []


def test_what_comes_late_of_what_was_cut_is_not_heard() -> None:
    """Clients pass it over, too."""
    track = AgentTrack()
    track.say("a", sound(100), 0)
    track.cut("a", 50)
    track.say("a", sound(100), 10)
    assert audible(track.track.take(300)) == 50


def test_another_item_is_left_alone() -> None:
    """It is truncated by itself, or was heard."""
    track = AgentTrack()
    track.say("a", sound(100), 0)
    track.say("b", sound(100, 2), 0)
    track.cut("a", 20)
    track.cut("c", 0)
    assert track.track.take(200) == sound(20) + sound(80, 0) + sound(100, 2)


def test_old_items_are_forgotten() -> None:
    """A day's conversation does not grow in memory."""
    track = AgentTrack()
    for number in range(MOST_ITEMS + 5):
        track.say(str(number), sound(1), 0)
    track.cut("0", 0)
    assert audible(track.track.take(1000)) == MOST_ITEMS + 5


def test_an_item_knows_how_much_of_it_was_heard() -> None:
    """Over its parts."""
    item = Item()
    item.add(0, 10)
    item.add(10, 20)
    item.add(30, 40)
    assert item.spans == [(0, 20), (30, 40)]
    assert [item.heard_by(place) for place in (0, 5, 20, 25, 35, 90)] == [0, 5, 20, 20, 25, 30]
