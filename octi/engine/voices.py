"""The protocol's ten voices, made out of the one voice in the package: lower or higher, slower or faster."""

from collections.abc import Mapping

import attrs


@attrs.frozen
class Voice:
    """How a voice differs from the recorded one.

    pitch: factor on pitch and timbre; below 1 is a larger person. pace: factor on the speed of speech.
    """

    pitch: float
    pace: float = 1.0


# Neighbours differ by 5 % or more in pitch (a semitone is 6 %): easily heard, and all of them still clear.
VOICES: Mapping[str, Voice] = {
    "ash": Voice(0.78),
    "echo": Voice(0.82, pace=1.06),
    "cedar": Voice(0.86, pace=0.94),
    "ballad": Voice(0.90, pace=0.90),
    "verse": Voice(0.95, pace=1.08),
    "alloy": Voice(1.0),
    "sage": Voice(1.05, pace=0.94),
    "marin": Voice(1.10),
    "coral": Voice(1.16, pace=1.06),
    "shimmer": Voice(1.24, pace=1.02),
}
DEFAULT = VOICES["alloy"]

SLOWEST, FASTEST = 0.25, 3.0  # what the model still speaks


def voice_named(name: str) -> Voice:
    """The voice of that name; alloy's for a name nobody knows, as an agent should rather speak than fail."""
    return VOICES.get(name, DEFAULT)


def model_speed(voice: Voice, speed: float) -> float:
    """How fast the model must speak, so that speech has the right speed once its pitch is shifted.

    Shifting by resampling plays faster what it raises, so the model speaks slower by as much. speed: 1.0 is normal.
    The model takes its speed as a hint: it lifts its voice a little as it speeds up, and keeps its pauses.
    """
    return min(max(speed * voice.pace / voice.pitch, SLOWEST), FASTEST)
