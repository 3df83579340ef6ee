"""How a session's user is heard: what its configuration says about it, in one value. Pure."""

from typing import Any

import attrs

from octi.engine.base import ENGLISH
from octi.engine.formats import PCM
from octi.engine.patience import EAGERNESS, Eagerness
from octi.engine.turn_taking import Patience


@attrs.frozen(kw_only=True)
class Listening:
    """How to hear. `patience` None: no turn taking, the client commits."""

    patience: Patience | None = attrs.field(factory=Patience)
    eagerness: Eagerness | None = None  # of `semantic_vad`: the patience follows the words
    format: str = PCM
    language: str = ENGLISH
    transcribes: bool = False  # the client wants to read the words
    streams: bool = False  # ... while they are spoken


def patience_in(detection: dict[str, Any] | None) -> Patience | None:
    """The numbers of a turn detection. What `semantic_vad` waits for while it knows no words stands for them there."""
    if detection is None:
        return None
    if detection["type"] == "semantic_vad":
        return Patience(silence_duration_ms=EAGERNESS[detection["eagerness"]].unclear)
    return Patience(
        threshold=detection["threshold"],
        prefix_padding_ms=detection["prefix_padding_ms"],
        silence_duration_ms=detection["silence_duration_ms"],
    )


def eagerness_in(detection: dict[str, Any] | None) -> Eagerness | None:
    """How eager a turn detection is; None if it goes by silence alone."""
    return EAGERNESS[detection["eagerness"]] if detection and detection["type"] == "semantic_vad" else None


def streams_words(model: str) -> bool:
    """Does the provider's transcription model of that name tell words while it hears?

    whisper-1 tells all of them at once. Those that are called transcribe stream, and so does gpt-realtime-whisper;
    not the one that tells speakers apart.
    """
    return ("transcribe" in model or model == "gpt-realtime-whisper") and not model.endswith("-diarize")
