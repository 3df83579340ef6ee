"""What a session's user said since the last turn: frames of sound, and the turn taking over them."""

from collections import deque
from collections.abc import Iterator, Sequence

import attrs

from octi.engine.base import EAR_RATE_HZ, FRAME_MS, Ear, Frame
from octi.engine.echo import WINDOW, loudness
from octi.engine.turn_taking import LONGEST_ONSET_MS, Change, IsEcho, Patience, TurnTaking, never
from octi.units import playing_time

LONGEST_BUFFER_MS = 600_000  # ten minutes of one turn; then its oldest sound is forgotten
LONGEST_PIECE_MS = 28_000  # what the recogniser takes at once; it was trained on pieces of half a minute
SEEK_MS = 8_000  # a longer turn is cut at its quietest moment in the last so many milliseconds of a piece


@attrs.define
class Listener:
    """One session's ear and buffer. `patience` None: no turn taking, the client commits."""

    _ear: Ear
    patience: Patience | None
    _turns: TurnTaking = attrs.field(factory=TurnTaking)
    _frames: deque[Frame] = attrs.field(factory=deque)
    loudness: deque[float] = attrs.field(factory=lambda: deque(maxlen=WINDOW))  # of the last frames
    _given_bytes: int = 0  # to the ear, in all
    _taken_bytes: int = 0  # of them, when the last turn was taken
    _taken_ms: int = 0  # where that turn ended

    def __attrs_post_init__(self) -> None:
        self.listen(self.patience)

    @property
    def now_ms(self) -> int:
        """How much was heard in all."""
        return self._turns.now_ms

    @property
    def buffered_ms(self) -> int:
        """How much no turn owns yet, with the end that the ear has not made a frame of."""
        frames_ms = len(self._frames) * FRAME_MS
        unframed_ms = max(0, playing_time(self._given_bytes) - self.now_ms)
        return min(frames_ms + unframed_ms, playing_time(self._given_bytes - self._taken_bytes))

    @property
    def speaking(self) -> bool:
        """Is the user in mid-speech?"""
        return self._turns.speaking

    @property
    def speech_began_ms(self) -> int:
        """Where the current speech begins, padding included; never inside the turn before."""
        padding = self.patience.prefix_padding_ms if self.patience else 0
        return max(self._taken_ms, self._turns.began_ms - padding)

    def listen(self, patience: Patience | None) -> None:
        """Hear turns otherwise from now on."""
        if patience is None:
            self._turns.reset()
        else:
            self._turns.patience = patience
        self.patience = patience

    def hear(self, pcm: bytes, *, over_agent: bool, echo: IsEcho = never) -> Iterator[Change]:
        """Take PCM16 at 24 kHz; what it changes, one after the other, with the buffer as it is at that moment.

        echo: asked when speech is about to begin over the agent; if it is the agent's own, it does not.
        """
        self._given_bytes += len(pcm)
        for frame in self._ear.hear(pcm):
            self._keep(frame)
            self.loudness.append(loudness(frame.pcm))
            if self.patience is None:
                self._turns.now_ms += FRAME_MS
            elif change := self._turns.hear(frame.speech, over_agent=over_agent, echo=echo):
                if change is Change.STARTED:
                    self._forget_before(self.speech_began_ms)
                yield change

    def wait(self, silence_ms: int) -> None:
        """So much silence ends the turn, if it is over; means nothing but in a pause."""
        self._turns.wait(silence_ms)

    def take(self) -> list[Frame]:
        """The buffered sound, which is somebody's turn from here on."""
        frames = list(self._frames)
        self._frames.clear()
        self._turns.reset()
        self._taken_bytes, self._taken_ms = self._given_bytes, self.now_ms
        return frames

    def peek(self) -> list[Frame]:
        """The buffered sound, which stays."""
        return list(self._frames)

    def _keep(self, frame: Frame) -> None:
        self._frames.append(frame)
        longest = LONGEST_BUFFER_MS
        if self.patience is not None and not self._turns.speaking:
            longest = min(
                longest, self.patience.prefix_padding_ms + LONGEST_ONSET_MS
            )  # silence is kept only as padding
        while len(self._frames) * FRAME_MS > longest:
            self._frames.popleft()

    def _forget_before(self, ms: int) -> None:
        """A frame that only begins before stays: rather a little more than a clipped word."""
        while self._frames and self.now_ms - (len(self._frames) - 1) * FRAME_MS <= ms:
            self._frames.popleft()


def pieces(frames: Sequence[Frame]) -> list[bytes]:
    """A turn's sound as PCM16 at 16 kHz, in pieces that a recogniser takes, cut where the speaker drew breath."""
    longest, seek = LONGEST_PIECE_MS // FRAME_MS, SEEK_MS // FRAME_MS
    cut: list[bytes] = []
    while len(frames) > longest:
        quietest = min(range(longest - seek, longest), key=lambda index: frames[index].speech)
        cut.append(_joined(frames[: quietest + 1]))
        frames = frames[quietest + 1 :]
    return [*cut, _joined(frames)]


def duration_ms(pcm: bytes) -> int:
    """How long PCM16 at 16 kHz plays."""
    return len(pcm) * 1000 // (2 * EAR_RATE_HZ)


def _joined(frames: Sequence[Frame]) -> bytes:
    return b"".join(frame.pcm for frame in frames)
