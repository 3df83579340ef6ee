"""What came of a check, for people and for programs. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import msgspec

from octi.conformance.rule import Outcome, Result
from octi.conformance.values import shortened

MARKS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "FAILED",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.SKIPPED: "skipped",
}
WIDTH = max(map(len, MARKS.values()))


@attrs.frozen
class Report:
    """A check that is done. `url`: without its query and whoever it names."""

    url: str
    model: str
    results: Sequence[Result]

    @property
    def passed(self) -> bool:
        """Has no rule failed?"""
        return all(result.outcome is not Outcome.FAILED for result in self.results)

    def counts(self) -> dict[Outcome, int]:
        """How many rules had each outcome."""
        counted = Counter(result.outcome for result in self.results)
        return {outcome: counted[outcome] for outcome in Outcome}


def lines(result: Result) -> Iterator[str]:
    """One rule, for people: in one line, and more where it failed."""
    said = f"  {printable(result.why)}" if result.why and result.outcome is not Outcome.FAILED else ""
    yield f"{MARKS[result.outcome]:{WIDTH}}  {result.rule.name}{said}"
    if result.outcome is Outcome.FAILED:
        yield f"{'':{WIDTH}}    the rule:  {result.rule.sentence}"
        yield f"{'':{WIDTH}}    but:       {printable(result.why)}"
        if result.event is not None:
            yield f"{'':{WIDTH}}    shown by:  {printable(_json(result.event))}"


def summary(report: Report) -> str:
    """The last line."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in report.counts().items() if count)
    return f"{len(report.results)} rules: {counts}"


def as_json(report: Report) -> str:
    """All of it, for programs."""
    return _json(
        {
            "url": report.url,
            "model": report.model,
            "passed": report.passed,
            "counts": {str(outcome): count for outcome, count in report.counts().items()},
            "rules": [_row(result) for result in report.results],
        }
    )


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.rule.name,
        "about": result.rule.about,
        "rule": result.rule.sentence,
        "outcome": str(result.outcome),
        "why": result.why or None,
        "event": result.event,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(shortened(value)).decode()


def printable(text: str) -> str:
    """What may be anybody's answer must not steer the terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
