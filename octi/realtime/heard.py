"""How much of an answer was heard, in words, from how much of its audio was."""

import re

# Japanese and Chinese write no spaces: there, a character stands for a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")


def heard_text(text: str, heard_ms: int, spoken_ms: int) -> str:
    """The words of `text` that fit into the part that was heard.

    Rule: speech runs at an even pace over its text, and a word counts when all of it was heard. The wire ties words to
    audio no closer than that.
    """
    heard_ms = max(0, heard_ms)
    if heard_ms >= spoken_ms:
        return text
    letters = len(text) * heard_ms // spoken_ms
    end = 0
    for word in _WORD.finditer(text):
        if word.end() > letters:
            break
        end = word.end()
    return text[:end]
