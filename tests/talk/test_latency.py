"""Where speech ends in a recording."""

import array
import math

from octi.talk.latency import rms, speech_end
from octi.units import SAMPLE_RATE_HZ, pcm_bytes


def tone(duration_ms: int, loudness: float) -> bytes:
    """A tone of 200 Hz, a whole number of periods in every 10 ms."""
    samples = duration_ms * SAMPLE_RATE_HZ // 1000
    wave = (math.sin(2 * math.pi * 200 * n / SAMPLE_RATE_HZ) * loudness * 32_767 for n in range(samples))
    return array.array("h", (round(value) for value in wave)).tobytes()


def test_speech_ends_with_its_last_voiced_ten_milliseconds() -> None:
    assert speech_end(tone(300, 0.5) + bytes(pcm_bytes(700))) == 300
    assert speech_end(bytes(pcm_bytes(100)) + tone(300, 0.5)) == 400


def test_a_pause_is_not_the_end() -> None:
    assert speech_end(tone(100, 0.5) + bytes(pcm_bytes(500)) + tone(100, 0.3) + bytes(pcm_bytes(50))) == 700


def test_breath_and_room_are_not_speech() -> None:
    """26 dB below the loudest is none; in a quiet recording the same loudness is."""
    assert speech_end(tone(300, 0.5) + tone(300, 0.012)) == 300
    assert speech_end(tone(300, 0.02) + tone(300, 0.012)) == 600


def test_silence_has_no_speech() -> None:
    assert speech_end(b"") == 0
    assert speech_end(bytes(pcm_bytes(100))) == 0
    assert speech_end(tone(100, 0.001)) == 0


def test_an_odd_byte_at_the_end_is_left_out() -> None:
    assert rms(b"\x00\x01\x7f") == 256.0
    assert rms(b"\x7f") == 0.0
