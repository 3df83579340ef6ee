"""Which rules are in force: those that are named, and those of a file, each tried before it is trusted. Pure."""

import re
import tomllib
from collections.abc import Callable
from time import thread_time

from octi.errors import BadConfig
from octi.redact_config import RedactConfig, Redacted
from octi.redaction.patterns import BUILT_IN, Rule
from octi.redaction.trying import Clock, problem_with

Read = Callable[[str], str]

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


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
    return problem_with(said, clock)


def _line_of(name: str, text: str) -> int:
    written = re.compile(rf"""\s*\[?\s*["']?{re.escape(name)}["']?\s*[].=]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if written.match(line)), 1)


def _bad(path: str, problem: str) -> BadConfig:
    return BadConfig([f"OCTI_REDACT_FILE={path!r}: {problem}"])
