"""French text on its way to the voice: what it would read wrongly in words, what it cannot take left out. Pure.

It reads most things well by itself ("3 000 €", "14:30", "1er", "12/03/2026", "5 %", "Mme"); here is only the rest.
"""

import re
import unicodedata
from collections.abc import Sequence

from octi.engine.words import speakable

LONGEST_WORD = 26  # letters; "anticonstitutionnellement" has 25, and with one of some hundreds the voice never ends

UNSAID = re.compile(r"[^\w\s.,;:!?'()%€$£°+=/&@-]|_")  # among them its own mark-up: < > \
REPEATED = re.compile(r"([^\w\s])(?:\s*\1)+")  # "!!!" takes it two seconds
LOOSE = re.compile(r" (?=[,.](?:\s|$))")
LONG_WORD = re.compile(rf"(\w{{{LONGEST_WORD}}})(?=\w)")

SIGNS = str.maketrans({"’": "'", "—": ", ", "–": "-", "−": "-", "…": ".", "×": " fois ", "÷": " divisé par "})
HOURS = {0: "zéro heure", 1: "une heure", 21: "vingt et une heures"}  # the others it makes feminine by itself

Rule = tuple[re.Pattern[str], str]
RULES: Sequence[Rule] = (
    (re.compile(r"(?<=\d) - (?=\d)"), " moins "),
    (re.compile(r"(?<=\d)-(?=\d+-)|(?<=-\d\d)-(?=\d)"), " "),  # 06-12-34-56-78
    (re.compile(r"(?<=\d)-(?=\d)"), " à "),  # 12-14
    (re.compile(r"(?<![\w,.)])-\s?(?=\d)"), "moins "),
    (re.compile(r"\s?°\s?C\b"), " degrés"),
    (re.compile(r"(?<=\d)\s?min\b"), " minutes"),
    (re.compile(r"(?<=\d)\s?m²"), " mètres carrés"),
    (re.compile(r"\bMM\.(?=\s)"), "messieurs"),
    (re.compile(r"(?<=\d),00\s?€"), " euros"),
    (re.compile(r"(?<=[1-9]),0?(\d{1,2})\s?€"), r" euros \1"),
    (re.compile(r"(?<=\d0),0?(\d{1,2})\s?€"), r" euros \1"),  # 10,50 €, but not 0,50 €
)
TIME = re.compile(r"\b(\d{1,2})\s?h(?:\s?([0-5]\d))?\b")


def french(text: str) -> str:
    """The text as the voice reads it rightly; "" if there is nothing in it to be said."""
    text = unicodedata.normalize("NFC", text).translate(SIGNS)
    text = " ".join(UNSAID.sub(" ", text).split())  # also the narrow spaces in "3 000 €", which it knows not
    for pattern, words in RULES:
        text = pattern.sub(words, text)
    text = LOOSE.sub("", REPEATED.sub(r"\1", TIME.sub(time_of_day, text)))
    text = LONG_WORD.sub(r"\1 ", speakable(text)).strip()
    return text if any(map(str.isalnum, text)) else ""


def time_of_day(match: re.Match[str]) -> str:
    """ "14 h 05" as one says it: without the hours' letter, which it would spell, and without a leading zero."""
    hours, minutes = int(match[1]), int(match[2] or 0)
    said = HOURS.get(hours, f"{hours} heures")
    return f"{said} {minutes}" if minutes else said
