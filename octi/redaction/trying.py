"""Somebody's regular expressions, each tried before it is trusted: while one is matched nothing else runs. Pure."""

import re
import string
from collections.abc import Callable, Iterator
from time import thread_time

from octi.redaction.patterns import WINDOW

Clock = Callable[[], float]

SLOW_S = 0.1  # for one window
# Each a little longer than the one before, so that what explodes is caught while it is small.
LENGTHS = (*range(16, 64, 4), *range(64, 256, 12), 256, 500, 1000, WINDOW)
SAMPLES = ("a", "A", "1", " ", "-", ".", "_", "@", "a1", "a ", "1 ", "a.", "1-")
WORD = re.compile("[A-Za-z0-9]{2,}")


def problem_with(said: str, clock: Clock = thread_time) -> str:
    """Why an expression cannot be used; "" if it can."""
    try:
        pattern = re.compile(said)
    except re.error as error:
        return f"is no regular expression of Python's: {error}"
    if pattern.search(""):
        return "should not match an empty text"
    if slowest(pattern, clock) > SLOW_S:
        return f"takes over {SLOW_S:g} s for one text; should not repeat what repeats, unless by a++ or a*+"
    return ""


def slowest(pattern: re.Pattern[str], clock: Clock) -> float:
    """The longest time, in seconds, that it took for texts that ought to be hard for it; it stops at a slow one."""
    worst = 0.0
    for length in LENGTHS:
        for text in hard_texts(pattern.pattern, length):
            began = clock()
            for _ in pattern.finditer(text):
                pass
            worst = max(worst, clock() - began)
            if worst > SLOW_S:
                return worst
    return worst


def hard_texts(expression: str, length: int) -> Iterator[str]:
    """What repeats itself and ends otherwise: samples, and the letters and words that the expression is made of."""
    own = {letter for letter in expression if letter in string.printable}
    for unit in sorted({*SAMPLES, *own, *WORD.findall(expression)}):
        yield (unit * length)[: length - 1] + "\x00"
