"""Turns in which nothing was said: noise that no word was made of, and sounds people make while they think. Pure."""

import re

# Only what means nothing by itself: "mm-hmm" and "uh-huh" are answers.
FILLERS = frozenset(["um", "uh", "uhm", "er", "erm", "hm", "hmm", "hmmm", "mm", "ah", "euh", "heu", "hum", "hem"])

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def nothing_said(text: str) -> bool:
    """Is there no word in it that anybody could answer?"""
    return all(word in FILLERS for word in _WORD.findall(text.lower()))
