"""The words of a turn while it is spoken: those that two looks at it, one after the other, agree upon. Pure."""

import re

import attrs

EVERY_MS = 600  # of speech, between two looks
REST = 5.0  # looks take at most so many times less than there is between them: a sixth of one worker

_WORD = re.compile(r"\S+")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@attrs.define(eq=False)
class Partials:
    """One turn's words as they come. `told`: what was told, in all, a prefix of the turn as far as anybody knew."""

    told: str = ""
    _before: str = ""  # what the look before saw
    _due_ms: int = EVERY_MS  # of speech: when the next look is worth it
    _due_at: float = 0.0  # in seconds: when there is time for it
    looking: bool = False

    def due(self, spoken_ms: int, now: float) -> bool:
        """Is it time for another look, `spoken_ms` into the turn?"""
        return not self.looking and spoken_ms >= self._due_ms and now >= self._due_at

    def begin(self, spoken_ms: int) -> None:
        """A look begins."""
        self.looking, self._due_ms = True, spoken_ms + EVERY_MS

    def end(self, began: float, now: float) -> None:
        """It is over, whatever came of it."""
        self.looking, self._due_at = False, now + (now - began) * REST

    def see(self, words: str) -> str:
        """What a look saw; what can be told now that could not before, "" if nothing."""
        agreed = _agreed(self._before, words)
        self._before = words
        return self._tell(agreed)

    def finish(self, words: str) -> str:
        """The final words; the rest of them, or "" where something else was told already."""
        return self._tell(words)

    def _tell(self, words: str) -> str:
        """The part of `words` behind what was told; "" if they do not begin like that."""
        told, now = _WORD.findall(self.told), list(_WORD.finditer(words))
        if len(now) <= len(told) or not _same([word.group() for word in now[: len(told)]], told):
            return ""
        fresh = words[now[len(told) - 1].end() if told else now[0].start() :]
        self.told += fresh
        return fresh


def _agreed(before: str, after: str) -> str:
    """The words at the beginning of both, as the later one has them; without the punctuation that may yet change."""
    found = list(_WORD.finditer(after))
    count = 0
    for earlier, word in zip(_WORD.findall(before), found, strict=False):
        if not _same([earlier], [word.group()]):
            break
        count += 1
    if not count:
        return ""
    return re.sub(r"[^\w%]+$", "", after[: found[count - 1].end()])


def _same(some: list[str], others: list[str]) -> bool:
    return [_bare(word) for word in some] == [_bare(word) for word in others]


def _bare(word: str) -> str:
    return _EDGES.sub("", word).lower()
