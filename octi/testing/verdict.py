"""Scenarios as tests name them, and how a failed one fails a test."""

from pathlib import Path

from octi.simulator.reading import read_file, read_text
from octi.simulator.report import Report, as_text
from octi.simulator.script import Script

Named = str | Path | Script  # a scenario's text, its file, or one that was read


class ScenarioFailed(AssertionError):
    """A client did not do what its scenario says. `report` has it whole."""

    def __init__(self, report: Report) -> None:
        super().__init__(as_text(report))
        self.report = report


def script_of(named: Named, folder: Path) -> Script:
    """What is named: a text of several lines is a scenario, anything else a file, from `folder` if it is relative.

    Raises OSError; BadMessage with file, line and field.
    """
    if isinstance(named, Script):
        return named
    if isinstance(named, str) and ("\n" in named or named.lstrip().startswith("{")):
        return read_text(named)
    return read_file((folder / named).read_bytes(), str(named))


def check(report: Report | None) -> None:
    """Raises ScenarioFailed; a script without a scenario has nothing to fail."""
    __tracebackhide__ = True  # from pytest: the report says it all
    if report and not report.passed:
        raise ScenarioFailed(report)
