"""Recorded speech with its words, and how far off a recogniser is."""

import csv
import re
import wave
from pathlib import Path

import attrs

from octi.engine.base import ENGLISH, FRENCH

AUDIO = Path(__file__).parent / "audio"


@attrs.frozen
class Recording:
    """A mono 16-bit WAV file and what is said in it."""

    path: Path
    text: str

    @property
    def is_human(self) -> bool:
        """Whether a person speaks."""
        return self.path.name.startswith("human")

    @property
    def language(self) -> str:
        """What is spoken."""
        return FRENCH if "-fr-" in self.path.name else ENGLISH

    def pcm(self, rate_hz: int) -> bytes:
        """The sound as PCM16. Asserts the rate, as nothing is resampled here."""
        with wave.open(str(self.path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate_hz, 1, 2)
            return bytes(file.readframes(file.getnframes()))


def read_recordings() -> tuple[Recording, ...]:
    """All that `audio/transcripts.tsv` lists."""
    with (AUDIO / "transcripts.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return tuple(Recording(AUDIO / row["file"], row["text"]) for row in rows)


ALL = read_recordings()
RECORDINGS = tuple(recording for recording in ALL if recording.language == ENGLISH)
HUMAN = tuple(recording for recording in RECORDINGS if recording.is_human)  # all at 16 kHz
SYNTHETIC = tuple(recording for recording in RECORDINGS if not recording.is_human)  # all at 24 kHz
RECORDINGS_FR = tuple(recording for recording in ALL if recording.language == FRENCH)
HUMAN_FR = tuple(recording for recording in RECORDINGS_FR if recording.is_human)
SYNTHETIC_FR = tuple(recording for recording in RECORDINGS_FR if not recording.is_human)


def plain_words(text: str) -> list[str]:
    """The words in lower case, punctuation off; a hyphen parts words, an apostrophe does not."""
    return re.sub(r"[^\w\s']|_", " ", text.lower()).split()


def word_error_rate(said: str, heard: str) -> float:
    """Words wrong, missing or too many, as a fraction of the words said."""
    reference, hypothesis = plain_words(said), plain_words(heard)
    return distance(reference, hypothesis) / len(reference)


def distance(reference: list[str], hypothesis: list[str]) -> int:
    """How many words must be changed, dropped or added to make one the other (Levenshtein)."""
    row = list(range(len(hypothesis) + 1))
    for number, word in enumerate(reference, start=1):
        diagonal, row[0] = row[0], number
        for at, other in enumerate(hypothesis, start=1):
            diagonal, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, diagonal + (word != other))
    return row[-1]
