"""A session's ear and buffer."""

import pytest

from octi.engine.base import FRAME_MS, Frame
from octi.engine.listener import LONGEST_BUFFER_MS, LONGEST_PIECE_MS, SEEK_MS, Listener, duration_ms, pieces
from octi.engine.turn_taking import LONGEST_ONSET_MS, Change, Patience
from tests.engine.fakes import SILENCE, VOICE, MarkedEar, marks, sound

LONG = 40_000


def listener(**numbers: float) -> Listener:
    patience = {"prefix_padding_ms": 96, "silence_duration_ms": 200, **numbers}
    return Listener(MarkedEar(), Patience(**patience))  # type: ignore[arg-type]  # whole where they have to be


def hear(listener: Listener, *sounds: bytes) -> list[Change]:
    return [change for pcm in sounds for change in listener.hear(pcm, over_agent=False)]


def buffered(listener: Listener) -> list[int]:
    return [round(frame.speech * 100) for frame in listener.peek()]


def test_a_turn_is_its_speech_with_padding_in_front_and_the_silence_that_ended_it() -> None:
    """And nothing else of what was heard."""
    ears = listener()
    assert hear(ears, sound(3200, SILENCE), sound(160), sound(224, SILENCE)) == [
        Change.STARTED,
        Change.STOPPED,
    ]
    assert buffered(ears) == [SILENCE] * 3 + [VOICE] * 5 + [SILENCE] * 7
    assert ears.now_ms == 3200 + 160 + 224
    assert not ears.speaking


def test_each_change_is_told_with_the_buffer_of_its_moment() -> None:
    """However much sound came at once."""
    ears = listener()
    seen = [(change, len(ears.peek())) for change in ears.hear(sound(128) + sound(640, SILENCE), over_agent=False)]
    assert seen == [(Change.STARTED, 4), (Change.STOPPED, 4 + 7)]


def test_the_padding_keeps_the_frame_in_which_it_begins() -> None:
    """Rather a little more than a clipped word."""
    ears = listener(prefix_padding_ms=100)
    hear(ears, sound(3200, SILENCE), sound(128))
    assert ears.speech_began_ms == 3100
    assert buffered(ears) == [SILENCE] * 4 + [VOICE] * 4


def test_silence_is_kept_only_as_padding() -> None:
    """An open microphone costs no memory."""
    ears = listener()
    hear(ears, sound(60_000, SILENCE))
    assert len(ears.peek()) * FRAME_MS <= 96 + LONGEST_ONSET_MS
    ears = listener(prefix_padding_ms=10**9)
    for _ in range(LONGEST_BUFFER_MS // LONG + 1):
        hear(ears, sound(LONG, SILENCE))
    assert len(ears.peek()) * FRAME_MS <= LONGEST_BUFFER_MS


def test_without_turn_taking_everything_is_kept_for_ten_minutes() -> None:
    """The client commits; an endless turn loses its beginning, not its end."""
    ears = Listener(MarkedEar(), None)
    assert hear(ears, sound(640), sound(640, SILENCE)) == []
    assert len(ears.peek()) == 40
    for _ in range(LONGEST_BUFFER_MS // LONG + 1):
        hear(ears, sound(LONG, SILENCE))
    assert len(ears.peek()) * FRAME_MS == LONGEST_BUFFER_MS
    assert buffered(ears)[0] == SILENCE


@pytest.mark.parametrize("sent_ms", [0, 1, 20, 99, 100, 1000])
def test_what_is_buffered_is_what_was_sent(sent_ms: int) -> None:
    """Though the ear keeps back what does not fill a frame."""
    ears = Listener(MarkedEar(), None)
    hear(ears, sound(sent_ms))
    assert ears.buffered_ms == sent_ms
    ears.take()
    assert ears.buffered_ms == 0
    hear(ears, sound(40))
    assert ears.buffered_ms == 40


def test_what_was_taken_is_nobody_elses() -> None:
    """The next turn's padding ends where this one ended."""
    ears = listener(prefix_padding_ms=1000)
    hear(ears, sound(320))
    assert len(ears.take()) == 10
    assert ears.peek() == []
    hear(ears, sound(320))
    assert ears.speech_began_ms == 320


def test_turn_taking_is_switched_off_in_mid_speech() -> None:
    """What was heard stays; nobody is speaking any more."""
    ears = listener()
    hear(ears, sound(320))
    ears.listen(None)
    assert not ears.speaking
    assert hear(ears, sound(640, SILENCE)) == []
    assert len(ears.peek()) == 30


def test_turn_taking_is_tuned_in_mid_speech() -> None:
    """The speech goes on and ends by the new numbers."""
    ears = listener()
    hear(ears, sound(320))
    ears.listen(Patience(silence_duration_ms=64))
    assert hear(ears, sound(64, SILENCE)) == [Change.STOPPED]


def frame(speech: float) -> Frame:
    return Frame(speech, bytes([round(speech * 100), 0]) * 512)


def test_a_short_turn_is_one_piece() -> None:
    """As short as it may be."""
    assert pieces([]) == [b""]
    whole = [frame(0.9)] * (LONGEST_PIECE_MS // FRAME_MS)
    assert [duration_ms(piece) for piece in pieces(whole)] == [LONGEST_PIECE_MS]


def test_a_long_turn_is_cut_at_its_quietest_moments() -> None:
    """In the last seconds of each piece; nothing is lost, nothing is there twice."""
    quiet = {700: 0.4, 750: 0.2, 800: 0.3, 1500: 0.1}
    frames = [frame(quiet.get(index, 0.9)) for index in range(2000)]
    cut = pieces(frames)
    assert b"".join(cut) == b"".join(frame.pcm for frame in frames)
    assert [marks(piece)[-1] for piece in cut] == [20, 10, 90]
    assert all(duration_ms(piece) <= LONGEST_PIECE_MS for piece in cut)
    assert all(duration_ms(piece) > LONGEST_PIECE_MS - SEEK_MS for piece in cut[:-1])


def test_a_turn_without_a_quiet_moment_is_cut_all_the_same() -> None:
    """No piece is too long."""
    cut = pieces([frame(0.9)] * 3000)
    assert all(duration_ms(piece) <= LONGEST_PIECE_MS for piece in cut)
    assert sum(map(duration_ms, cut)) == 3000 * FRAME_MS
