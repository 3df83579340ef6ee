"""Which rules are in force: those that are named, and those of a file, each tried before it is trusted. Pure."""

import re
import string
import tomllib
from collections.abc import Callable, Iterator
from time import thread_time

from octi.errors import BadConfig
from octi.redact_config import RedactConfig, Redacted
from octi.redaction.patterns import BUILT_IN, WINDOW, Rule

Read = Callable[[str], str]
Clock = Callable[[], float]

SLOW_S = 0.1  # for one window; while an expression is matched nothing else runs
# Each a little longer than the one before, so that what explodes is caught while it is small.
LENGTHS = (*range(16, 64, 4), *range(64, 256, 12), 256, 500, 1000, WINDOW)
SAMPLES = ("a", "A", "1", " ", "-", ".", "_", "@", "a1", "a ", "1 ", "a.", "1-")
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
WORD = re.compile("[A-Za-z0-9]{2,}")


def read_rules(config: RedactConfig, read: Read, clock: Clock = thread_time) -> list[Rule]:
    """The rules that are configured; empty where none are.

    read: a file's text; may raise OSError. Raises BadConfig with the file, the line and what would be right.
    """
    rules = [rule for kind, rule in BUILT_IN.items() if kind in config.kinds]
    return [*_of_file(config.file, read, clock), *rules] if config.file else rules


def _of_file(path: str, read: Read, clock: Clock) -> list[Rule]:
    try:
        text = read(path)
        written = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, f"cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise _bad(path, f'{error}; should be TOML, a line for each rule: name = "regular expression"') from error
    told = {name: _problem(name, said, clock) for name, said in written.items()}
    if problems := {name: problem for name, problem in told.items() if problem}:
        where = f"OCTI_REDACT_FILE={path!r}, line"
        raise BadConfig([f"{where} {_line_of(name, text)}: {name}: {problem}" for name, problem in problems.items()])
    return [Rule(name, re.compile(said)) for name, said in written.items()]


def _problem(name: str, said: object, clock: Clock) -> str:
    """What is wrong with a line; "" if nothing is."""
    if not NAME.fullmatch(name) or name in set(Redacted):
        return "should be a name of letters, digits, - and _, and none of octi's own; it is what stands in the text"
    if not isinstance(said, str):
        return "should be a regular expression in quotes, best in single ones, where a backslash is one"
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


def _line_of(name: str, text: str) -> int:
    written = re.compile(rf"""\s*\[?\s*["']?{re.escape(name)}["']?\s*[].=]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if written.match(line)), 1)


def _bad(path: str, problem: str) -> BadConfig:
    return BadConfig([f"OCTI_REDACT_FILE={path!r}: {problem}"])
