"""octi/realtime/timeline.py: where on the client's audio the user's turns lie."""

from octi.realtime.timeline import Timeline


def test_audio_in_odd_pieces_loses_no_time() -> None:
    """A piece may end inside of a millisecond."""
    timeline = Timeline()
    for _ in range(96):
        timeline.move(1, 48)
    assert timeline.now_ms == 2


def test_a_turn_is_its_speech() -> None:
    timeline = Timeline(1000)
    timeline.start("u", 200)
    timeline.stop("u", 600)
    assert timeline.commit("u") == (200, 600)


def test_a_turn_without_speech_is_what_was_buffered() -> None:
    """Since the last turn, or since the buffer was cleared."""
    timeline = Timeline(500)
    assert timeline.commit("u") == (0, 500)
    timeline.move(48 * 100, 48)
    timeline.clear()
    timeline.move(48 * 100, 48)
    assert timeline.commit("v") == (600, 700)


def test_a_leg_counts_from_its_own_beginning() -> None:
    timeline = Timeline(1000)
    timeline.go_on()
    timeline.start("u", 50)
    assert timeline.uncommitted() == {"u": (1050, 1000)}


def test_a_session_goes_on_where_it_ended() -> None:
    timeline = Timeline()
    timeline.go_on(4000)
    assert (timeline.now_ms, timeline.commit("u")) == (4000, (4000, 4000))


def test_speech_that_became_no_item_is_told_once() -> None:
    """With its end, or for as long as there was audio."""
    timeline = Timeline(900)
    timeline.start("u", 100)
    timeline.start("v", 500)
    timeline.stop("v", 700)
    assert timeline.uncommitted() == {"u": (100, 900), "v": (500, 700)}
    assert timeline.uncommitted() == {}
