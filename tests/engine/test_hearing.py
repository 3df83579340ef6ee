"""The ear, with its model."""

from statistics import mean

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
import numpy as np
import soxr

from octi.engine.base import EAR_RATE_HZ, FRAME_MS, Ear, Frame
from octi.engine.formats import open_inlet, open_outlet
from octi.engine.hearing import Hearing, open_hearing
from octi.engine.models import find_models
from octi.engine.samples import pcm_of, samples_of
from octi.engine.turn_taking import Change, TurnTaking
from octi.units import SAMPLE_RATE_HZ, pcm_bytes
from tests.recordings import HUMAN, HUMAN_FR, SYNTHETIC, Recording

pytestmark = pytest.mark.engine

QUIET = bytes(pcm_bytes(1000))


@pytest.fixture(scope="module")
def hearing() -> Hearing:
    return open_hearing(find_models().detector)


def at_24_khz(recording: Recording) -> bytes:
    """A 16 kHz recording as a client would send it, with a second of silence on either side."""
    samples = soxr.resample(samples_of(recording.pcm(EAR_RATE_HZ)), EAR_RATE_HZ, SAMPLE_RATE_HZ)
    return QUIET + pcm_of(samples) + QUIET


def heard_in_chunks(ear: Ear, pcm: bytes, size: int) -> list[Frame]:
    return [frame for at in range(0, len(pcm), size) for frame in ear.hear(pcm[at : at + size])]


def test_frames_are_32_ms_at_16_khz(hearing: Hearing) -> None:
    """As many as the audio is long, less what the resampler holds back."""
    frames = hearing.open_ear().hear(QUIET)
    assert {len(frame.pcm) for frame in frames} == {EAR_RATE_HZ * FRAME_MS // 1000 * 2}
    assert 1000 // FRAME_MS - 1 <= len(frames) <= 1000 // FRAME_MS


def test_nothing_gives_nothing(hearing: Hearing) -> None:
    """An empty piece of audio is allowed."""
    assert hearing.open_ear().hear(b"") == []


@pytest.mark.parametrize("recording", HUMAN, ids=lambda recording: recording.path.stem)
def test_a_person_is_told_from_silence(hearing: Hearing, recording: Recording) -> None:
    """Sure of silence before and after, and sure of speech for much of what lies between."""
    speech = [frame.speech for frame in hearing.open_ear().hear(at_24_khz(recording))]
    edge = 900 // FRAME_MS
    assert max(speech[:edge]) < 0.35
    assert max(speech[-5:]) < 0.35
    assert mean(likely > 0.5 for likely in speech[edge:-edge]) > 0.5


def test_noise_is_not_speech(hearing: Hearing) -> None:
    """White noise, loud."""
    noise = np.random.default_rng(1).normal(0, 0.1, 3 * SAMPLE_RATE_HZ).astype(np.float32)
    assert mean(frame.speech > 0.5 for frame in hearing.open_ear().hear(pcm_of(noise))) < 0.1


@pytest.mark.parametrize("size", [2, 960, 48_000])
def test_how_audio_is_cut_does_not_matter(hearing: Hearing, size: int) -> None:
    """A sample at a time, 20 ms, or a second."""
    pcm = SYNTHETIC[0].pcm(SAMPLE_RATE_HZ)[: pcm_bytes(1500)]
    whole, pieces = hearing.open_ear().hear(pcm), heard_in_chunks(hearing.open_ear(), pcm, size)
    assert [frame.pcm for frame in pieces] == [frame.pcm for frame in whole][: len(pieces)]
    assert [frame.speech for frame in pieces] == pytest.approx([frame.speech for frame in whole][: len(pieces)])
    assert len(whole) - len(pieces) <= 1


def test_one_ear_does_not_hear_what_another_does(hearing: Hearing) -> None:
    """They share a model and nothing else."""
    alone, together, other = hearing.open_ear(), hearing.open_ear(), hearing.open_ear()
    pcm, noise = SYNTHETIC[0].pcm(SAMPLE_RATE_HZ), at_24_khz(HUMAN[0])
    expected = heard_in_chunks(alone, pcm, 960)
    found = []
    for at in range(0, len(pcm), 960):
        found += together.hear(pcm[at : at + 960])
        other.hear(noise[at : at + 960])
    assert found == expected


def test_half_a_sample_is_refused(hearing: Hearing) -> None:
    """Whoever sends it has lost count."""
    with pytest.raises(ValueError, match="multiple of element size"):
        hearing.open_ear().hear(b"\0")


def begins_speech(frames: list[Frame], *, over_agent: bool = False) -> bool:
    turns = TurnTaking()
    return Change.STARTED in [turns.hear(frame.speech, over_agent=over_agent) for frame in frames]


def pulses(dice: np.random.Generator, length: int, shortest: int, longest: int) -> np.ndarray:
    """Bursts of noise, one every third of a second."""
    sound = np.zeros(length)
    for start in range(4800, length - longest, 8000):
        burst = int(dice.integers(shortest, longest))
        sound[start : start + burst] = dice.normal(size=burst) * np.exp(-np.arange(burst) / (burst / 4))
    return sound


def sounds_of_a_room() -> dict[str, np.ndarray]:
    """Two seconds each of what is no speech."""
    dice, length = np.random.default_rng(7), 2 * SAMPLE_RATE_HZ
    time = np.arange(length) / SAMPLE_RATE_HZ
    swell = np.abs(np.sin(2 * np.pi * time))
    return {
        "white noise": dice.normal(size=length) * 0.2,
        "rumble": np.cumsum(dice.normal(size=length)) * 0.003,
        "clicks": pulses(dice, length, 24, 240),
        "typing": pulses(dice, length, 480, 1200) * 0.5,
        "coughs": np.convolve(pulses(dice, length, 3600, 7200), np.ones(24) / 24, "same"),
        "hum": sum((np.sin(2 * np.pi * 50 * n * time) / n for n in range(1, 8)), np.zeros(length)) * 0.1,
        "a tone": np.sin(2 * np.pi * 440 * time) * 0.3,
        "keys of a telephone": (np.sin(2 * np.pi * 697 * time) + np.sin(2 * np.pi * 1209 * time)) * 0.2,
        "chords": np.sum([np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330, 440, 554)], axis=0)
        * swell
        * 0.1,
        "clipped noise": np.sign(dice.normal(size=length)),
    }


@pytest.mark.parametrize("name", sounds_of_a_room())
def test_no_sound_of_a_room_begins_a_turn(hearing: Hearing, name: str) -> None:
    """Noise, clicks, coughs, hum and music."""
    pcm = pcm_of(sounds_of_a_room()[name].astype(np.float32))
    assert not begins_speech(hearing.open_ear().hear(pcm))


@pytest.mark.parametrize("kind", ["audio/pcm", "audio/pcmu", "audio/pcma"])
@pytest.mark.parametrize("recording", [*HUMAN, *HUMAN_FR], ids=lambda recording: recording.path.stem)
def test_no_recording_is_lost(hearing: Hearing, recording: Recording, kind: str) -> None:
    """Loud or soft, over the agent as well, and by telephone."""
    samples = samples_of(at_24_khz(recording)[: pcm_bytes(2500)])
    for loudness in (1.0, 0.1):
        wire = open_outlet(kind)(pcm_of(samples * loudness))
        frames = hearing.open_ear().hear(open_inlet(kind)(wire))
        assert begins_speech(frames)
        assert begins_speech(frames, over_agent=True)


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_garbage_from_a_telephone_is_heard_as_noise(hearing: Hearing, kind: str) -> None:
    """It is neither refused nor taken for speech."""
    garbage = np.random.default_rng(3).integers(0, 256, 16_000, np.uint8).tobytes()
    frames = hearing.open_ear().hear(open_inlet(kind)(garbage))
    assert not begins_speech(frames)
