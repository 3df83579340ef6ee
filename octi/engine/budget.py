"""What an answer costs, as `usage` has it: text by four letters a token, voice by 50 ms. Computed, not billed. Pure."""

import re
from collections.abc import Callable

OUTPUT_TOKEN_MS = 50  # of the agent's voice (protocol 7)

_WORD = re.compile(r"\S+")


def text_tokens(text: str) -> int:
    """About how many tokens a text has."""
    return (len(text) + 3) // 4


def voice_tokens(audio_ms: int) -> int:
    """About how many tokens so much of the agent's voice is."""
    return audio_ms // OUTPUT_TOKEN_MS


def fitting(text: str, audio_ms: int, fits: Callable[[str, int], bool]) -> tuple[str, int]:
    """As many whole words of a sentence as there are tokens for, and how much of its voice goes with them (ms).

    audio_ms: of the whole sentence; 0 if it is written. fits: are there tokens for such a text and so much voice?
    """
    for end in (*(word.end() for word in _WORD.finditer(text)),)[::-1]:
        part, part_ms = text[:end], audio_ms * end // len(text)
        if fits(part, part_ms):
            return part, part_ms
    return "", 0
