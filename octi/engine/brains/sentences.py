"""A text that arrives in pieces, cut into sentences as soon as each is complete. English and French. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import attrs

LONGEST = 200  # characters of a sentence: more is cut, as nothing is heard of it before all of it was spoken
LONGEST_WORD = 1_000  # what has no place to cut for so long is no word

# Marks, what may close behind them (a French » after a space), and what follows: without that it may go on.
_END = re.compile(r"""(?P<mark>[.!?…]+)(?P<closed>["'”’»)\]*_`~]*(?:[^\S\n]+»[*_]*)?)(?=[^\S\n]+(?P<next>\S)|\n)""")
_PAUSE = re.compile(r"""[,;:)»–—](?=\s)""")
_QUOTES = frozenset("\"'”’»)]")
_NUMERAL = re.compile(r"\s*(?:\d{1,3}|[a-zA-Z])")  # of a list, at its line's beginning
# A point behind these does not end a sentence ...
_TITLES = "mr mrs ms dr prof st ste mt ft capt lt col gen sgt rev hon mme mmes mlle mlles mm mgr pr"
_SHORT = "vs e.g i.e eg ie cf approx bd av env p.ex c.-à-d"
_ABBREVIATIONS = frozenset(f"{_TITLES} {_SHORT}".split())
# ... and behind these it does not if a figure follows.
_MONTHS = "jan feb mar apr jun jul aug sep sept oct nov dec janv févr fév avr juil déc"
_COUNTED = frozenset(f"no nos n fig figs art p pp ch vol sec tel tél {_MONTHS}".split())


class Cut(NamedTuple):
    """A piece of text. `whole`: it goes to the end of a sentence, or of a line."""

    text: str
    whole: bool


@attrs.define
class Sentences:
    """Takes pieces of a text, gives its sentences. A line is never joined with the next one."""

    _text: str = ""

    def take(self, more: str) -> list[Cut]:
        """What is complete now."""
        self._text += more
        return [cut for cut in self._complete() if cut.text]

    def end(self) -> list[Cut]:
        """All the rest: nothing follows."""
        return self.take("\n")

    def _complete(self) -> Iterator[Cut]:
        while True:
            self._text = self._text.lstrip()
            end = first_end(self._text)
            if end is None or end > LONGEST:
                long = pause_in(self._text) if len(self._text) > LONGEST else None
                if long is None and end is None:
                    return
                yield self._cut(long or end or 0, whole=long is None)
            else:
                yield self._cut(end, whole=True)

    def _cut(self, place: int, *, whole: bool) -> Cut:
        text, self._text = self._text[:place], self._text[place:]
        return Cut(text.strip(), whole)


def first_end(text: str) -> int | None:
    """Where the first sentence ends; None if none does yet."""
    line = text.find("\n")
    for found in _END.finditer(text, 0, len(text) if line < 0 else line + 1):
        if found["next"] is None:  # the line's end
            break
        if found["next"] == "»":  # it belongs to the mark, and what follows is not known yet
            continue
        if _ends(text[: found.start()], found["mark"], found["closed"], found["next"]):
            return found.end()
    return None if line < 0 else line + 1


def pause_in(text: str) -> int | None:
    """Where a sentence that is too long is best cut: behind the last pause, else between words, where there is any."""
    pauses = [found.end() for found in _PAUSE.finditer(text, 0, LONGEST + 1) if found.end() > LONGEST // 4]
    if pauses:
        return pauses[-1]
    spaces = [found.end() for found in re.finditer(r"\s", text[:LONGEST_WORD])]
    if spaces:
        return max((place for place in spaces if place <= LONGEST), default=spaces[0])
    return LONGEST_WORD if len(text) > LONGEST_WORD else None


def _ends(before: str, mark: str, closed: str, following: str) -> bool:
    goes_on = following.islower()
    if "!" in mark or "?" in mark:  # in a quotation it may not be the sentence's own
        return not (goes_on and _QUOTES.intersection(closed))
    return not goes_on and (mark != "." or not _is_abbreviated(before, following))


def _is_abbreviated(before: str, following: str) -> bool:
    """Whether a point belongs to the word before it."""
    if _NUMERAL.fullmatch(before):
        return True
    word = before.rsplit(None, 1)[-1].lstrip("\"'“‘«([*_") if before.split() else ""
    if re.fullmatch(r"(?:[^\W\d_]\.)*[^\W\d_]", word) and word.isupper() and word != "I":
        return True  # an initial: J. R. R. Tolkien, M. Dupont, the U.S. Army
    word = word.lower()
    return word in _ABBREVIATIONS or (word in _COUNTED and following.isdecimal())
