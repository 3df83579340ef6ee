"""Ears that hear loudness."""

from octi.engine.base import FRAME_MS
from octi.simulator.hearing import LoudnessEar
from octi.units import pcm_bytes


def test_loud_is_speech_and_quiet_is_not() -> None:
    """A frame at a time, however the sound is cut."""
    ear = LoudnessEar()
    loud, quiet = b"\x00\x10" * (pcm_bytes(FRAME_MS) // 2), bytes(pcm_bytes(FRAME_MS))
    sound = loud + quiet + loud
    frames = [frame for start in range(0, len(sound), 500) for frame in ear.hear(sound[start : start + 500])]
    assert [frame.speech for frame in frames] == [1.0, 0.0, 1.0]
