"""How much of an answer was heard, in words, from how much of its audio was."""

import re
from array import array
from collections.abc import Sequence
from itertools import pairwise

import attrs

# Japanese and Chinese write no spaces: there, a character stands for a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")

Point = tuple[int, int]  # so many milliseconds hold so many characters
FASTEST = 3  # times the answer's mean pace: nobody speaks faster than that for long
AHEAD = 12  # characters: a word or two may come before their time


def _no_marks() -> "array[int]":
    return array("L")


@attrs.define(eq=False)
class Wording:
    """Words that come in pieces while they are spoken."""

    words: str = attrs.field(default="", kw_only=True)
    # Where more words came after more audio: how many characters there were, and how many milliseconds, in pairs.
    marks: "array[int]" = attrs.field(factory=_no_marks, kw_only=True)

    def add_words(self, words: str, ms: int) -> None:
        """More of them, when so much audio had come."""
        marks = self.marks
        if not marks or marks[-1] != ms:
            marks.append(len(self.words))
            marks.append(ms)
        self.words += words

    def settle_words(self, words: str) -> None:
        """All of them. Where they are others than those that came in pieces, these tell nothing of their pace."""
        if words != self.words:
            self.words, self.marks = words, _no_marks()

    def words_within(self, ms: int, of_ms: int) -> str:
        """Those that the first milliseconds hold, of so many."""
        return heard_text(self.words, ms, of_ms, self.marks)


def heard_text(text: str, heard_ms: int, spoken_ms: int, marks: Sequence[int] = ()) -> str:
    """The words of `text` that fit into the part that was heard; a word counts when all of it was heard.

    marks: see `Wording`. Where they tell nothing, speech is taken to run at an even pace over its text.
    """
    heard_ms = max(0, heard_ms)
    if heard_ms >= spoken_ms:
        return text
    letters = _letters(points(len(text), spoken_ms, marks), heard_ms)
    end = 0
    for word in _WORD.finditer(text):
        if word.end() > letters:
            break
        end = word.end()
    return text[:end]


def points(length: int, spoken_ms: int, marks: Sequence[int] = ()) -> list[Point]:
    """What ties the text to its audio, from its beginning to its end; in between it runs evenly.

    Of pieces that come before their sound, the beginnings are tied to it; of pieces that come behind it, the ends.
    Nothing between, if somebody would have to speak too fast to say what was left: then the words came in a burst.
    """
    began, at = list(marks[::2]), list(marks[1::2])
    behind = bool(at) and at[0] > 0
    ends = [*began[1:], length] if behind else began
    between = [(ms, letters) for ms, letters in zip(at, ends, strict=True) if 0 < ms < spoken_ms and letters > 0]
    plausible = all(
        _sayable(letters, ms, length, spoken_ms) and _sayable(length - letters, spoken_ms - ms, length, spoken_ms)
        for ms, letters in between
    )
    return [(0, 0), *(between if plausible else []), (spoken_ms, length)]


def _sayable(letters: int, ms: int, length: int, spoken_ms: int) -> bool:
    return (letters - AHEAD) * spoken_ms <= FASTEST * length * ms


def _letters(tied: Sequence[Point], heard_ms: int) -> int:
    for (since_ms, before), (until_ms, there) in pairwise(tied):
        if heard_ms < until_ms:
            return before + (there - before) * (heard_ms - since_ms) // (until_ms - since_ms)
    return tied[-1][1]
