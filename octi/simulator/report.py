"""What came of a scenario: passed or failed, and why; as text, as JSON, and as JUnit's XML. Pure."""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as xml

import attrs
import msgspec

NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


@attrs.frozen
class Step:
    """A turn: what it heard, how long the client took for it, when that was. Seconds."""

    turn: str
    state: str  # played, missing, skipped
    heard: str
    waited_s: float
    at_s: float


@attrs.frozen
class Trouble:
    """Something that the client did wrong.

    `kind`: never (sent), late, refused, unexpected, truncated. `where`: which turn or expectation it is about.
    """

    kind: str
    what: str
    where: str
    at_s: float

    def __str__(self) -> str:
        return f"{f'{self.where}: ' if self.where else ''}{self.what}"


@attrs.frozen
class SessionReport:
    """One session, or one call."""

    session: str
    steps: tuple[Step, ...]
    troubles: tuple[Trouble, ...]
    lasted_s: float
    end: str

    @property
    def passed(self) -> bool:
        """Did the client do all it should, and nothing that it should not?"""
        return not self.troubles


@attrs.frozen
class Report:
    """A scenario and its sessions. None at all is a failure: nobody came."""

    scenario: str
    seed: int
    sessions: tuple[SessionReport, ...]

    @property
    def passed(self) -> bool:
        """Did all of them?"""
        return bool(self.sessions) and all(session.passed for session in self.sessions)


NOBODY = "no client came"


def as_text(report: Report) -> str:
    """For people."""
    lines = [f"{'PASSED' if report.passed else 'FAILED'}  {report.scenario}  (seed {report.seed})"]
    for session in report.sessions:
        lines.append(f"  {session.session}: {session.lasted_s:.3f} s; {session.end}")
        for step in session.steps:
            heard = f"  {step.heard!r}" if step.heard else ""
            lines.append(f"    {step.state:8}{step.turn}{heard}  after {step.waited_s:.3f} s")
        lines += [f"    {trouble.kind.upper()}  at {trouble.at_s:.3f} s  {trouble}" for trouble in session.troubles]
    return "\n".join([*lines, *([] if report.sessions else [f"  {NOBODY}"])]) + "\n"


def as_json(report: Report) -> str:
    """For programs."""
    whole = {
        "scenario": report.scenario,
        "seed": report.seed,
        "passed": report.passed,
        "sessions": [{"passed": session.passed, **attrs.asdict(session)} for session in report.sessions],
    }
    return msgspec.json.format(msgspec.json.encode(whole)).decode() + "\n"


def as_junit(report: Report) -> str:
    """For build servers: a suite for each session, a case for each turn and each trouble that is about none."""
    root = xml.Element("testsuites", name=_clean(report.scenario))
    for session in report.sessions:
        cases = _cases(session)
        failed = sum(bool(troubles) for _, troubles in cases.values())
        suite = _below(
            root, "testsuite", name=f"{report.scenario} {session.session}", tests=len(cases), failures=failed
        )
        suite.set("time", f"{session.lasted_s:.3f}")
        for name, (step, troubles) in cases.items():
            case = _below(suite, "testcase", name=name, classname=report.scenario)
            case.set("time", f"{step.waited_s if step else 0.0:.3f}")
            for trouble in troubles:
                failure = _below(case, "failure", message=str(trouble), type=trouble.kind)
                failure.text = _clean(f"at {trouble.at_s:.3f} s: {trouble}")
            if step and step.state == "skipped":
                _below(case, "skipped")
    if not report.sessions:
        suite = _below(root, "testsuite", name=report.scenario, tests=1, failures=1)
        case = _below(suite, "testcase", name="a client comes", classname=report.scenario)
        _below(case, "failure", message=NOBODY, type="never")
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _cases(session: SessionReport) -> dict[str, tuple[Step | None, list[Trouble]]]:
    cases: dict[str, tuple[Step | None, list[Trouble]]] = {}
    for step in session.steps:
        name = step.turn if step.turn not in cases else f"{step.turn} at {step.at_s:.3f} s"
        cases[name] = (step, [])
    for trouble in session.troubles:
        cases.setdefault(trouble.where or "nothing else goes wrong", (None, []))[1].append(trouble)
    return cases or {"the session": (None, [])}


def _below(parent: xml.Element, tag: str, **attributes: Any) -> xml.Element:
    return xml.SubElement(parent, tag, {name: _clean(str(value)) for name, value in attributes.items()})


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return text.translate(NOT_XML)


FORMATS: Mapping[str, Callable[[Report], str]] = {"text": as_text, "json": as_json, "junit": as_junit}
