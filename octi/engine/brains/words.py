"""Text from a speech recogniser, made comparable: punctuation, case and endings do not count."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from octi.engine.brains.language import Language

# An address, an abbreviation (p.m), digits with what joins them (8:30, 2026-10-05, 1,200.5), a word with apostrophes.
TOKEN = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![^\W\d_])[^\W\d_](?:\.[^\W\d_](?![^\W_]))+|"
    r"\d+(?:[.:,/-]\d+)*|[^\W\d_](?:[^\W_]|['’](?=[^\W_]))*"
)
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
SENTENCE_MARKS = ".!?…"
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
LATIN = map(chr, range(0xC0, 0x250))
BASES = {ord(sign): unicodedata.normalize("NFD", sign)[0] for sign in LATIN}
UNACCENTED = {sign: base for sign, base in BASES.items() if base.isascii()}  # one letter for one: places stay the same
MOST_WORDS = 4096  # remembered in lower case: those of functions are read again with every turn
LIGATURES = (("œ", "oe"), ("æ", "ae"), ("’", "'"))


def apart(text: str, language: Language) -> str:
    """A text in which an elided word stands alone ("l heure"). No letter changes its place."""
    return language.elisions.sub(" ", text)


def whole(text: str, language: Language) -> str:
    """A text with its digits in one piece: 3 000 is 3000. Accents are part of their letters."""
    return language.grouped.sub(lambda found: re.sub(r"\D", "", found[0]), unicodedata.normalize("NFC", text))


def tokens(text: str, language: Language) -> tuple[str, ...]:
    """Words and numbers in the order and case they were written in."""
    return tuple(TOKEN.findall(apart(whole(text, language), language)))


def lower_words(text: str, language: Language) -> tuple[str, ...]:
    """Words and numbers in lower case, without accents, with straight apostrophes."""
    return tuple(lowered(token) for token in tokens(text, language))


@lru_cache(MOST_WORDS)
def lowered(token: str) -> str:
    """One word in lower case, without accents, with straight apostrophes."""
    return unaccented(_small(token))


def _small(token: str) -> str:
    token = token.lower()
    for ligature, letters in LIGATURES:
        token = token.replace(ligature, letters)
    return token


def unaccented(text: str) -> str:
    """A text without the accents of its Latin letters. No letter changes its place."""
    return text.translate(UNACCENTED)


def plain(text: str, language: Language) -> str:
    """What patterns are held against: lower case, no accents, punctuation or politeness, one blank between words."""
    return unaccented(worded(text, language))


def worded(text: str, language: Language) -> str:
    """The same with its accents, for what is said back. Its letters are in the same places."""
    said = " ".join(map(_small, tokens(text, language)))
    return " ".join(_without(language.fillers, said).split())


def _without(pattern: re.Pattern[str], said: str) -> str:
    kept, at = [], 0
    for found in pattern.finditer(unaccented(said)):
        kept.append(said[at : found.start()])
        at = found.end()
    return " ".join([*kept, said[at:]])


def spaced(name: str) -> str:
    """A programmer's name as words: `get_weather` and `getWeather` are "get weather"."""
    return " ".join(re.sub(r"[\W_]+", " ", CAMEL.sub(" ", name)).lower().split())


def called(name: str, language: Language) -> str:
    """A programmer's name in words of the language, where they are known; else `spaced`."""
    written = spaced(name)
    return language.labels.get(unaccented(written), written)


def stem(word: str, language: Language) -> str:
    """A word without its ending, or another that means the same. Two forms of one word mostly agree; no more."""
    ending_less = bare(word, language.suffixes)
    return language.concepts.get(word) or language.concepts.get(ending_less, ending_less)


def bare(word: str, suffixes: Mapping[str, str]) -> str:
    """A word without its ending."""
    for suffix, instead in suffixes.items():
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word.removesuffix(suffix) + instead
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def stems(text: str, language: Language) -> tuple[str, ...]:
    """Every word of a text, without its ending."""
    return tuple(stem(word, language) for word in lower_words(text, language))


def content(text: str, language: Language) -> frozenset[str]:
    """The words that carry the subject, without their endings."""
    return frozenset(stem(word, language) for word in lower_words(text, language) if word not in language.stop_words)


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
