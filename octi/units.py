"""Names for ids and units, and octi's one audio shape: PCM16 little endian, mono, 24 000 samples a second."""

from typing import NewType

SessionId = NewType("SessionId", str)  # a UUID, as the first origin's clients expect
ItemId = NewType("ItemId", str)  # a conversation item's id, chosen by the provider or the client
Milliseconds = NewType("Milliseconds", int)

SAMPLE_RATE_HZ = 24_000
SAMPLE_BYTES = 2
PCM_BYTES_PER_MS = SAMPLE_RATE_HZ * SAMPLE_BYTES // 1000


def playing_time(pcm_bytes: int) -> Milliseconds:
    """How long so many bytes of octi's audio play. Rounded down: part of a millisecond is not counted."""
    return Milliseconds(pcm_bytes // PCM_BYTES_PER_MS)


def pcm_bytes(duration_ms: int) -> int:
    """How many bytes of octi's audio play for so many milliseconds."""
    return duration_ms * PCM_BYTES_PER_MS
