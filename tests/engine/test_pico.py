"""The French voice."""

from itertools import pairwise

import pytest

pytest.importorskip("py_nanotts", reason="needs the extra engine")
import numpy as np

from octi.engine.mel import log_mel
from octi.engine.pico import FrenchSpeaker, open_speaker, without_tail, zeroed_memory
from octi.engine.samples import samples_of
from octi.engine.voices import VOICES
from octi.units import playing_time

pytestmark = pytest.mark.engine

SENTENCE = "Je voudrais réserver une table pour deux personnes à vingt heures."


@pytest.fixture(scope="module")
def speaker() -> FrenchSpeaker:
    return open_speaker()


def test_a_sentence_is_spoken(speaker: FrenchSpeaker) -> None:
    """Seconds of sound, as loud as the English voice, and with little silence behind it."""
    pcm = speaker.speak(SENTENCE, voice="alloy", speed=1.0)
    assert 2_000 < playing_time(len(pcm)) < 4_000
    assert 0.1 < np.abs(samples_of(pcm)).max() < 0.5


def test_the_same_sentence_is_the_same_bytes(speaker: FrenchSpeaker) -> None:
    """Whatever was spoken in between, and whatever was in memory."""
    once = speaker.speak(SENTENCE, voice="coral", speed=1.0)
    speaker.speak("Merci.", voice="ash", speed=1.4)
    rubbish = [np.full(300_000, number, np.float32) for number in range(8)]
    del rubbish
    assert speaker.speak(SENTENCE, voice="coral", speed=1.0) == once


def test_no_two_voices_say_the_same_bytes(speaker: FrenchSpeaker) -> None:
    """Ten names, ten voices."""
    assert len({speaker.speak(SENTENCE, voice=name, speed=1.0) for name in VOICES}) == len(VOICES)


def test_low_voices_are_low_and_high_ones_high(speaker: FrenchSpeaker) -> None:
    """The middle of the spectrum moves with the pitch."""
    heights = [height_hz(speaker.speak(SENTENCE, voice=name, speed=1.0)) for name in ("ash", "alloy", "shimmer")]
    assert all(higher > 1.08 * lower for lower, higher in pairwise(heights))


def height_hz(pcm: bytes) -> float:
    """Where half of a sound's energy is below."""
    power = np.square(np.abs(np.fft.rfft(samples_of(pcm)))).cumsum()
    return float(np.searchsorted(power, power[-1] / 2) * 24_000 / len(samples_of(pcm)))


def test_a_voice_is_no_slower_for_being_lower(speaker: FrenchSpeaker) -> None:
    """Pitch and pace are apart."""
    low, high = (len(speaker.speak(SENTENCE, voice=voice, speed=1.0)) for voice in ("ash", "marin"))
    assert 0.9 < low / high < 1.1


@pytest.mark.parametrize("voice", ["alloy", "ash", "shimmer"])
@pytest.mark.parametrize("speed", [0.25, 0.5, 0.8, 1.2, 1.5])
def test_speed_is_what_was_asked_for(speaker: FrenchSpeaker, voice: str, speed: float) -> None:
    """About, over the whole range that the protocol has."""
    plain, changed = (len(speaker.speak(SENTENCE, voice=voice, speed=wish)) for wish in (1.0, speed))
    assert plain / changed == pytest.approx(speed, rel=0.16)


@pytest.mark.parametrize("text", ["", "   ", "🙂", "…", "\x00"])
def test_what_cannot_be_said_is_silence(speaker: FrenchSpeaker, text: str) -> None:
    """No text makes it fail."""
    assert speaker.speak(text, voice="alloy", speed=1.0) == b""


@pytest.mark.parametrize(
    "text",
    ["9" * 60, "$%^&*()", "é" * 300, "https://example.org/?a=b", "Un.\n\nDeux.", "<volume level='5'>", "!" * 99],
)
def test_odd_text_is_spoken_somehow(speaker: FrenchSpeaker, text: str) -> None:
    """Words and numbers without end, signs, addresses, orders to the voice."""
    spoken = speaker.speak(text, voice="alloy", speed=1.0)
    assert bool(spoken) == any(map(str.isalnum, text))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3 000 €", "trois mille euros"),
        ("14 h 30", "quatorze heures trente"),
        ("21 h", "vingt et une heures"),
        ("1er", "premier"),
        ("5 %", "cinq pour cent"),
        ("12,50 €", "douze euros cinquante"),
        ("10 - 4", "dix moins quatre"),
    ],
)
def test_numbers_sound_as_their_words(speaker: FrenchSpeaker, written: str, said: str) -> None:
    """Hardly to be told apart; "1er" and "dernier" are 0.85 alike."""
    assert likeness(*(speaker.speak(text, voice="alloy", speed=1.0) for text in (written, said))) > 0.97


def likeness(*sounds: bytes) -> float:
    """How alike two sounds' spectra are, step by step; 1 is the same."""
    one, other = (log_mel(samples_of(pcm), 0) for pcm in sounds)
    steps = min(one.shape[1], other.shape[1])
    return float(np.corrcoef(one[:, :steps].ravel(), other[:, :steps].ravel())[0, 1])


def test_silence_behind_the_last_word_is_cut_and_a_little_stays() -> None:
    """All of it is kept where there is no word at all."""
    sound = np.zeros(32_000, np.float32)
    assert len(without_tail(sound)) == 32_000
    sound[9_999] = 0.5
    assert len(without_tail(sound)) == 9_999 + 4_000


def test_memory_is_as_it_was_when_the_block_has_failed() -> None:
    """Zeroing all of it would cost the other models time."""
    with pytest.raises(KeyError), zeroed_memory():
        raise KeyError
