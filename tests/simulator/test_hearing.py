"""Ears that hear loudness."""

from base64 import b64encode

import pytest

from octi.engine.base import FRAME_MS
from octi.errors import BadMessage
from octi.simulator.hearing import LoudnessEar, Receiver
from octi.units import pcm_bytes


def test_loud_is_speech_and_quiet_is_not() -> None:
    """A frame at a time, however the sound is cut."""
    ear = LoudnessEar()
    loud, quiet = b"\x00\x10" * (pcm_bytes(FRAME_MS) // 2), bytes(pcm_bytes(FRAME_MS))
    sound = loud + quiet + loud
    frames = [frame for start in range(0, len(sound), 500) for frame in ear.hear(sound[start : start + 500])]
    assert [frame.speech for frame in frames] == [1.0, 0.0, 1.0]


def received(receiver: Receiver, sound: bytes, kind: str) -> bytes:
    return receiver.take(b64encode(sound).decode(), kind)


@pytest.mark.parametrize(("kind", "silence"), [("audio/pcmu", b"\xff"), ("audio/pcma", b"\xd5")])
def test_a_telephones_silence_is_silence(kind: str, silence: bytes) -> None:
    """And its noise is not; each byte is three samples."""
    receiver, ear = Receiver(), LoudnessEar()
    quiet, loud = received(receiver, silence * 800, kind), received(receiver, b"\xa0" * 800, kind)
    assert (len(quiet), len(loud)) == (4800, 4800)
    assert {frame.speech for frame in ear.hear(quiet)} == {0.0}
    assert {frame.speech for frame in ear.hear(loud)[1:]} == {1.0}


def test_a_format_may_change_in_mid_conversation() -> None:
    """From the next piece on."""
    receiver = Receiver()
    assert received(receiver, b"\x01\x02", "audio/pcm") == b"\x01\x02"
    assert len(received(receiver, b"\x01\x02", "audio/pcma")) == 12
    assert received(receiver, b"\x01\x02", "audio/pcm") == b"\x01\x02"


def test_sound_that_is_none_is_refused() -> None:
    """In the words of its format."""
    with pytest.raises(BadMessage, match="mu-law at 8kHz"):
        Receiver().take("", "audio/pcmu")
