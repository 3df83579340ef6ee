"""Sentences that were spoken before, kept as sound: what an agent says again costs no worker."""

from collections import OrderedDict
from typing import NamedTuple

import attrs

ENTRY_BYTES = 500  # what an entry takes beside its text and its sound, about


class Sentence(NamedTuple):
    """All that decides how a sentence sounds."""

    text: str
    voice: str
    speed: float
    language: str


@attrs.define(eq=False)
class SpokenCache:
    """The sentences spoken last, up to `most_bytes` in all; 0 keeps none. `hits`: how many were found."""

    most_bytes: int
    hits: int = attrs.field(init=False, default=0)
    size: int = attrs.field(init=False, default=0)  # bytes
    _sounds: OrderedDict[Sentence, bytes] = attrs.field(init=False, factory=OrderedDict)

    def find(self, sentence: Sentence) -> bytes | None:
        """Its sound, if it was kept; then it is forgotten last."""
        pcm = self._sounds.get(sentence)
        if pcm is not None:
            self.hits += 1
            self._sounds.move_to_end(sentence)
        return pcm

    def keep(self, sentence: Sentence, pcm: bytes) -> None:
        """Keep a sentence's sound, and forget those that were not asked for the longest."""
        if sentence in self._sounds or cost(sentence, pcm) > self.most_bytes:
            return
        self._sounds[sentence] = pcm
        self.size += cost(sentence, pcm)
        while self.size > self.most_bytes:
            self.size -= cost(*self._sounds.popitem(last=False))

    def close(self) -> None:
        """Forget all, and keep nothing from now on."""
        self._sounds.clear()
        self.size = self.most_bytes = 0


def cost(sentence: Sentence, pcm: bytes) -> int:
    """Bytes that an entry takes."""
    return ENTRY_BYTES + 4 * len(sentence.text) + len(pcm)
