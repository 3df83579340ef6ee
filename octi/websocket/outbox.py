"""What a peer was not sent yet: whole messages in order, bounded in bytes. Pure."""

from collections import deque

import attrs

PIECE_BYTES = 256  # what it costs to keep a frame, besides its bytes: many small ones must not get round the bound


@attrs.define
class Piece:
    """One encoded frame, or what is left of it."""

    data: memoryview
    audio: bool
    begun: bool = False  # part of it is on its way: it can no longer be taken back


@attrs.define
class Outbox:
    """Encoded frames that wait for the peer. At the bound the peer is given up (`overfull`), nothing is skipped.

    bound: bytes that may wait behind the first frame, with what keeping them costs; one frame alone may be larger.
    """

    bound: int
    waiting: int = 0  # bytes
    dropped: int = 0  # bytes of audio taken back
    _pieces: deque[Piece] = attrs.field(factory=deque)

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def overfull(self) -> bool:
        """More waits than may."""
        behind = len(self._pieces) - 1
        return behind > 0 and self.waiting - len(self._pieces[0].data) + behind * PIECE_BYTES > self.bound

    def put(self, data: bytes, *, audio: bool, taken: int = 0, begun: bool = False) -> None:
        """Keep a frame whose first `taken` bytes are on their way already. begun: others may be, too."""
        self._pieces.append(Piece(memoryview(data)[taken:], audio, begun=begun or taken > 0))
        self.waiting += len(data) - taken

    def head(self) -> memoryview:
        """What is to be sent next: the rest of the oldest frame."""
        piece = self._pieces[0]
        piece.begun = True
        return piece.data

    def took(self, count: int) -> None:
        """The peer took so many bytes of the head."""
        piece = self._pieces[0]
        piece.data = piece.data[count:]
        self.waiting -= count
        if not piece.data:
            self._pieces.popleft()

    def drop_audio(self) -> None:
        """Take back the audio frames of which nothing was sent."""
        stale = [piece for piece in self._pieces if piece.audio and not piece.begun]
        if stale:
            size = sum(len(piece.data) for piece in stale)
            self.waiting -= size
            self.dropped += size
            self._pieces = deque(piece for piece in self._pieces if not piece.audio or piece.begun)
