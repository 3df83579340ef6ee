"""Speech to text: Whisper base (French) by ctranslate2, with nothing else of the usual kit around it.

Imports numpy and ctranslate2, which is in an extra of its own: only the worker does that, when it is first needed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import ctranslate2
import numpy as np

from octi.engine.base import EAR_RATE_HZ, FRENCH
from octi.engine.cuts import pieces
from octi.engine.mel import log_mel
from octi.engine.samples import Samples
from octi.engine.words import without_invention

SHORTEST_S = 8.0  # of silence behind shorter speech; the 30 s that it was trained on cost seven times as much
SPARE_S = 0.5
MOST_STEPS = 3000  # 30 s; the model takes no more at once
TOKENS_PER_SECOND = 8  # faster than anyone speaks; a loop that repeats itself ends here
SPARE_TOKENS = 14

# What it makes of noise it believes no more than this (mean log probability of a token), or hardly more and it says
# itself that nobody speaks. Of speech at 5 dB over noise it believes -0.7 and more.
UNBELIEVED = -1.8
DOUBTED, NOBODY_SPEAKS = -1.0, 0.5


@attrs.frozen
class Guess:
    """What the model heard: tokens as text, how much it believes them (0 is all), how likely nobody speaks."""

    tokens: Sequence[str]
    belief: float
    nobody: float

    @property
    def stands(self) -> bool:
        """Whether to take it for somebody's words."""
        return self.belief > UNBELIEVED and not (self.belief < DOUBTED and self.nobody > NOBODY_SPEAKS)


@attrs.frozen(eq=False)
class Whisper:
    """The loaded model. Keeps no memory between calls."""

    model: Any
    language: str

    def recognise(self, samples: Samples) -> str:
        """The words in mono audio at 16 kHz; "" if there are none. About 0.12 s for up to eight seconds of it."""
        guesses = map(self._guess, pieces(samples))
        heard = (without_invention(spelled(guess.tokens)) for guess in guesses if guess.stands)
        return " ".join(words for words in heard if words)

    def _guess(self, piece: Samples) -> Guess:
        sound = log_mel(piece, max(SHORTEST_S, len(piece) / EAR_RATE_HZ + SPARE_S))[None, :, :MOST_STEPS]
        encoded = self.model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(sound)))
        (found,) = self.model.generate(
            encoded,
            [["<|startoftranscript|>", f"<|{self.language}|>", "<|transcribe|>", "<|notimestamps|>"]],
            beam_size=1,
            max_length=most_tokens(len(piece)),
            return_scores=True,
            return_no_speech_prob=True,
        )
        return Guess(found.sequences[0], found.scores[0], found.no_speech_prob)


def most_tokens(samples: int) -> int:
    """How many tokens so much audio at 16 kHz can hold."""
    return samples * TOKENS_PER_SECOND // EAR_RATE_HZ + SPARE_TOKENS


def spelled(tokens: Sequence[str]) -> str:
    """The text of tokens that write each byte as a character. Control tokens are left out."""
    letters = "".join(token for token in tokens if not token.startswith("<|"))
    return bytes(BYTES[letter] for letter in letters).decode("utf-8", "ignore").strip()


def byte_letters() -> Mapping[str, int]:
    """GPT-2's alphabet of bytes: printable ones stand for themselves, the others for letters from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + at): byte for at, byte in enumerate(others)}


BYTES = byte_letters()


def open_whisper(folder: Path, language: str = FRENCH) -> Whisper:
    """Load the model from its folder (145 MB on disk, 0.4 s)."""
    one_thread = {"intra_threads": 1, "inter_threads": 1}
    return Whisper(ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", **one_thread), language)
