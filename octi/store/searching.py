"""Words looked for among sessions: in what was said in them, and in what they are called. Pure.

A search looks through so many sessions at a time, newest first, whatever it finds: a rare word in a long history is
many short questions, which its asker may stop asking, and no long one.
"""

from collections.abc import Iterable, Sequence

from octi.records import SessionRecord, Turn

LOOKED_THROUGH = 2000  # sessions, at a time
NAMES = ("id", "user", "key", "tenant", "call_id", "model", "end_reason")  # in which words are looked for


def spellings(words: str) -> Sequence[str]:
    """Words as they may be written. Databases know small and capital letters of ASCII alone, or as they are set up."""
    return list(dict.fromkeys((words, words.lower(), words.upper(), words.capitalize(), words.title())))


def mentions(session: SessionRecord, turns: Iterable[Turn], words: str) -> bool:
    """Do words stand somewhere in a session?"""
    names = (getattr(session, name) or "" for name in NAMES)
    wanted = words.casefold()
    return any(wanted in text.casefold() for text in (*names, *(turn.text for turn in turns)))
