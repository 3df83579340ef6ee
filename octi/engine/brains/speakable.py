"""A written sentence as it is said: without the marks of Markdown, without addresses and pictures. Pure."""

import re
import unicodedata
from collections.abc import Callable

from octi.engine.brains.words import finished

_SAID_SIGNS = frozenset("°©®™℃℉№")  # symbols, as emojis are, but they have names that are read
_URL = r"(?:\b(?:https?|ftp|wss?)://|\bwww\.)(?P<place>[^\s<>\"'»)\]]*[^\s<>\"'»)\].,;:!?*_`])"
_CLOSED = re.compile(r"""[.!?…]["'”’»)\]\s]*$""")


def _host(found: re.Match[str]) -> str:
    """Of an address only the place is said."""
    host = re.split(r"[/?#]", found["place"], maxsplit=1)[0].rpartition("@")[2]
    return host.removeprefix("www.")


_MARKS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^\s*(?:>\s*)+", ""),  # a quotation
    (r"^#{1,6}\s+|\s+#+$", ""),  # a heading
    (r"^[-*+•‣◦–—]\s+(?:\[[ xX]\]\s+)?", ""),  # an entry of a list
    (r"^(\d{1,3})[.)]\s+", r"\1, "),
    (r"!\[([^\]]*)\]\([^)\s]*\)", r"\1"),  # a picture
    (r"\[([^\]]*)\]\([^)]*\)", r"\1"),  # a link
    (r"\]\([^)\s]*\)", ""),  # one whose text was a sentence of its own
    (r"<([^<>\s]*(?:://|@)[^<>\s]*)>", r"\1"),
    (_URL, _host),
    (r"\s*(?:\[\^?\d{1,3}\]|【[^】]*】)", ""),  # a source
    (r"<br[^<>]*>", " "),
    (r"</?[a-zA-Z][^<>]*>", ""),
    (r"\\([*_`#~\[\]])", r"\1"),
    (r"`+|\*\*+|~~+", ""),
    (r"(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)", ""),
    (r"(?<![^\W_])_+|_+(?![^\W_])", ""),
    (r"(?<=[^\W_])_+(?=[^\W_])", " "),  # a programmer's name
    (r"(?<!\S)[:;]-?[()DP](?!\S)", ""),  # a smile
)
_REWRITES = tuple((re.compile(pattern), instead) for pattern, instead in _MARKS)


def speakable(text: str, *, whole: bool = True) -> str:
    """What is said of a sentence; "" if there is nothing to say. `whole`: it gets a full stop where it has no mark."""
    text = _cells(text.strip())
    for pattern, instead in _REWRITES:
        text = pattern.sub(instead, text)
    text = " ".join(_without_pictures(text).split())
    if not any(sign.isalnum() for sign in text):
        return ""
    return text if not whole or _CLOSED.search(text) else finished(text)


def _cells(text: str) -> str:
    """A table's row as a list; its rule, which has no letters, is dropped later."""
    if not (text.startswith("|") and text.endswith("|") and len(text) > 1):
        return text
    return ", ".join(cell for part in text.strip("|").split("|") if (cell := part.strip()))


def _without_pictures(text: str) -> str:
    """No emojis and what joins them; control characters become blanks."""
    return "".join(_heard(sign) for sign in text)


def _heard(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    left_out = kind in ("Cf", "Co", "Cs", "Cn", "Me") or (kind == "So" and sign not in _SAID_SIGNS)
    return "" if left_out or "\U0001f3fb" <= sign <= "\U0001f3ff" or sign in "\ufe0e\ufe0f" else sign
