"""Recordings and silence, cut into pieces that come in real time."""

from octi.talk.tape import CHUNK_MS, Tape
from octi.units import pcm_bytes

CHUNK = pcm_bytes(CHUNK_MS)


def test_an_empty_tape_is_silence() -> None:
    assert Tape(0.0).take() == bytes(CHUNK)


def test_a_recording_comes_in_whole_pieces_filled_up_with_silence() -> None:
    tape = Tape(0.0)
    tape.put(b"\1" * (CHUNK + 10))
    assert tape.take() == b"\1" * CHUNK
    assert tape.take() == b"\1" * 10 + bytes(CHUNK - 10)
    assert tape.take() == bytes(CHUNK)


def test_pieces_are_due_when_they_are_complete_and_do_not_drift() -> None:
    """The hundredth is due at a hundred pieces, however late the others were taken."""
    tape = Tape(5.0)
    for _ in range(99):
        tape.take()
    assert abs(tape.due_at() - (5.0 + 100 * CHUNK_MS / 1000)) < 1e-9


def test_a_recording_begins_where_the_tape_stands() -> None:
    """Behind what was taken, and behind what still waits."""
    tape = Tape(5.0)
    tape.take()
    assert abs(tape.put(bytes(CHUNK * 2)) - 5.04) < 1e-9
    assert abs(tape.put(bytes(CHUNK)) - 5.12) < 1e-9
