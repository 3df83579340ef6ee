"""How long to wait, once a speaker pauses, until the turn counts as over: by the words so far. Pure.

This is `semantic_vad`, and a heuristic: it reads punctuation, the last word, and numbers that are being dictated; it
understands nothing. A pause is given 0.3 to 2 s, whatever is read.
"""

import re
from collections.abc import Mapping
from enum import Enum

import attrs

from octi.engine.base import ENGLISH, FRENCH


class Reading(Enum):
    """What the words so far look like."""

    FINISHED = "finished"
    UNCLEAR = "unclear"  # nothing is known yet, or nothing speaks for either
    UNFINISHED = "unfinished"


@attrs.frozen
class Eagerness:
    """Milliseconds of silence that end a turn, by what its words look like."""

    finished: int
    unclear: int
    unfinished: int

    def wait_ms(self, reading: Reading) -> int:
        """How long to wait."""
        waits = {Reading.FINISHED: self.finished, Reading.UNCLEAR: self.unclear, Reading.UNFINISHED: self.unfinished}
        return waits[reading]


EAGERNESS: Mapping[str, Eagerness] = {
    "high": Eagerness(300, 400, 1000),
    "medium": Eagerness(400, 700, 1500),
    "low": Eagerness(800, 1200, 2000),
}
EAGERNESS = {**EAGERNESS, "auto": EAGERNESS["medium"]}

# Words that nobody ends with: somebody who does is looking for the next one.
_EN_HANGING = """
    a an the my your his its our their this these some any every each another
    and or but because so if when while although though unless until since than whether as like
    of to in on at for with from by about into onto between through without during
    is are was were am be i'm you're we're they're i we they he she
    can could would should will shall might must i'd i'll let's gonna wanna want need
    not very really quite too just also maybe then well uh um er erm uhm hmm hm ah
"""
_FR_HANGING = """
    un une le la les l des du de d au aux mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs
    ce cet cette ces quelque quelques chaque
    et ou mais car donc or parce que qu quand lorsque lorsqu si comme puisque afin alors sinon
    à en dans sur sous avec sans pour par chez vers entre contre depuis pendant
    est sont était suis je j tu il elle on nous vous ils elles qui dont où
    peux peut voudrais veux dois doit vais va ne n très trop plutôt peut-être
    euh heu hum hem ben bah
"""
# Among them, those that end a sentence when the recogniser heard a full stop: "I think so.", "Yes, I am."
_EN_ENDING = "so then well too like want need maybe i we they he she am is are was were"
_FR_ENDING = "la on nous vous elle elles en est peut-être peut va trop si alors"
HANGING: Mapping[str, frozenset[str]] = {
    ENGLISH: frozenset(_EN_HANGING.split()),
    FRENCH: frozenset(_FR_HANGING.split()),
}
ENDING: Mapping[str, frozenset[str]] = {
    ENGLISH: frozenset(_EN_ENDING.split()),
    FRENCH: frozenset(_FR_ENDING.split()),
}

_EN_DIGITS = "zero oh o one two three four five six seven eight nine double triple"
_FR_DIGITS = """
    zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
    vingt trente quarante cinquante soixante quatre-vingt quatre-vingts
"""
NUMBERS = frozenset((*_EN_DIGITS.split(), *_FR_DIGITS.split()))
DICTATED = re.compile(
    r"\b(number|phone|code|digits?|zip|pin|card|iban|numéro|téléphone|chiffres?|postal|carte|portable)\b"
)
FULL_NUMBER = 10  # digits of a telephone number: whoever has said so many is probably through
LONG_RUN = 3  # numbers in a row: nobody counts so far in a sentence

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_WORD_EN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")  # "I'm" is one word; "l'heure" is two


def reading(text: str, language: str = ENGLISH) -> Reading:
    """What a pause behind these words looks like. Unknown languages are read by their punctuation alone."""
    text = text.strip().lower()
    words = (_WORD_EN if language == ENGLISH else _WORD).findall(text.replace("’", "'"))
    if not words:
        return Reading.UNCLEAR
    if text.endswith((",", "…", "...", "-", "–", ":", ";")) or _hangs(text, words[-1], language):
        return Reading.UNFINISHED
    if _dictates(text, words):
        return Reading.UNFINISHED
    return Reading.FINISHED if text.endswith((".", "?", "!")) else Reading.UNCLEAR


def _hangs(text: str, last: str, language: str) -> bool:
    if last not in HANGING.get(language, frozenset()):
        return False
    return not (text.endswith(("?", "!")) or (text.endswith(".") and last in ENDING[language]))


def _dictates(text: str, words: list[str]) -> bool:
    """Does it end in a number of which more may come?"""
    run = 0
    digits = 0
    for word in reversed(words):
        bare = word.replace("-", "")
        if not (bare.isdecimal() or word in NUMBERS):
            break
        run += 1
        digits += len(bare) if bare.isdecimal() else 1
    if not run or digits >= FULL_NUMBER:
        return False
    return run >= LONG_RUN or bool(DICTATED.search(text))
