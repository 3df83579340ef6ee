"""What of an answer the client can have heard by now. Pure; times in seconds of any one clock."""

import attrs

from octi.realtime.heard import Wording
from octi.units import PCM_BYTES_PER_MS, SAMPLE_BYTES, Milliseconds, playing_time


@attrs.define(eq=False)
class Piece(Wording):
    """One item of an answer."""

    spoken: bool = False  # its words are those of its voice, not written ones
    pcm_bytes: int = 0  # of its voice, sent
    heard_ms: int | None = None  # None: all of it

    @property
    def ms(self) -> Milliseconds:
        """How much of its voice was sent."""
        return playing_time(self.pcm_bytes)

    def heard_words(self) -> str:
        """Its words, as far as they were heard; written words are read at once."""
        if self.heard_ms is None or not self.spoken:
            return self.words
        return self.words_within(self.heard_ms, self.ms) if self.ms else ""


@attrs.define
class Playback:
    """One answer on its way to the client's speaker.

    Audio arrives faster than it plays, so what was sent is not what was heard. Playing begins with the first sound, or
    where an earlier answer's ends, and runs in real time; where the next sound is late, it waits for it.
    """

    response: str
    ends_at: float = 0.0  # when all that was sent will have been played
    over: bool = False  # nothing more will come
    _pieces: dict[str, Piece] = attrs.field(factory=dict)  # by item
    _half: tuple[str, bytes] = ("", b"")  # half a sample of an item, until its other half comes

    @property
    def begun(self) -> bool:
        """Was anything said or written?"""
        return bool(self._pieces)

    def sound(self, item: str, audio: bytes, now: float) -> bytes:
        """Take the next piece of an item's voice; the whole samples that can be sent on."""
        owner, half = self._half
        audio = half + audio if owner == item else audio
        cut = len(audio) - len(audio) % SAMPLE_BYTES
        pcm, self._half = audio[:cut], (item, audio[cut:])
        piece = self._piece(item)
        piece.spoken = True
        piece.pcm_bytes += len(pcm)
        self.ends_at = max(self.ends_at, now) + len(pcm) / PCM_BYTES_PER_MS / 1000
        return pcm

    def add_words(self, item: str, words: str, *, spoken: bool) -> None:
        """Take more of an item's words."""
        piece = self._piece(item)
        piece.add_words(words, piece.ms)
        piece.spoken = piece.spoken or spoken

    def settle_words(self, item: str, words: str, *, spoken: bool) -> None:
        """Take all of an item's words, whatever came of them before."""
        piece = self._piece(item)
        piece.settle_words(words)
        piece.spoken = piece.spoken or spoken

    def audible(self, now: float) -> bool:
        """Is the agent being heard, or about to be?"""
        return not self.over or now < self.ends_at

    def cut(self, now: float, played_ms: float | None = None) -> list[tuple[str, int]]:
        """Interrupted: so much was heard, as the client says or by the clock; at most what was sent.

        Returns what the provider has to be told: item by item, how many milliseconds were heard. Items that were heard
        whole need no word, but for the last one: more of it may be on its way.
        """
        spoken = {item: piece for item, piece in self._pieces.items() if piece.spoken}
        left = self._heard_ms(now) if played_ms is None else int(min(played_ms, self.ms))
        told = []
        for number, (item, piece) in enumerate(spoken.items(), 1):
            piece.heard_ms = min(left, piece.ms)
            left -= piece.heard_ms
            if piece.ms and (piece.heard_ms < piece.ms or number == len(spoken)):
                told.append((item, piece.heard_ms))
        return told

    def heard_words(self) -> str:
        """The answer's words, as far as they were heard."""
        return " ".join(words for piece in self._pieces.values() if (words := piece.heard_words()))

    @property
    def ms(self) -> int:
        """How much of the agent's voice was sent, of all items."""
        return sum(piece.ms for piece in self._pieces.values())

    def _heard_ms(self, now: float) -> int:
        """By the clock: what was sent, but for what is still to be played."""
        return max(0, self.ms - round(max(0.0, self.ends_at - now) * 1000))

    def _piece(self, item: str) -> Piece:
        return self._pieces.setdefault(item, Piece())
