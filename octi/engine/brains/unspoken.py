"""What a language model writes and does not mean to be heard: its thinking, and code. Taken out of a stream. Pure."""

import re

import attrs

# What opens it, and what closes it. Code leaves the end of a line behind, so that no sentence runs across it.
_PAIRS = {f"<{name}>": (f"</{name}>", "") for name in ("think", "thinking", "thought", "reasoning")}
_PAIRS |= {"```": ("```", "\n"), "~~~": ("~~~", "\n")}
_OPENERS = re.compile("|".join(map(re.escape, _PAIRS)), re.IGNORECASE | re.ASCII)
# A model whose template has opened its thinking for it only closes it.
_LOST = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE | re.ASCII)
_MARKS = (*_PAIRS, *(closer for closer, _ in _PAIRS.values()))
_LONGEST = max(map(len, _MARKS))


@attrs.define
class Unspoken:
    """Lets pass what is to be heard."""

    _text: str = ""  # not yet judged
    _opener: str = ""  # of what is being left out

    def take(self, more: str) -> str:
        """What can be said of the text so far. A few characters may be kept back, if they might open something."""
        self._text += more
        passed = ""
        while True:
            if self._opener:
                if not self._left_out():
                    return passed
            elif found := _OPENERS.search(self._text):
                passed += self._text[: found.start()]
                self._opener, self._text = found[0].lower(), self._text[found.end() :]
            else:
                kept = _beginning(self._text)
                passed, self._text = passed + self._text[: len(self._text) - kept], self._text[len(self._text) - kept :]
                return _LOST.sub("\n", passed)

    def end(self) -> str:
        """What was kept back."""
        rest, self._text = "" if self._opener else self._text, ""
        return _LOST.sub("\n", rest)

    def _left_out(self) -> bool:
        """Drop up to what closes it; false if that has not come."""
        closer, instead = _PAIRS[self._opener]
        found = re.search(re.escape(closer), self._text, re.IGNORECASE | re.ASCII)
        if found is None:
            self._text = self._text[-_LONGEST:]
            return False
        self._opener, self._text = "", instead + self._text[found.end() :]
        return True


def _beginning(text: str) -> int:
    """How many characters at the end may be the beginning of something that is left out."""
    sizes = range(min(len(text), _LONGEST - 1), 0, -1)
    return next((size for size in sizes if any(_begins(mark, text[-size:].lower()) for mark in _MARKS)), 0)


def _begins(mark: str, tail: str) -> bool:
    return len(tail) < len(mark) and mark.startswith(tail)
