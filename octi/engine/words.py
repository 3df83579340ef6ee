"""Words on their way in and out, as pure functions: token ids to text, invented fillers, numbers too long to say."""

import re
from collections.abc import Mapping, Sequence

from octi.engine.base import ENGLISH, FRENCH

CONTROL_TOKENS = 3  # ids 0 to 2: unknown, start, end
WORD_START = "\u2581".encode()  # SentencePiece's mark for the space in front of a word

# What the recognisers say of a cough, a click or noise.
FILLERS: Mapping[str, frozenset[str]] = {
    ENGLISH: frozenset({"you", "the"}),
    FRENCH: frozenset({"et", "la", "le", "oh", "sur"}),
}
MIN_VOICED_MS = 250  # less than this of speech, and such a word was invented

# Whisper learnt from films with subtitles, and writes what stands in those where nobody speaks.
CREDITS = re.compile(r"sous[- ]titr|merci d'avoir regardé|abonnez[- ]vous|❤", re.IGNORECASE)
STUCK = re.compile(r"\b(\w+(?:\W+\w+){0,3})(?:\W+\1\b){5,}", re.IGNORECASE)  # "très très très", on and on; in noise

LONGEST_NUMBER = 12  # digits said as one number; nobody says quadrillions, and past 36 the speaker fails
LONG_NUMBER = re.compile(rf"\d{{{LONGEST_NUMBER + 1},}}")


def read_vocabulary(data: bytes) -> list[bytes]:
    """A tokenizer file's tokens by id: byte strings, each behind its length in one byte or, from 128 on, in two.

    Raises ValueError if the file ends inside a token.
    """
    vocabulary, at = [], 0
    while at < len(data):
        length, at = read_length(data, at)
        vocabulary.append(data[at : at + length])
        at += length
    if at != len(data):
        raise ValueError("the tokenizer file is cut short")
    return vocabulary


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """The length that stands at `at`, low seven bits first, and where its bytes begin."""
    low = data[at]
    if low < 128:
        return low, at + 1
    if at + 1 == len(data):
        raise ValueError("the tokenizer file is cut short")
    return data[at + 1] * 128 + low - 128, at + 2


def spell(tokens: Sequence[int], vocabulary: Sequence[bytes]) -> str:
    """The text that token ids stand for. A character may be spread over tokens, so bytes are joined first."""
    spelled = b"".join(vocabulary[token] for token in tokens if token >= CONTROL_TOKENS)
    return spelled.replace(WORD_START, b" ").decode("utf-8", "ignore").strip()


def without_filler(text: str, voiced_ms: int, language: str = ENGLISH) -> str:
    """What was recognised, or "" for a lone "You" or "The" out of a segment with next to no speech in it.

    voiced_ms: how much of the segment the voice activity detection took for speech.
    """
    fillers = FILLERS.get(language, frozenset())
    invented = voiced_ms < MIN_VOICED_MS and text.strip(" .,!?…").lower() in fillers
    return "" if invented else text


def without_invention(text: str) -> str:
    """What Whisper wrote, or "" for what it writes of noise: dots ("..."), credits of subtitles, one word for ever."""
    worded = any(map(str.isalnum, text))
    return text if worded and not CREDITS.match(text) and not STUCK.search(text) else ""


def speakable(text: str) -> str:
    """The text with digit by digit what is too long to be said as a number, as one would read out a card's."""
    return LONG_NUMBER.sub(lambda number: " ".join(number.group()), text)
