"""One side of a recording: sound at its places, silence where there is none. Pure. All places count samples."""

from collections import deque

import attrs

from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ

AHEAD_MOST = 300 * SAMPLE_RATE_HZ  # what would be heard later than that is left out: it waits in memory


@attrs.define(eq=False)
class Piece:
    """Sound that was not taken yet, and where it begins."""

    start: int
    pcm: bytes

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.pcm) // SAMPLE_BYTES


@attrs.define(eq=False)
class Track:
    """Pieces in order, none over another. What was taken is not changed any more."""

    taken: int = 0
    end: int = 0  # of the last piece
    left_out: int = 0  # bytes
    waiting: int = 0  # samples that were not taken
    pieces: deque[Piece] = attrs.field(factory=deque)

    def put(self, start: int, pcm: bytes) -> None:
        """Append a piece, at or behind the end and what was taken."""
        assert start >= self.taken
        assert not self.pieces or start >= self.pieces[-1].end
        self.pieces.append(Piece(start, pcm))
        self.end = self.pieces[-1].end
        self.waiting += self.end - start

    def move_back(self, wanted: int) -> int:
        """Move the last piece to an earlier place, and those before it out of its way; by how much it could be."""
        moved = min(wanted, self.end - self.taken - self.waiting) if self.pieces else 0
        limit = self.end = self.end - moved
        for piece in reversed(self.pieces) if moved > 0 else ():
            if piece.end <= limit:
                break
            piece.start -= piece.end - limit
            limit = piece.start
        return moved

    def has_room(self, pcm: bytes, now: int) -> bool:
        """May so much be kept until its time comes? Else it is counted as left out."""
        fits = max(self.end, now) + len(pcm) // SAMPLE_BYTES <= now + AHEAD_MOST
        self.left_out += 0 if fits else len(pcm)
        return fits

    def take(self, until: int) -> bytes:
        """All between what was taken before and a place, as PCM16."""
        out = bytearray(max(0, until - self.taken) * SAMPLE_BYTES)
        while self.pieces and self.pieces[0].start < until:
            piece = self.pieces.popleft()
            now, later = _parted(piece, until)
            self.waiting -= len(now) // SAMPLE_BYTES
            at = (piece.start - self.taken) * SAMPLE_BYTES
            out[at : at + len(now)] = now
            if later:
                self.pieces.appendleft(Piece(until, later))
        self.taken = max(self.taken, until)
        return bytes(out)

    def lift(self, start: int, end: int) -> None:
        """Take sound off again, as far as it is still here."""
        kept: deque[Piece] = deque()
        for piece in self.pieces:
            before, _ = _parted(piece, start)
            _, behind = _parted(piece, end)
            kept.extend(each for each in (Piece(piece.start, before), Piece(max(piece.start, end), behind)) if each.pcm)
        self.pieces = kept
        self.waiting = sum(piece.end - piece.start for piece in kept)


def _parted(piece: Piece, at: int) -> tuple[bytes, bytes]:
    """A piece's sound before a place, and from there on."""
    cut = max(0, at - piece.start) * SAMPLE_BYTES
    return piece.pcm[:cut], piece.pcm[cut:]
