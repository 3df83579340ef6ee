"""What was said, ready to be searched: folded letters, sentences, questions, and of whom it speaks."""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import attrs

from octi.extraction.schema import Value
from octi.records import Role, Turn

_STOPS = re.compile(r"(?<!\bmr)(?<!\bmrs)(?<!\bms)(?<!\bdr)(?<!\bmme)(?<!\bm)\.(?=\s|$)|[!?;\n…]+")
_CLAUSE_ENDS = re.compile(r",(?!\d)|\b(?:but|mais)\b|[.!?;:\n]")
_FILLERS = re.compile(
    r"(?:\s|[,.!…-]|\b(?:well|sure|of course|yes|yeah|okay|ok|so|um|uh|er|erm|hm|hmm|euh|oui|ouais|bien sur|alors"
    r"|donc|ben"
    r"|bah|hello|hi|bonjour|please|it is|it's|that is|that's|this is|c'est|ce sera|ma'am|sir)(?!\w))+"
)
_SELF = r"i|i'm|i've|i'd|i'll|me|my|we|our|je|j|moi|mon|ma|mes|me|m|nous|notre|nos"
_OTHERS = (
    r"he|he's|she|she's|they|their|his|her|wife|wife's|husband|husband's|partner|boss|brother|sister|mother|father|son"
    r"|daughter|friend|neighbour|neighbor|il|elle|ils|elles|leur|femme|mari|frere|soeur|sœur|mere|pere|fils|fille"
    r"|patron"
    r"|ami|amie|copain|copine|voisin|voisine|you|your|vous|votre|tu|ton|ta"
)
_SUBJECT = re.compile(rf"\b(?:(?P<self>{_SELF})|(?P<other>{_OTHERS}))\b(?!')")
_UNREAL = re.compile(
    r"\b(?:would|want|wish|hope|if|used to|could|previously|formerly|voudrais|aimerais|souhaite|espere|si|avant"
    r"|autrefois"
    r"|gagnais|touchais)\b"
)
_NEGATION = re.compile(r"\b(?:not|never|no|don't|doesn't|isn't|am not|aren't|didn't|pas|jamais)\b")
_ASKING = re.compile(
    r"^\W*(?:do|does|did|is|are|am|was|were|have|has|can|could|should|would|what|which|who|how|when|where|why|est|combien|quel|quelle"
    r"|quels|qui"
    r"|comment|quand|pourquoi|puis|dois|peux|peut)\b"
)
_REQUEST = re.compile(
    r"\?|\b(?:tell me|give me|may i|could you|can you|please|i need your|dites|donnez|puis-je|pouvez-vous|pourriez-vous"
    r"|peux-tu|indiquez|il me faut)\b"
)
CORRECTION = re.compile(
    r"\b(?:no|sorry|actually|i meant|i mean|wait|rather|correction|non|pardon|en fait|plutot|je voulais dire"
    r"|je veux dire"
    r"|attendez|desole|desolee|erreur|excusez-moi)\b"
)


def vocabulary(words: str) -> tuple[str, ...]:
    """The words of a list that is written as one text, for it to be read in this source."""
    return tuple(words.split())


_TURNINGS = re.compile(
    r"[.,!?;…]\s*(?=(?:(?:oh|ah|enfin|well),? )?(?:no|sorry|actually|i meant?|wait|rather|non|pardon|en fait"
    r"|je voulais dire|attendez)\b)"
)
LONGEST_TURN = 3000  # characters that are read of a turn; people do not say more at once


class Sighting(NamedTuple):
    """A value read in a text, and the words it came from: `start` up to, not with, `end`."""

    value: Value
    start: int
    end: int
    unsure: bool = False


class Span(NamedTuple):
    """A part of a text."""

    start: int
    end: int


@attrs.frozen
class Said:
    """A turn of the user, and what the agent had said just before it. `plain` and `agent` are folded."""

    turn: Turn
    plain: str
    agent: str
    day: str = ""  # ISO date on which it was said, where known

    @property
    def text(self) -> str:
        """The words as they were said."""
        return self.turn.text[: len(self.plain)]

    def pieces(self) -> Iterator["Said"]:
        """The turn up to each correction in it ("… no, wait, …"), one after another; places stay, the rest is blank."""
        cuts = [0, *(match.end() for match in _TURNINGS.finditer(self.plain)), len(self.plain)]
        for start, end in itertools.pairwise(cuts):
            blank = attrs.evolve(self.turn, text=" " * start + self.turn.text[start:end])
            yield attrs.evolve(self, turn=blank, plain=" " * start + self.plain[start:end])

    @property
    def asked(self) -> str:
        """The sentences with which the agent asked for something."""
        parts = (self.agent[span.start : span.end] for span in sentences(self.agent))
        return " ".join(part for part in parts if _REQUEST.search(part))


def exchanges(turns: Sequence[Turn]) -> Iterator[Said]:
    """The user's turns in order. A question stays open over a turn that says nothing ("um")."""
    agent = ""
    for turn in turns:
        plain = folded(turn.text[:LONGEST_TURN])
        if turn.role is Role.ASSISTANT:
            agent = plain
        elif turn.role is Role.USER:
            yield Said(turn, plain, agent)
            agent = agent if after_fillers(plain) == len(plain) and not re.search(r"\b(?:yes|oui)\b", plain) else ""


def folded(text: str) -> str:
    """Lower case without accents, letter for letter, so that places in it are places in the text."""
    return "".join(map(_folded_letter, text))


def _folded_letter(letter: str) -> str:
    if letter in "’ʼ`´":
        return "'"
    if letter in "‐‑–—":
        return "-"
    return " " if letter.isspace() and letter != "\n" else unicodedata.normalize("NFD", letter)[0].lower()[0]


def sentences(plain: str) -> Iterator[Span]:
    """The sentences of a folded text, with the signs that end them."""
    start = 0
    for stop in _STOPS.finditer(plain):
        yield Span(start, stop.end())
        start = stop.end()
    if start < len(plain):
        yield Span(start, len(plain))


def clause_around(plain: str, sentence: Span, at: int) -> Span:
    """The part of a sentence, between commas or around "but", that a place is in."""
    ends = [match.span() for match in _CLAUSE_ENDS.finditer(plain, sentence.start, sentence.end)]
    start = max((end for _, end in ends if end <= at), default=sentence.start)
    return Span(start, min((begin for begin, _ in ends if begin >= at), default=sentence.end))


def after_fillers(plain: str, at: int = 0) -> int:
    """Where words that say nothing end."""
    match = _FILLERS.match(plain, at)
    return match.end() if match else at


def is_of_self(plain: str, start: int, at: int) -> bool:
    """Whether what is said at a place is said of the speaker: nobody else was named since `start`, or not last."""
    subjects = list(_SUBJECT.finditer(plain, start, at))
    return not subjects or subjects[-1].lastgroup == "self"


def is_unreal(plain: str, start: int, end: int) -> bool:
    """Whether it is wished, imagined or past."""
    return bool(_UNREAL.search(plain, start, end))


def is_negated(plain: str, start: int, end: int) -> bool:
    """Whether there is a "not" in it."""
    return bool(_NEGATION.search(plain, start, end))


def is_asking(plain: str, sentence: Span) -> bool:
    """Whether the user asks rather than says."""
    part = plain[sentence.start : sentence.end]
    return part.rstrip().endswith("?") and bool(_ASKING.search(part))
