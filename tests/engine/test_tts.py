"""The voice, with its model."""

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
import numpy as np

from octi.engine.models import find_models
from octi.engine.samples import Samples, samples_of
from octi.engine.tts import Speaker, open_speaker, shifted
from octi.engine.voices import VOICES
from octi.units import SAMPLE_RATE_HZ, playing_time

pytestmark = pytest.mark.engine

SENTENCE = "Is there a table for two people at eight tomorrow evening?"
FRAME = SAMPLE_RATE_HZ // 20
LOWEST_HZ, HIGHEST_HZ = 90, 400


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return open_speaker(find_models())


def pitch_hz(pcm: bytes) -> float:
    """The median pitch of the louder half of 50 ms frames."""
    samples = samples_of(pcm)
    frames = samples[: len(samples) - len(samples) % FRAME].reshape(-1, FRAME)
    loudness = np.square(frames).sum(axis=1)
    return float(np.median([frame_pitch_hz(frame) for frame in frames[loudness > np.median(loudness)]]))


def frame_pitch_hz(frame: Samples) -> float:
    """After how long a frame is most like itself, a little in favour of the shorter of two periods."""
    lags = range(SAMPLE_RATE_HZ // HIGHEST_HZ, SAMPLE_RATE_HZ // LOWEST_HZ)
    likeness = [np.corrcoef(frame[:-lag], frame[lag:])[0, 1] - lag / SAMPLE_RATE_HZ for lag in lags]
    return SAMPLE_RATE_HZ / lags[int(np.argmax(likeness))]


def test_a_sentence_is_spoken(speaker: Speaker) -> None:
    """Seconds of sound, neither silent nor clipped."""
    pcm = speaker.speak(SENTENCE, voice="alloy", speed=1.0)
    assert 2_000 < playing_time(len(pcm)) < 6_000
    assert 0.1 < np.abs(samples_of(pcm)).max() < 1.0


def test_the_same_sentence_is_the_same_bytes(speaker: Speaker) -> None:
    """So that what a test heard once, it hears again."""
    once, again = (speaker.speak(SENTENCE, voice="coral", speed=1.0) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("name", VOICES)
def test_a_voice_shifts_every_tone_by_its_pitch(name: str) -> None:
    """A tone of 200 Hz comes out higher or lower, and shorter or longer by as much."""
    pitch = VOICES[name].pitch
    tone = np.sin(2 * np.pi * 200 / SAMPLE_RATE_HZ * np.arange(SAMPLE_RATE_HZ)).astype(np.float32)
    found = shifted(tone, VOICES[name])
    assert len(found) == pytest.approx(SAMPLE_RATE_HZ / pitch, abs=2)
    assert np.abs(np.fft.rfft(found)).argmax() * SAMPLE_RATE_HZ / len(found) == pytest.approx(200 * pitch, abs=1)


def test_no_two_voices_say_the_same_bytes(speaker: Speaker) -> None:
    """Whatever the table says, it is heard."""
    assert len({speaker.speak(SENTENCE, voice=name, speed=1.0) for name in VOICES}) == len(VOICES)


def test_low_voices_are_low_and_high_ones_high(speaker: Speaker) -> None:
    """Measured in speech, where melody blurs it: the lowest, the middle and the highest."""
    low, middle, high = (
        pitch_hz(speaker.speak(SENTENCE, voice=name, speed=1.0)) for name in ("ash", "alloy", "shimmer")
    )
    assert low * 1.1 < middle < high / 1.1


def test_a_voice_is_no_slower_for_being_lower(speaker: Speaker) -> None:
    """Pitch and pace are apart: the lowest and the highest take about as long."""
    low, high = (len(speaker.speak(SENTENCE, voice=voice, speed=1.0)) for voice in ("ash", "marin"))
    assert 0.8 < low / high < 1.25


@pytest.mark.parametrize("voice", ["alloy", "ash", "shimmer"])
def test_speed_shortens_and_lengthens(speaker: Speaker, voice: str) -> None:
    """Over the whole range that the protocol has."""
    lengths = [len(speaker.speak(SENTENCE, voice=voice, speed=speed)) for speed in (0.25, 0.6, 1.0, 1.5)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] / lengths[-1] > 3


@pytest.mark.parametrize("text", ["", "   ", "🙂", "日本語", "\x00"])
def test_what_cannot_be_said_is_silence(speaker: Speaker, text: str) -> None:
    """No text makes it fail."""
    assert speaker.speak(text, voice="alloy", speed=1.0) == b""


@pytest.mark.parametrize(
    "text", ["9" * 60, "$%^&*()", "naïve café", "https://example.org/?a=b", "One.\n\nTwo.", "a" * 500]
)
def test_odd_text_is_spoken_somehow(speaker: Speaker, text: str) -> None:
    """Numbers without end, signs, accents, addresses."""
    assert playing_time(len(speaker.speak(text, voice="alloy", speed=1.0))) > 300
