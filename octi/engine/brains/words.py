"""Text from a speech recogniser, made comparable: punctuation, case and endings do not count."""

import re
from collections.abc import Iterator, Sequence

from octi.engine.brains.language import Language

# An address, an abbreviation (p.m), digits with what joins them (8:30, 2026-10-05, 1,200.5), a word with apostrophes.
TOKEN = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![^\W\d_])[^\W\d_](?:\.[^\W\d_](?![^\W_]))+|"
    r"\d+(?:[.:,/-]\d+)*|[^\W\d_](?:[^\W_]|['’](?=[^\W_]))*"
)
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
SENTENCE_MARKS = ".!?…"
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def tokens(text: str) -> tuple[str, ...]:
    """Words and numbers in the order and case they were written in."""
    return tuple(TOKEN.findall(text))


def lower_words(text: str) -> tuple[str, ...]:
    """Words and numbers in lower case with straight apostrophes."""
    return tuple(lowered(token) for token in tokens(text))


def lowered(token: str) -> str:
    """One word in lower case with straight apostrophes."""
    return token.lower().replace("’", "'")


def plain(text: str, language: Language) -> str:
    """What patterns are held against: lower case, no punctuation, no politeness, one blank between words."""
    return " ".join(language.fillers.sub(" ", " ".join(lower_words(text))).split())


def spaced(name: str) -> str:
    """A programmer's name as words: `get_weather` and `getWeather` are "get weather"."""
    return " ".join(re.sub(r"[\W_]+", " ", CAMEL.sub(" ", name)).lower().split())


def stem(word: str, language: Language) -> str:
    """A word without its ending. Two forms of one word mostly agree; no more is promised."""
    for suffix, instead in language.suffixes.items():
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word.removesuffix(suffix) + instead
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def stems(text: str, language: Language) -> tuple[str, ...]:
    """Every word of a text, without its ending."""
    return tuple(stem(word, language) for word in lower_words(text))


def content(text: str, language: Language) -> frozenset[str]:
    """The words that carry the subject, without their endings."""
    return frozenset(stem(word, language) for word in lower_words(text) if word not in language.stop_words)


def sentences(text: str) -> tuple[str, ...]:
    """A text cut into sentences, each with a mark at its end. What holds no letter or digit is no sentence."""
    cut = (" ".join(piece.split()) for piece in SENTENCE_END.split(text))
    return tuple(finished(piece) for piece in cut if any(sign.isalnum() for sign in piece))


def finished(piece: str) -> str:
    """A piece of text with a full stop where it has no mark of its own."""
    return piece if piece[-1] in SENTENCE_MARKS else piece.rstrip(" ,;:-–—") + "."


def listed(items: Sequence[str], joint: str) -> str:
    """Items as a person lists them: "a, b and c"."""
    return f" {joint} ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def shortened(text: str, limit: int) -> str:
    """At most so many characters of a text, cut between words."""
    return text if len(text) <= limit else (text[:limit].rsplit(None, 1) or [""])[0].rstrip(" ,;:.") + "…"


def runs(run: Sequence[str], within: Sequence[str]) -> Iterator[range]:
    """Where a run of words stands in others."""
    for start in range(len(within) - len(run) + 1):
        if run and tuple(within[start : start + len(run)]) == tuple(run):
            yield range(start, start + len(run))
