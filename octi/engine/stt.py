"""Speech to text: Moonshine Tiny (English) with a decode loop of our own on onnxruntime.

Moonshine's C library is not used: two threads on one handle of it read freed memory. Imports numpy and onnxruntime:
only the worker does that.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from octi.engine.base import EAR_RATE_HZ
from octi.engine.cuts import pieces
from octi.engine.models import DECODER, ENCODER, TOKENIZER, Models, check_asset
from octi.engine.onnx import open_session
from octi.engine.samples import Samples
from octi.engine.words import read_vocabulary, spell

START, END = 1, 2  # token ids
TOKENS_PER_SECOND = 6.5  # faster than anyone speaks; a loop that repeats itself ends here
SPARE_TOKENS = 8
SILENCE = 3 * EAR_RATE_HZ // 10  # samples put behind a piece
NO_PAST = np.zeros((1, 8, 0, 36), np.float32)  # heads and width of Tiny's attention; nothing remembered yet


@attrs.frozen(eq=False)
class Recogniser:
    """The loaded model. Safe from several threads; keeps no memory between calls."""

    encoder: Any
    decoder: Any
    vocabulary: Sequence[bytes]
    past_names: Sequence[str]  # the decoder's memory as it takes it
    present_names: Sequence[str]  # the same as it gives it, in its order

    def recognise(self, samples: Samples) -> str:
        """The words in mono audio at 16 kHz; "" if there are none. About 0.03 s for a second of it, however long."""
        heard = (spell(self._decode(with_silence(piece)[None]), self.vocabulary) for piece in pieces(samples))
        return " ".join(words for words in heard if words)

    def _decode(self, audio: Samples) -> list[int]:
        """Token ids of a (1, n) array, the likeliest at each step."""
        # Both models take the mask at sample length, and thin it out themselves. The decoder takes one of its
        # encoder's length as well, works with it up to nine seconds of audio, and then fails.
        mask = np.ones(audio.shape, np.int64)
        (sound,) = self.encoder.run(None, {"input_values": audio, "attention_mask": mask})
        fixed = {"encoder_hidden_states": sound, "encoder_attention_mask": mask}
        past = dict.fromkeys(self.past_names, NO_PAST)
        tokens: list[int] = []
        token = START
        for _ in range(most_tokens(audio.shape[1])):
            token, past = self._step(token, past, fixed, remembers=bool(tokens))
            if token == END:
                break
            tokens.append(token)
        return tokens

    def _step(
        self, token: int, past: dict[str, Any], fixed: dict[str, Any], *, remembers: bool
    ) -> tuple[int, dict[str, Any]]:
        """The token after this one, and what the decoder remembers by then."""
        feed = {"input_ids": np.array([[token]], np.int64), "use_cache_branch": np.array([remembers]), **fixed, **past}
        logits, *present = self.decoder.run(None, feed)
        given = dict(zip(self.present_names, present, strict=True))
        # Its memory of the sound is made in the first step; later ones give an empty array in its place.
        fresh = {name: value for name, value in given.items() if not remembers or ".decoder." in name}
        return int(logits[0, -1].argmax()), past | fresh


def with_silence(piece: Samples) -> Samples:
    """The piece with a pause behind it: cut right behind its last word, the model mishears more of them.

    Eight human recordings, cut 200 ms behind the speech: 2 words of 54 wrong as they are, 1 with the pause.
    """
    return np.concatenate((piece, np.zeros(SILENCE, np.float32)))


def most_tokens(samples: int) -> int:
    """How many tokens so much audio at 16 kHz can hold."""
    return int(samples / EAR_RATE_HZ * TOKENS_PER_SECOND) + SPARE_TOKENS


def open_recogniser(models: Models) -> Recogniser:
    """Check and load the model (44 MB, about half a second). Raises EngineMissing if a file is not the right one."""
    encoder = open_session(check_asset(ENCODER, models.encoder))
    decoder = open_session(check_asset(DECODER, models.decoder))
    vocabulary = read_vocabulary(check_asset(TOKENIZER, models.tokenizer).read_bytes())
    past = [entry.name for entry in decoder.get_inputs() if entry.name.startswith("past_key_values")]
    present = [entry.name.replace("present", "past_key_values") for entry in decoder.get_outputs()][1:]
    return Recogniser(encoder, decoder, vocabulary, past, present)
