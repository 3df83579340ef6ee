"""The built-in hook: rules of regular expressions, out of a file; each is tried before it is trusted. Pure."""

import re
import tomllib
from collections.abc import Callable, Sequence
from time import thread_time
from typing import Annotated

import attrs
import msgspec

from octi.errors import BadConfig
from octi.hook_config import Side
from octi.hooks.base import ALLOWED, Action, HookFailed, Said, Verdict
from octi.hooks.verdicts import LONGEST_REASON, LONGEST_TEXT, LONGEST_WORDS
from octi.redaction.patterns import Rule, spans
from octi.redaction.trying import Clock, problem_with

Read = Callable[[str], str]
MOST_RULES = 1000
LONGEST = 100_000  # characters: to look through more would keep everybody else waiting


class _Written(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A rule as the file has it."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[\w .-]{1,60}$")]
    match: str
    action: Action = Action.BLOCK
    who: Side | None = None  # left out: both
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] = ""
    say: Annotated[str, msgspec.Meta(max_length=LONGEST_WORDS)] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] = ""


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    rule: Annotated[list[_Written], msgspec.Meta(min_length=1, max_length=MOST_RULES)]


@attrs.frozen
class PatternRule:
    """An expression, whose turns it is for, and what becomes of those in which it is found."""

    rule: Rule
    action: Action
    who: Side | None = None
    text: str = ""  # for REPLACE: stands where the match stood
    say: str | None = None
    reason: str = ""

    def verdict(self, said: Said) -> Verdict | None:
        """None: it has nothing against a turn."""
        if self.who not in {None, said.side}:
            return None
        if next(spans(self.rule, said.text), None) is None:
            return None
        words = self._replaced(said.text) if self.action is Action.REPLACE else ""
        return Verdict(action=self.action, text=words, say=self.say, reason=self.reason, by=f"rule {self.rule.name}")

    def _replaced(self, text: str) -> str:
        done, at = list[str](), 0
        for span in sorted(set(spans(self.rule, text))):
            if span.start >= at:
                done += [text[at : span.start], self.text]
            at = max(at, span.end)
        return "".join([*done, text[at:]])


@attrs.frozen
class Patterns:
    """All rules of a file. The first that has something against a turn decides; a replacement goes through them all."""

    rules: Sequence[PatternRule]
    name: str = "rules"

    async def judge(self, said: Said) -> Verdict:
        """See `Hook.judge`. It waits for nothing."""
        return self.verdict(said)

    def verdict(self, said: Said) -> Verdict:
        """What becomes of a turn. Raises HookFailed for one that is too long."""
        if len(said.text) > LONGEST:
            raise HookFailed(f"a turn of more than {LONGEST} characters")
        replaced: Verdict | None = None
        for rule in self.rules:
            if (verdict := rule.verdict(said)) is None:
                continue
            if verdict.action is not Action.REPLACE:
                return verdict
            replaced = replaced or verdict
            said = attrs.evolve(said, text=verdict.text)
        return ALLOWED if replaced is None else attrs.evolve(replaced, text=said.text)


def read_patterns(path: str, read: Read, clock: Clock = thread_time) -> Patterns:
    """A file's rules. read: a file's text; may raise OSError. Raises BadConfig, with every rule that cannot be used."""
    try:
        written = msgspec.convert(tomllib.loads(read(path)), _File).rule
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig([_bad(path, f"cannot be read: {error}")]) from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfig([_bad(path, f"{error}; should be TOML, as docs/hooks.md shows")]) from error
    except msgspec.ValidationError as error:
        raise BadConfig([_bad(path, str(error))]) from None
    if problems := [_bad(path, f"rule {rule.name}: {why}") for rule in written if (why := _problem(rule, clock))]:
        raise BadConfig(problems)
    return Patterns([_compiled(rule) for rule in written])


def _problem(rule: _Written, clock: Clock) -> str:
    if rule.action is Action.REPLACE and not rule.text.strip():
        return "text: should be what stands in the place of the words"
    return problem_with(rule.match, clock)


def _compiled(rule: _Written) -> PatternRule:
    expression = Rule(rule.name, re.compile(rule.match))
    return PatternRule(expression, rule.action, rule.who, rule.text, rule.say, rule.reason)


def _bad(path: str, problem: str) -> str:
    return f"OCTI_HOOK_RULES={path!r}: {problem}"
